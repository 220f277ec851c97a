/**
 * What the page for bills reads of the HTTP API (docs/bills.md): types only, for the checker; browsers never load it.
 */
import type { z } from 'zod';
import type * as batches from '../../api/billing/batches/batch-schemas.ts';
import type * as bills from '../../api/billing/bill-schemas.ts';
import type * as readings from '../../api/billing/readings/reading-schemas.ts';
import type * as tariffs from '../../api/billing/tariff-schemas.ts';
import type * as money from '../../api/money/money-schemas.ts';
import type { BillDecisionName as HeldDecisionName } from '../../domain/money/exception.ts';
import type { AnswerOf } from '../contract.ts';

export type { HeldDecisionName };

export type TariffVersion = AnswerOf<typeof tariffs.tariff>;

export type Batch = AnswerOf<typeof batches.billBatch>;
export type BatchStatus = Batch['status'];
export type BatchRows = Batch['rows'];
export type BatchRow = AnswerOf<typeof batches.batchRow>;

export type Upload = AnswerOf<typeof readings.readingUpload>;
/** Numbers of a device that never arrived, both ends included. */
export type Gap = Upload['gaps'][number];
/** An upload as this browser remembers it: the API tells the gaps once, with its answer. */
export interface KeptUpload extends Pick<Upload, 'id' | 'rows' | 'gaps'> {
  readonly name: string;
  readonly at: string;
}

export type ReadingRow = AnswerOf<typeof readings.readingRow>;
export type ReadingResult = ReadingRow['result'];
export type ReadingOutcome = ReadingRow['outcome'];

/** An instant, or a look at a register at one. */
export type TimeValue = string | { readonly at: string };

export type Bill = AnswerOf<typeof bills.bill>;

/** An exception of the kind `held-bill`. */
export type HeldException = AnswerOf<typeof money.exception>;
export type HeldDecision = z.input<typeof money.decisionBody> & { readonly decision: HeldDecisionName };

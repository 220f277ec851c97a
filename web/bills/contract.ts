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
import type { Answer } from '../contract.ts';

export type { HeldDecisionName };

export type TariffVersion = Answer<typeof tariffs.tariff>;

export type Batch = Answer<typeof batches.billBatch>;
export type BatchStatus = Batch['status'];
export type BatchRows = Batch['rows'];
export type BatchRow = Answer<typeof batches.batchRow>;

export type Upload = Answer<typeof readings.readingUpload>;
/** Numbers of a device that never arrived, both ends included. */
export type Gap = Upload['gaps'][number];
/** An upload as this browser remembers it: the API tells the gaps once, with its answer. */
export interface KeptUpload extends Pick<Upload, 'id' | 'rows' | 'gaps'> {
  readonly name: string;
  readonly at: string;
}

export type ReadingRow = Answer<typeof readings.readingRow>;
export type Result = ReadingRow['result'];
export type Outcome = ReadingRow['outcome'];

/** An instant, or a look at a register at one. */
export type Moment = string | { readonly at: string };

export type Bill = Answer<typeof bills.bill>;

/** An exception of the kind `held-bill`. */
export type Held = Answer<typeof money.exception>;
export type HeldDecision = z.input<typeof money.decisionBody> & { readonly decision: HeldDecisionName };

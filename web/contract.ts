/**
 * What the pages read of the HTTP API and of the bank's control API, taken from the schemas of both: types only, for
 * the checker; browsers never load it.
 */
import type { z } from 'zod';
import type * as s from '../api/links/schemas.ts';
import type { DemoConfig as ServedConfig } from '../api/pages/demo-config.ts';
import type * as bank from '../simulator/control/control-schemas.ts';

/** As it is answered: to be read, and not changed. */
export type AnswerOf<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;
type DeepReadonly<T> = T extends object ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> } : T;

/** A page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly next: string | null;
}

/** The till needs a key and a bank; whoever serves it may know of neither. */
export type DemoConfig = ServedConfig & Required<Pick<ServedConfig, 'apiKey' | 'simulatorUrl'>>;

export type Amount = AnswerOf<typeof s.amount>;
export type PaymentLink = AnswerOf<typeof s.paymentLink>;
export type PaymentRequest = AnswerOf<typeof s.paymentRequest>;
export type NewSale = z.input<typeof s.newRequest>;
export type TimelineEntry = AnswerOf<typeof s.historyEntry>;

/** RFC 9457, with all that is to blame. An answer on the way of which something else stands may hold none of it. */
export type Problem = Partial<AnswerOf<typeof s.problem>>;
/** What is to blame: a field of a body, a parameter of an address, or a line of a file and its column. */
export type FieldError = NonNullable<Problem['errors']>[number];

/** What the payer's banking app shows. */
export type Scan = AnswerOf<typeof bank.scanAnswer>;
export type Receipt = AnswerOf<typeof bank.receipt>;
/** Why the bank, or the way to it, refuses. */
export interface BankRefusal {
  readonly sentence?: string;
}
export interface FaultsInForce {
  readonly callbacks?: { readonly does?: string };
}

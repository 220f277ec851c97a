/** What the bank remembers. Records are replaced, never edited, so that an earlier version can still be shown. */
import type { ErrorContext } from './bank-errors.ts';

export type ExpirationType = 'IMMEDIATE' | 'DUE_DATE';
export type BankRequestStatus = 'ACTIVE' | 'PROCESSING' | 'SETTLED' | 'EXPIRED' | 'CANCELLED';

export interface LinkRecord {
  readonly id: string;
  readonly alternateIdentifier: number;
  readonly expirationType: ExpirationType;
  readonly country: string;
  readonly url: string;
  /** Milliseconds, always a whole second: the bank shows no fractions. */
  readonly createdAt: number;
  /** Made by the bank for a request that named no link, so nobody printed it. */
  readonly incidental: boolean;
  readonly paymentRequestId?: string;
  /** The request that left the code last, so that a scan can say why there is nothing to pay. */
  readonly lastRequestId?: string;
}

export interface Amount {
  readonly currency: string;
  /** Always with two decimals. */
  readonly value: string;
}

export interface PaymentRecord {
  readonly endToEndId: string;
  /** All that was paid, the parts included. */
  readonly amount: Amount;
  readonly how: string;
  readonly settledAt?: number;
  readonly parts?: Readonly<Record<string, string | undefined>>;
}

/** In the words of the returns API: CANCELED has one L here. */
export type BankReturnStatus = 'RECEIVED' | 'PROCESSING' | 'COMPLETED' | 'REJECTED' | 'CANCELED' | 'RETURNED';

export interface ReturnRecord {
  readonly id: string;
  /** The payment that goes back. */
  readonly endToEndId: string;
  /** The client's own id, when the client asked for this return and gave one. */
  readonly referenceId?: string;
  readonly amount: Amount;
  readonly type: string;
  readonly status: BankReturnStatus;
  readonly createdAt: number;
  readonly settledAt?: number;
  /** What becomes of it by itself, in the order of time. */
  readonly ahead?: readonly { readonly at: number; readonly status: BankReturnStatus }[];
  /** The call that made it, kept in one record with it: a key is never remembered without its return. */
  readonly order?: { readonly key?: string; readonly body: string };
}

/** The client's `request` object after defaults and merging, as the bank echoes it. */
export type RequestContent = Readonly<Record<string, unknown>> & {
  readonly expirationType: ExpirationType;
  readonly paymentAmount: string;
  readonly currency: string;
  readonly duration?: number;
  readonly paymentDueDate?: string;
  readonly gracePeriod?: number;
  readonly isAmountAdjustable?: boolean;
  readonly reference?: string;
};

export interface CodeOptions {
  readonly contentType: 'IMAGE' | 'TEXT_ONLY';
  readonly imageWidth: number;
}

export interface RequestRecord {
  readonly id: string;
  readonly revisionNumber: number;
  /** Grows with every change of any kind; the ETag is made from it. */
  readonly version: number;
  readonly country: string;
  readonly content: RequestContent;
  readonly codeOptions: CodeOptions;
  readonly paymentLinkId?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number;
  readonly status: BankRequestStatus;
  readonly payments: readonly PaymentRecord[];
  readonly returns: readonly ReturnRecord[];
  readonly processing?: {
    readonly until: number;
    readonly payment: PaymentRecord;
    readonly endsIn: 'settled' | 'active';
  };
  /** A payment under way that nobody sees yet; it settles after the request has ended. */
  readonly inFlight?: { readonly payment: PaymentRecord; readonly delayMs: number; readonly settlesAt?: number };
}

export interface BulkRowRecord {
  /** The request's. */
  readonly id: string;
  readonly does: 'create' | 'update';
  /** As it was sent; empty once the row has been carried out. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: 'PENDING' | 'SUCCESS' | 'FAILED';
  readonly dueAt: number;
  readonly exceptions?: readonly ErrorContext[];
}

export interface BulkRecord {
  readonly id: string;
  readonly description?: string;
  /** Grows with every update of the bulk; the ETag is made from it. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly rows: readonly BulkRowRecord[];
}

export interface RevisionRecord {
  readonly number: number;
  readonly content: RequestContent;
  readonly updatedAt: number;
}

export function isTerminal(status: BankRequestStatus): boolean {
  return status === 'SETTLED' || status === 'EXPIRED' || status === 'CANCELLED';
}

/** Minor units of a two-decimal amount. */
export function cents(value: string): bigint {
  return BigInt(value.replace('.', ''));
}

export function fromCents(minorUnits: bigint): string {
  const digits = minorUnits.toString().padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/**
 * Minor units by which all that is paid differs from the face value: interest and penalty less discount and reduction.
 */
export function partsOf(parts: PaymentRecord['parts']): bigint {
  const part = (name: string): bigint => cents(parts?.[name] ?? '0');
  return part('interest') + part('penalty') - part('discount') - part('reduction');
}

/** RFC 3339 in UTC without fractions, as every published sample has it. */
export function timestamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

export function wholeSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** The body of a callback. */
export interface StatusEvent {
  readonly id: string;
  /** Without an offset, as in every published sample. */
  readonly occurredAt: string;
  readonly status: BankRequestStatus;
  readonly endToEndId?: string;
  readonly additionalInformation?: string;
}

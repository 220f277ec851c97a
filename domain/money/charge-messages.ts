/**
 * Parses and writes a charge in its message form, field by field. Parsing never throws; it names the field that it
 * cannot read, and why.
 */
import { isCalendarDay } from '../calendar.ts';
import { isFields, isWhole, parseAmount, parseText, refuse, type Fields, type Parsed } from '../message-fields.ts';
import { fromJson, toText } from '../money.ts';
import { present } from '../present.ts';
import type { TermsChange } from './bill-terms.ts';
import {
  changeCharge,
  CHARGE_FIELDS,
  ofEachField,
  type Charge,
  type ChargeChange,
  type ChargeField,
  type Expiry,
  type LinkKind,
} from './charge.ts';
import { parseTerms, termsMessage, termsRefusal, type TermsMessage } from './terms-messages.ts';

/** A charge as POS backends, Temporal clients and the HTTP API write it. */
export interface ChargeMessage {
  readonly amount: { readonly currency: string; readonly value: string };
  readonly reference?: string;
  readonly description?: string;
  /** Till: seconds, 900 when left out. */
  readonly expiresIn?: number;
  /** Bill: YYYY-MM-DD in the merchant's time zone. */
  readonly dueDate?: string;
  readonly graceDays?: number;
  /** Bill: interest, penalty, discount, reduction. */
  readonly terms?: TermsMessage;
}

/** No default: the caller has to name the due date. */
const USUAL_EXPIRY: { readonly [kind in LinkKind]: Expiry | undefined } = {
  till: { is: 'within', seconds: 900 },
  bill: undefined,
};

/** Reads each field of a message. Undefined when the message does not name it. */
const READ: {
  readonly [K in ChargeField]: (said: Fields, kind: LinkKind) => Parsed<Charge[K] | undefined>;
} = {
  amount: ({ amount }) =>
    amount === undefined ? { ok: true, value: undefined } : parseAmount(amount, 'charge.amount'),
  reference: ({ reference }) => {
    const words = reference === undefined ? undefined : parseText(reference, 140);
    if (reference !== undefined && !words) return refuse('charge.reference', '1 to 140 characters');
    return { ok: true, value: words };
  },
  description: ({ description }) => {
    const words = description === undefined ? undefined : parseText(description, 140);
    if (description !== undefined && words === undefined) return refuse('charge.description', 'at most 140 characters');
    return { ok: true, value: words };
  },
  expiry: parseExpiry,
};

const WRITE: { readonly [K in ChargeField]: (value: Required<Charge>[K]) => Partial<ChargeMessage> } = {
  amount: (amount) => ({ amount: toText(fromJson(amount)) }),
  reference: (reference) => ({ reference }),
  description: (description) => ({ description }),
  expiry: expiryMessage,
};

export function parseCharge(input: unknown, kind: LinkKind, requestId: string): Parsed<Charge> {
  const change = parseChange(input, kind);
  if (!change.ok) return change;
  const { amount, reference = requestId, expiry: said, terms, ...rest } = change.value;
  if (amount === undefined) return refuse('charge.amount', '{ currency, value } is needed');
  const expiry = said ?? USUAL_EXPIRY[kind];
  if (expiry === undefined) return refuse('charge.dueDate', 'a day, YYYY-MM-DD, is needed');
  const charge = changeCharge({ amount, reference, expiry }, present({ terms }), 0);
  // In an update an empty text removes the field; in a new charge it counts as absent.
  const texts = Object.entries(rest).filter(([, words]) => words !== '');
  return { ok: true, value: { ...charge, ...Object.fromEntries(texts) } };
}

/** What is left out stays as it is. */
export function parseChange(input: unknown, kind: LinkKind): Parsed<ChargeChange> {
  if (!isFields(input)) return refuse('charge', 'an object is needed');
  const change: { [K in ChargeField]?: Charge[K] } = {};
  for (const field of CHARGE_FIELDS) {
    const read = READ[field](input, kind);
    if (!read.ok) return read;
    if (read.value !== undefined) Object.assign(change, { [field]: read.value });
  }
  const terms = parseTermsOf(input, kind, change);
  if (!terms.ok) return terms;
  return { ok: true, value: terms.value === undefined ? change : { ...change, terms: terms.value } };
}

/** Terms that name nothing change nothing. */
function parseTermsOf(
  { terms: said }: Fields,
  kind: LinkKind,
  { amount, expiry }: ChargeChange,
): Parsed<TermsChange | undefined> {
  if (said === undefined) return { ok: true, value: undefined };
  if (kind === 'till') return refuse('charge.terms', 'only a bill has terms');
  const terms = parseTerms(said);
  if (!terms.ok) return terms;
  const dueDate = expiry?.is === 'due' ? expiry.date : undefined;
  const refusal = termsRefusal(terms.value, { amount, dueDate });
  if (refusal !== undefined) return refusal;
  return Object.keys(terms.value).length === 0 ? { ok: true, value: undefined } : terms;
}

function parseExpiry(input: Fields, kind: LinkKind): Parsed<Expiry | undefined> {
  switch (kind) {
    case 'till':
      return parseDuration(input);
    case 'bill':
      return parseDueDate(input);
  }
}

function parseDuration({ expiresIn, dueDate, graceDays }: Fields): Parsed<Expiry | undefined> {
  if (dueDate !== undefined || graceDays !== undefined) {
    return refuse('charge.dueDate', 'a till link takes expiresIn instead');
  }
  if (expiresIn === undefined) return { ok: true, value: undefined };
  if (!isWhole(expiresIn, 1, 999_999)) return refuse('charge.expiresIn', 'whole seconds, 1 to 999999');
  return { ok: true, value: { is: 'within', seconds: expiresIn } };
}

function parseDueDate({ expiresIn, dueDate, graceDays }: Fields): Parsed<Expiry | undefined> {
  if (expiresIn !== undefined) return refuse('charge.expiresIn', 'a bill link takes dueDate instead');
  if (dueDate === undefined && graceDays === undefined) return { ok: true, value: undefined };
  if (typeof dueDate !== 'string' || !isCalendarDay(dueDate)) {
    return refuse('charge.dueDate', 'a day, YYYY-MM-DD, is needed');
  }
  const grace = graceDays ?? 0;
  if (!isWhole(grace, 0, 999)) return refuse('charge.graceDays', 'whole days, 0 to 999');
  return { ok: true, value: { is: 'due', date: dueDate, graceDays: grace } };
}

export function chargeMessage(charge: Charge): ChargeMessage {
  return written(charge) as ChargeMessage;
}

export function changeMessage({ terms, ...change }: ChargeChange): Partial<ChargeMessage> {
  return { ...written(change), ...present({ terms: terms && termsMessage(terms) }) };
}

function written(fields: Partial<Charge>): Partial<ChargeMessage> {
  return Object.assign({}, ...ofEachField(fields, WRITE)) as Partial<ChargeMessage>;
}

function expiryMessage(expiry: Expiry): Partial<ChargeMessage> {
  switch (expiry.is) {
    case 'within':
      return { expiresIn: expiry.seconds };
    case 'due': {
      const terms = expiry.terms === undefined ? {} : { terms: termsMessage(expiry.terms) };
      return { dueDate: expiry.date, graceDays: expiry.graceDays, ...terms };
    }
  }
}

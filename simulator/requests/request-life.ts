/**
 * How a request's status changes, by the bank's clock and by payments, and what that does to its link. Every change of
 * status goes through here, so that none goes without its callback. It refuses nothing: callers judge first.
 */
import { createAgenda } from '../agenda.ts';
import type { BankClock } from '../bank-clock.ts';
import type { BankStore } from '../bank-store.ts';
import type { BehaviourSwitches } from '../behaviour.ts';
import type { BankCallbacks } from '../callbacks.ts';
import { moved, nextReturnAt } from './money-back.ts';
import { isTerminal, wholeSecond } from '../records.ts';
import type { BankRequestStatus, PaymentRecord, RequestRecord, ReturnRecord } from '../records.ts';

export interface RequestLife {
  /** The request as it stands now, after whatever fell due since anybody looked. */
  current(id: string): RequestRecord | undefined;
  /** Stores a new request or a changed one that stays ACTIVE. */
  write(request: RequestRecord): void;
  cancel(request: RequestRecord): RequestRecord;
  /** Begins a payment: settles at once, or is PROCESSING for a while. */
  pay(request: RequestRecord, payment: PaymentRecord): RequestRecord;
  /** Settles whatever the status: the payer's bank was faster or slower than everybody thought. */
  settle(request: RequestRecord, payment: PaymentRecord): RequestRecord;
  /** Keeps a payment that settles so long after the request has ended. */
  holdInFlight(request: RequestRecord, payment: PaymentRecord, delayMs: number): RequestRecord;
  /** Adds a return and lets it go its way. No status changes and nobody is called back: returns are not announced. */
  addReturn(request: RequestRecord, moneyReturn: ReturnRecord): RequestRecord;
  /** After a restart: waits again for whatever falls due. */
  resume(): void;
  close(): void;
}

interface RequestLifeParts {
  readonly store: BankStore;
  readonly clock: BankClock;
  readonly behaviour: BehaviourSwitches;
  readonly callbacks: BankCallbacks;
}

export function createRequestLife(parts: RequestLifeParts): RequestLife {
  const { store, clock, behaviour } = parts;
  const agenda = createAgenda(clock, (id) => void current(id));

  const awaitNext = (request: RequestRecord): RequestRecord => {
    const next = nextDue(request);
    if (next !== undefined) agenda.note(next.at, request.id);
    return request;
  };
  const save = (request: RequestRecord): RequestRecord => {
    store.saveRequest(request);
    return awaitNext(request);
  };
  const become = (
    request: RequestRecord,
    status: BankRequestStatus,
    at: number,
    more: PaymentChange = {},
  ): RequestRecord => {
    const changed = save(changedTo(request, status, at, more));
    if (isTerminal(status)) leaveLink(parts, changed);
    announce(parts, changed);
    return changed;
  };
  const settleAt = (request: RequestRecord, payment: PaymentRecord, at: number): RequestRecord => {
    const settled = { ...payment, settledAt: wholeSecond(at) };
    return become(request, 'SETTLED', at, { payments: [...request.payments, settled] });
  };
  const current = (id: string): RequestRecord | undefined => {
    let request = store.request(id);
    for (;;) {
      const next = request && nextDue(request);
      if (request === undefined || next === undefined || next.at > clock.now()) return request;
      if (next.is === 'return') request = save(withReturnsAt(request, next.at));
      else if ('payment' in next) request = settleAt(withoutInFlight(request, next.is), next.payment, next.at);
      else request = become(request, next.is === 'expiry' ? 'EXPIRED' : 'ACTIVE', next.at);
    }
  };
  return {
    current,
    write: (request) => {
      const isNew = store.request(request.id) === undefined;
      save(request);
      if (isNew) announce(parts, request);
    },
    cancel: (request) => become(request, 'CANCELLED', clock.now()),
    pay: (request, payment) => {
      const now = clock.now();
      const { processingMs, processingEndsIn: endsIn } = behaviour.current();
      if (processingMs === 0) return settleAt(request, payment, now);
      return become(request, 'PROCESSING', now, { processing: { until: now + processingMs, payment, endsIn } });
    },
    settle: (request, payment) => settleAt(request, payment, clock.now()),
    holdInFlight: (request, payment, delayMs) => save({ ...request, inFlight: { payment, delayMs } }),
    addReturn: (request, moneyReturn) => save(withReturns(request, [...request.returns, moneyReturn], clock.now())),
    resume: () => {
      for (const request of store.requestsBetween(-Infinity, Infinity)) awaitNext(request);
    },
    close: () => agenda.close(),
  };
}

type PaymentChange = Partial<Pick<RequestRecord, 'payments' | 'processing'>>;

function changedTo(request: RequestRecord, status: BankRequestStatus, at: number, more: PaymentChange): RequestRecord {
  const { processing: _over, ...rest } = request;
  const inFlight = isTerminal(status) ? departing(rest, at) : undefined;
  return { ...rest, ...inFlight, ...more, status, version: request.version + 1, updatedAt: wholeSecond(at) };
}

function withReturns(request: RequestRecord, returns: readonly ReturnRecord[], at: number): RequestRecord {
  return { ...request, returns, version: request.version + 1, updatedAt: wholeSecond(at) };
}

function withReturnsAt(request: RequestRecord, at: number): RequestRecord {
  const returns = request.returns.map((each) => moved(each, at));
  return withReturns(request, returns, at);
}

type DueEvent =
  | { readonly is: 'expiry' | 'back-to-active' | 'return'; readonly at: number }
  | { readonly is: 'processed' | 'in-flight'; readonly at: number; readonly payment: PaymentRecord };

/** What happens next by itself, if anything. */
function nextDue(request: RequestRecord): DueEvent | undefined {
  const status = nextOfStatus(request);
  const at = nextReturnAt(request.returns);
  return at === undefined || (status !== undefined && status.at <= at) ? status : { is: 'return', at };
}

function nextOfStatus({ status, expiresAt, processing, inFlight }: RequestRecord): DueEvent | undefined {
  if (status === 'ACTIVE') return { is: 'expiry', at: expiresAt };
  if (status === 'PROCESSING' && processing !== undefined) {
    const { until: at, payment, endsIn } = processing;
    return endsIn === 'settled' ? { is: 'processed', at, payment } : { is: 'back-to-active', at };
  }
  if (inFlight?.settlesAt === undefined) return undefined;
  return { is: 'in-flight', at: inFlight.settlesAt, payment: inFlight.payment };
}

/** The payment that was under way when its request ended settles a moment later. */
function departing(request: RequestRecord, at: number): Pick<RequestRecord, 'inFlight'> | undefined {
  const { inFlight } = request;
  if (inFlight === undefined || inFlight.settlesAt !== undefined) return undefined;
  return { inFlight: { ...inFlight, settlesAt: at + inFlight.delayMs } };
}

function withoutInFlight(request: RequestRecord, due: DueEvent['is']): RequestRecord {
  if (due !== 'in-flight') return request;
  const { inFlight: _landed, ...rest } = request;
  return rest;
}

function announce({ behaviour, callbacks }: RequestLifeParts, { id, status, payments }: RequestRecord): void {
  if (status === 'ACTIVE' && !behaviour.current().activeCallbacks) return;
  callbacks.announce(status, id, status === 'SETTLED' ? payments.at(-1)?.endToEndId : undefined);
}

/** A finished request leaves its code, unless the bank shows it there until the next one comes. */
function leaveLink({ store, behaviour }: RequestLifeParts, request: RequestRecord): void {
  const link = request.paymentLinkId === undefined ? undefined : store.link(request.paymentLinkId);
  if (link?.paymentRequestId !== request.id || behaviour.current().linkFreedBy === 'next') return;
  const { paymentRequestId: lastRequestId, ...rest } = link;
  store.saveLink({ ...rest, lastRequestId });
}

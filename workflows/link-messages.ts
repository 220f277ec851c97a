/**
 * Registers the handlers of a link: every command as Update and as Signal, facts as Signals only, one Query for
 * debugging.
 */
import {
  ApplicationFailure,
  currentUpdateInfo,
  log,
  patched,
  setHandler,
  Trigger,
  uuid4,
  type defineSignal,
  type defineUpdate,
} from '@temporalio/workflow';
import { parseUsage } from '../domain/billing/bill-messages.ts';
import { parseNotice, parseOrder, type IdSource, type OrderName } from '../domain/links/link-messages.ts';
import { refusalOf } from '../domain/links/link-orders.ts';
import type { Answer } from '../domain/links/link-state.ts';
import { refusalSentence } from '../domain/message-fields.ts';
import { REFUSED, signals, state as stateQuery, updates } from './messages.ts';
import type { LinkRun } from './link-run.ts';

const DESCRIPTIONS: { readonly [name in OrderName]: string } = {
  open: 'Opens the link at the provider.',
  link: 'Links a sale to the code: { charge: { amount: { currency, value } }, onBusy? }.',
  updateCharge: 'Changes the charge of the linked request: { requestId, charge, expectedRevision? }.',
  unlink: 'Frees the code, whatever is on it: { requestId?, reason? }.',
  retire: 'No sale is linked any more: { reason }. Late money is still booked.',
  resolve: 'Operator: takes our own requests off the code and looks at it again: { operator, reason }.',
  reconcileNow: 'Operator: asks the provider now: { operator, reason }.',
  annotate: "Operator: writes a note into the link's history: { operator, reason }.",
  approve: 'Of a held bill: it is right as measured, and goes to the code: { billId, operator, reason }.',
  correct: 'Of a held bill: what the register shows: { billId, value, readAt?, operator, reason }.',
  reread: 'Of a held bill: somebody reads the meter again: { billId, operator, reason }.',
};

interface PendingUpdates {
  refuseAll(answer: Answer): void;
}

type AnyUpdate = ReturnType<typeof defineUpdate<Answer, [unknown?]>>;
type AnySignal = ReturnType<typeof defineSignal<[unknown?]>>;

/** Message types are not checked at run time, so every handler takes `unknown`. */
export function handleMessages(run: LinkRun): PendingUpdates {
  const waiting = handleUpdates(run);
  for (const name of ['open', 'link', 'updateCharge', 'unlink', 'retire', 'approve', 'correct', 'reread'] as const) {
    const handle = (message?: unknown): void => {
      const order = parseOrder(name, message, run.kind, freshIds());
      if (order.ok) run.apply({ is: 'ordered', order: order.value });
      else log.warn('a signal was ignored', { name, because: refusalSentence(order) });
    };
    setHandler(signals[name] as AnySignal, handle, { description: DESCRIPTIONS[name] });
  }
  for (const why of ['paid', 'expired', 'check'] as const) {
    const handle = (message?: unknown): void => {
      const notice = parseNotice(message);
      // `patched` is called only where it matters, because its marker costs two history events.
      const again = why === 'paid' && run.isReading(notice) && patched('paid-during-a-read');
      if (notice.ok) run.apply({ is: 'noticed', ...notice.value, why, ...(again ? { again: true } : {}) });
      else log.warn('a notice was ignored', { why, because: refusalSentence(notice) });
    };
    const description = 'A hint: the request is read at the provider. Nothing is booked on the word of a message.';
    setHandler(signals[why] as AnySignal, handle, { description });
  }
  handleUsage(run);
  setHandler(stateQuery, () => run.state, { description: 'Debugging only: the state as it is carried.' });
  return waiting;
}

/** A usage Signal is never refused; an unreadable one is ignored. */
function handleUsage(run: LinkRun): void {
  const handle = (message?: unknown): void => {
    const usage = parseUsage(message);
    if (usage.ok) run.apply({ is: 'measured', readings: usage.value });
    else log.warn('a message about usage was ignored', { because: refusalSentence(usage) });
  };
  const description =
    'Readings were stored, or come along: { readings?: [{ deviceId, sequence, meterId, value, readAt, kind }] }.';
  setHandler(signals.usage as AnySignal, handle, { description });
}

function handleUpdates(run: LinkRun): PendingUpdates {
  const triggers = new Map<string, Trigger<Answer>[]>();
  const give = (commandId: string, answer: Answer): void => {
    for (const trigger of triggers.get(commandId) ?? []) trigger.resolve(answer);
    triggers.delete(commandId);
  };
  for (const name of Object.keys(updates) as OrderName[]) {
    const handle = async (message?: unknown): Promise<Answer> => {
      const order = readMessage(run, name, message, freshIds());
      const trigger = new Trigger<Answer>();
      triggers.set(order.commandId, [...(triggers.get(order.commandId) ?? []), trigger]);
      run.apply({ is: 'ordered', order });
      return trigger;
    };
    const validator = (message?: unknown): void => validate(run, name, message);
    setHandler(updates[name] as AnyUpdate, handle, { description: DESCRIPTIONS[name], validator });
  }
  run.onAnswers = (answers) => {
    for (const { commandId, answer } of answers) give(commandId, answer);
  };
  return {
    refuseAll(answer) {
      for (const commandId of triggers.keys()) give(commandId, answer);
    },
  };
}

/** Synchronous, and without random ids: a validator leaves no trace, so replay would not draw the same numbers. */
function validate(run: LinkRun, name: OrderName, message: unknown): void {
  const order = readMessage(run, name, message, { commandId: () => 'none', requestId: () => '0'.repeat(32) });
  const state = run.state;
  if (state === undefined) return;
  if (state.answered.some((entry) => entry.commandId === order.commandId)) return;
  const refusal = refusalOf(state, order, Date.now());
  if (refusal === undefined) return;
  throw ApplicationFailure.create({ message: refusal.because, type: REFUSED, nonRetryable: true, details: [refusal] });
}

function readMessage(run: LinkRun, name: OrderName, message: unknown, ids: IdSource) {
  const order = parseOrder(name, message, run.kind, ids);
  if (order.ok) return order.value;
  throw ApplicationFailure.create({ message: refusalSentence(order), type: 'BadMessage', nonRetryable: true });
}

function freshIds(): IdSource {
  return { commandId: () => currentUpdateInfo()?.id ?? uuid4(), requestId: () => uuid4().replaceAll('-', '') };
}

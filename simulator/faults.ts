/** Bad luck on order: which bank call is cut, refused or spoilt, and what becomes of a callback. */
import { z } from 'zod';

export const faultSchema = z
  .strictObject({
    callbacks: z.enum(['deliver', 'drop', 'duplicate', 'reorder', 'delay']).optional(),
    timeout: z.enum(['before', 'after']).optional().meta({
      description: 'The connection is cut: before the call does anything, or after it did and before it is answered.',
    }),
    status: z.int().min(400).max(599).optional().meta({ description: 'Answered at once; the call does nothing.' }),
    body: z.enum(['truncated', 'unreadable']).optional().meta({
      description:
        'Half an answer to a call that was carried out: cut in the middle, or whole as HTTP and broken as JSON.',
    }),
    slowMs: z.int().min(0).max(60_000).optional().meta({
      description: 'Carried out at once and answered after so long.',
    }),
    rate: z.number().min(0).max(1).optional().meta({ description: 'The share of calls that it hits.' }),
    times: z.int().min(1).optional().meta({ description: 'For so many calls. Without times and rate: until reset.' }),
    method: z.string().optional().meta({ description: 'Only bank calls of this method.' }),
    path: z.string().optional().meta({ description: 'Only bank calls whose path contains this.' }),
    holdMs: z.int().min(0).max(60_000).optional().meta({ description: 'How long before a cut; 100 by default.' }),
    delayMs: z.int().min(0).max(600_000).optional().meta({ description: 'For callbacks: delay; 2000 by default.' }),
    retryAfterSeconds: z.int().min(0).optional().meta({ description: 'Adds Retry-After to a status.' }),
    seed: z.int().optional().meta({ description: 'Makes the draws of rate repeatable.' }),
  })
  .refine((fault) => fault.callbacks ?? fault.timeout ?? fault.status ?? fault.body ?? fault.slowMs !== undefined, {
    error: 'Name at least one of callbacks, timeout, status, body and slowMs.',
  });

type FaultOrder = z.infer<typeof faultSchema>;

export type ApiFault =
  | { readonly is: 'timeout'; readonly when: 'before' | 'after'; readonly holdMs: number }
  | { readonly is: 'status'; readonly status: number; readonly retryAfterSeconds: number | undefined }
  | { readonly is: 'body'; readonly form: 'truncated' | 'unreadable' }
  | { readonly is: 'slow'; readonly slowMs: number };

interface CallbackFault {
  readonly does: 'deliver' | 'drop' | 'duplicate' | 'reorder' | 'delay';
  readonly delayMs: number;
}

interface Rule<T> {
  readonly fault: T;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly rate: number | undefined;
  readonly random: () => number;
  timesLeft: number | undefined;
}

export interface Faults {
  /** Faults of bank calls add up; a new order about callbacks takes the place of the one before. */
  order(order: FaultOrder): void;
  reset(): void;
  ofCall(method: string, path: string): ApiFault | undefined;
  ofCallback(): CallbackFault;
  inForce(): { readonly calls: readonly object[]; readonly callbacks: object | undefined };
}

export function createFaults(): Faults {
  let calls: Rule<ApiFault>[] = [];
  let callbacks: Rule<CallbackFault> | undefined;
  return {
    order: (order) => {
      const rule = ruleOf(order);
      if (order.callbacks !== undefined) {
        callbacks = { ...rule, fault: { does: order.callbacks, delayMs: order.delayMs ?? 2_000 } };
      }
      const added = apiFaultsOf(order).map((fault) => ({ ...rule, fault }));
      // A fault for so many calls goes before one without end, which would otherwise starve it.
      calls = [...calls, ...added].toSorted((left, right) => endless(left) - endless(right));
    },
    reset: () => {
      calls = [];
      callbacks = undefined;
    },
    ofCall: (method, path) => {
      const rule = calls.find((each) => concerns(each, method, path) && strikes(each));
      calls = calls.filter((each) => each.timesLeft !== 0);
      return rule?.fault;
    },
    ofCallback: () => {
      const normal: CallbackFault = { does: 'deliver', delayMs: 0 };
      if (callbacks === undefined || !strikes(callbacks)) return normal;
      const { fault } = callbacks;
      if (callbacks.timesLeft === 0) callbacks = undefined;
      return fault;
    },
    inForce: () => ({ calls: calls.map(described), callbacks: callbacks && described(callbacks) }),
  };
}

function ruleOf(order: FaultOrder): Omit<Rule<never>, 'fault'> {
  return {
    method: order.method?.toUpperCase(),
    path: order.path,
    rate: order.rate,
    random: order.seed === undefined ? Math.random : seeded(order.seed),
    timesLeft: order.times,
  };
}

function apiFaultsOf(order: FaultOrder): ApiFault[] {
  const faults: ApiFault[] = [];
  const { timeout, status, body, slowMs, holdMs = 100, retryAfterSeconds } = order;
  if (timeout !== undefined) faults.push({ is: 'timeout', when: timeout, holdMs });
  if (status !== undefined) faults.push({ is: 'status', status, retryAfterSeconds });
  if (body !== undefined) faults.push({ is: 'body', form: body });
  if (slowMs !== undefined) faults.push({ is: 'slow', slowMs });
  return faults;
}

function endless(rule: Rule<unknown>): number {
  return rule.timesLeft === undefined ? 1 : 0;
}

function concerns(rule: Rule<unknown>, method: string, path: string): boolean {
  return (rule.method === undefined || rule.method === method) && (rule.path === undefined || path.includes(rule.path));
}

function strikes(rule: Rule<unknown>): boolean {
  if (rule.rate !== undefined && rule.random() >= rule.rate) return false;
  // oxlint-disable-next-line no-param-reassign -- a rule counts its own strikes down
  if (rule.timesLeft !== undefined) rule.timesLeft -= 1;
  return true;
}

function described({ fault, method, path, rate, timesLeft }: Rule<object>): object {
  return { ...fault, method, path, rate, timesLeft };
}

/** mulberry32: enough to repeat a run of bad luck. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

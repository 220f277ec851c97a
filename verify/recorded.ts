/**
 * What a workflow's history says that an activity did, against what Postgres says happened: every result that tells of
 * a fact has its row in the history that is kept for ever. Pure; `histories.ts` fetches both.
 */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { z } from 'zod';
import { present } from '../domain/present.ts';

export type HistoryEvents = NonNullable<temporal.api.history.v1.IHistory['events']>;

/** A fact that a history tells: one of these words about this request or by this command must stand in the timeline. */
interface RecordedFact {
  readonly words: readonly string[];
  readonly paymentRequestId?: string;
  readonly commandId?: string;
  /** "linkRequest (event 12)": for the sentence. */
  readonly told: string;
}

export interface TimelineWords {
  readonly what: string;
  readonly paymentRequestId: string | null;
  readonly commandId: string | null;
}

export function missingFrom(timeline: readonly TimelineWords[], facts: readonly RecordedFact[]): readonly string[] {
  return facts.filter((fact) => !timeline.some((row) => isTold(row, fact))).map(sentenceOf);
}

function isTold(row: TimelineWords, { words, paymentRequestId, commandId }: RecordedFact): boolean {
  if (!words.includes(row.what)) return false;
  return commandId === undefined
    ? paymentRequestId === undefined || row.paymentRequestId === paymentRequestId
    : row.commandId === commandId;
}

function sentenceOf({ words, told, paymentRequestId, commandId }: RecordedFact): string {
  const about = [
    ...(paymentRequestId === undefined ? [] : [`request ${paymentRequestId}`]),
    ...(commandId === undefined ? [] : [`command ${commandId}`]),
  ];
  return `${told} reported ${words.join(' or ')}${about.length === 0 ? '' : ` (${about.join(', ')})`}, and the timeline has no row of it`;
}

const started = z.looseObject({ merchantId: z.string(), paymentLinkId: z.string() });
/** Whose workflow it is, by its own input. */
export function linkOf(
  events: HistoryEvents,
): { readonly merchantId: string; readonly paymentLinkId: string } | undefined {
  const input = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  return started.safeParse(decoded(input)).data;
}

const order = z.looseObject({ commandId: z.string(), is: z.string(), requestId: z.string().optional() });
const activityInput = z.looseObject({
  order: order.optional(),
  orders: z.array(order).optional(),
  requestId: z.string().optional(),
});
const activityResult = z.looseObject({ is: z.string(), status: z.string().optional(), found: z.string().optional() });

/** Every activity that completed with a result that tells of a fact. */
export function factsIn(events: HistoryEvents): readonly RecordedFact[] {
  const scheduled = new Map<string, { readonly name: string; readonly input: unknown }>();
  const facts: RecordedFact[] = [];
  for (const event of events) {
    const asked = event.activityTaskScheduledEventAttributes;
    const done = event.activityTaskCompletedEventAttributes;
    if (asked) {
      scheduled.set(String(event.eventId), {
        name: asked.activityType?.name ?? '',
        input: decoded(asked.input?.payloads),
      });
    }
    const activity = done ? scheduled.get(String(done.scheduledEventId)) : undefined;
    if (activity === undefined) continue;
    const input = activityInput.safeParse(activity.input).data;
    const result = activityResult.safeParse(decoded(done?.result?.payloads)).data;
    if (input === undefined || result === undefined) continue;
    facts.push(...factsOf(input, result, `${activity.name} (event ${String(event.eventId)})`));
  }
  return facts;
}

function factsOf(
  input: z.output<typeof activityInput>,
  result: z.output<typeof activityResult>,
  told: string,
): readonly RecordedFact[] {
  const requestId = input.requestId ?? input.order?.requestId;
  const request = requestId === undefined ? {} : { paymentRequestId: requestId };
  switch (result.is) {
    case 'opened':
      return [{ words: ['opened'], told }];
    case 'linked':
    case 'updated':
      return [{ words: [result.is], ...request, ...present({ commandId: input.order?.commandId }), told }];
    case 'settled':
      return [{ words: ['paid', 'underpaid'], ...request, told }];
    case 'ended':
      // What had ended here before in another way keeps its first word.
      return [{ words: ['expired', 'cancelled', 'refused', 'paid', 'underpaid'], ...request, told }];
    case 'unlinked': {
      const answered = (input.orders ?? []).map(({ is, commandId }) => ({ words: [is], commandId, told }));
      return result.found === 'cancelled'
        ? [{ words: ['cancelled', 'expired', 'refused', 'paid', 'underpaid'], ...request, told }, ...answered]
        : answered;
    }
    default:
      return [];
  }
}

/** The first argument, or the result. The engine's payloads are plain JSON, without a codec. */
function decoded(payloads: readonly Payload[] | null | undefined): unknown {
  const [payload] = payloads ?? [];
  return payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
}

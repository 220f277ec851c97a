/** "What did this QR show on Thursday at 18:42, and to whom did the money go?" */
import type pg from 'pg';
import type { z } from 'zod';
import { tenantTransaction } from '../../db/pool.ts';
import { readCodeAt, readServedAt, type ServedView } from '../../db/links/read-instant.ts';
import { readRequestView } from '../../db/links/read-requests.ts';
import { readTimelineAround } from '../../db/read-timeline.ts';
import { toSentence, toText } from '../../domain/money.ts';
import type { Caller } from '../http/call.ts';
import { demandLink } from './link-handlers.ts';
import { Problem } from '../http/problems.ts';
import type * as s from './schemas.ts';
import { historyJson, requestJson } from './views.ts';

type Instant = z.output<typeof s.historyInstant>;

const ENTRIES_AROUND = 5;

export async function readInstant(
  pool: pg.Pool,
  { merchantId }: Caller,
  paymentLinkId: string,
  text: string,
): Promise<Instant> {
  const at = new Date(text);
  if (at.getTime() > Date.now()) {
    throw new Problem('invalid-query', 'See errors.', { errors: [{ parameter: 'at', detail: 'has not come yet' }] });
  }
  return tenantTransaction(pool, merchantId, async (client) => {
    await demandLink(client, paymentLinkId);
    const served = await readServedAt(client, paymentLinkId, at);
    const entries = await readTimelineAround(client, { paymentLinkId, at, limit: ENTRIES_AROUND });
    const around = { at: at.toISOString(), entries: entries.map(historyJson) };
    if (served === undefined) {
      const because = NOTHING[await readCodeAt(client, paymentLinkId, at)];
      return { ...around, shows: null, payable: false, because, payments: [], returns: [], exceptions: [] };
    }
    return { ...around, ...(await servedJson(client, served, at)) };
  });
}

const NOTHING = {
  unopened: 'nothing: the code was not open yet',
  free: 'nothing: the code was free',
  retired: 'nothing: the code was retired',
  attention: 'nothing of ours: the code needed attention, because it may have shown what Relink did not put there',
} as const;

async function servedJson(
  client: pg.ClientBase,
  served: ServedView,
  at: Date,
): Promise<Omit<Instant, 'at' | 'entries'>> {
  const { requestId: paymentRequestId, revision, amount, reference, from, until, expiresAt } = served;
  const request = await readRequestView(client, paymentRequestId);
  if (request === undefined) throw new Error(`request ${paymentRequestId} has a revision and no row`);
  const { status, settlement, returns, exceptions } = requestJson(request);
  const expired = expiresAt !== undefined && expiresAt <= at;
  const why = expired ? `; it could not be paid any more, its time was over at ${expiresAt.toISOString()}` : '';
  return {
    shows: {
      paymentRequestId,
      revision,
      amount: toText(amount),
      reference,
      from: from.toISOString(),
      until: until?.toISOString() ?? null,
      statusNow: status,
    },
    payable: !expired,
    because: `${toSentence(amount)} for ${reference}, revision ${revision}${why}`,
    payments: (settlement?.payments ?? []).map((payment) => ({ ...payment, paymentRequestId })),
    returns,
    exceptions,
  };
}

/** Many requests in one call: accepted at once, carried out later, each row with its own result. */
import { ProviderFailure, type BulkRowResult, type CallLimits, type Provider, type RequestWrite } from '../provider.ts';
import { absentAs404, readAs, segment, withId } from './answers.ts';
import { PRIORITY } from './budget.ts';
import { faultsOf, type Client } from './client.ts';
import { unsendable, UnreadableAnswer } from './failures.ts';
import { toRequestBody, type Creditor } from './mapping.ts';
import * as wire from './schemas.ts';

const LIMITS = { mostRows: 25, kind: 'bill' } as const;

export function bulkCalls(
  client: Client,
  creditor: Creditor,
): Required<Pick<Provider, 'bulk' | 'putMany' | 'updateMany' | 'readBulk'>> {
  const send = (
    { name, method, path }: { readonly name: string; readonly method: 'POST' | 'PUT'; readonly path: string },
    writes: readonly RequestWrite[],
    call: CallLimits,
  ) =>
    client.ask(
      {
        name,
        effect: 'write',
        // Behind every sale: a bill run has time, a payer at a till has none.
        priority: PRIORITY.batch,
        method,
        path,
        body: toBulkBody(name, writes, creditor),
        read: (json) => ({ bulkId: readAs(wire.bulkAnswer, json).id }),
      },
      call,
    );
  return {
    bulk: LIMITS,
    // Without an idempotency key: how long the bank remembers one is not said, and a bulk that failed and is sent again
    // as it was would be answered with its old failures. Our own ids keep a repeat from making anything twice.
    putMany: async (writes, call) =>
      await send({ name: 'put many', method: 'POST', path: '/payment-requests/bulk' }, writes, call),
    updateMany: async (bulkId, writes, call) => {
      const path = `/payment-requests/bulk/${segment(bulkId, 'update many')}`;
      return send({ name: 'update many', method: 'PUT', path }, writes, call);
    },
    readBulk: async (bulkId, call) =>
      absentAs404(
        client.ask(
          {
            name: 'read bulk',
            effect: 'read',
            priority: PRIORITY.batch,
            method: 'GET',
            path: `/payment-requests/bulk/${segment(bulkId, 'read bulk')}`,
            read: (json) => withId(readAs(wire.bulkDetails, json), 'id', bulkId).details.map(fromDetail),
          },
          call,
        ),
      ),
  };
}

/** Names every row that the contract has no room for, so that whoever sends can leave out just those. */
function toBulkBody(name: string, writes: readonly RequestWrite[], creditor: Creditor) {
  const faults: string[] = [];
  const requests = writes.flatMap((write) => {
    const { requestId: id, kind, baseline } = write;
    if (kind !== LIMITS.kind) faults.push(`${id} kind`);
    if (baseline !== undefined) faults.push(`${id} baseline`);
    try {
      return [{ id, ...toRequestBody(write, creditor) }];
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      faults.push(...error.reasons.map((reason) => `${id} ${reason}`));
      return [];
    }
  });
  if (new Set(writes.map(({ requestId }) => requestId)).size < writes.length) faults.push('the same id twice');
  if (faults.length > 0) throw unsendable(name, faults);
  const body = wire.bulkBody.safeParse({ requests });
  if (body.success) return body.data;
  throw unsendable(
    name,
    body.error.issues.map((issue) => issue.path.join('.')),
  );
}

function fromDetail({ id: requestId, status, exceptions }: wire.BulkDetail): BulkRowResult {
  switch (status) {
    case 'PENDING':
      return { requestId, is: 'pending' };
    case 'SUCCESS':
      return { requestId, is: 'done' };
    case 'FAILED':
      return { requestId, is: 'failed', reasons: faultsOf(exceptions ?? []) };
    default:
      // An unknown status is unreadable: read as pending it would be awaited without end, read as final it would be
      // believed.
      throw new UnreadableAnswer(['details.status']);
  }
}

/** The desk where exceptions are decided: a till, sales that get odd money, and the operator's calls. */
import { randomUUID } from 'node:crypto';
import { brl, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

interface ExceptionSummary {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly left: { readonly value: string } | null;
}

export const BECAUSE = { operator: 'ana', reason: 'the customer called' };

export function openDesk(shop: Shop, till: string) {
  const exceptionsOf = async (id: string): Promise<readonly ExceptionSummary[]> =>
    (await shop.pos.get(`/v1/exceptions?paymentRequestId=${id}`)).body['data'] as readonly ExceptionSummary[];
  return {
    exceptionsOf,
    decide: async (exceptionId: string, decision: string, more: object = {}, key: string = randomUUID()) =>
      shop.pos.post(
        `/v1/exceptions/${exceptionId}/resolve`,
        { decision, ...BECAUSE, ...more },
        { 'idempotency-key': key },
      ),
    policy: async (kind: string, name: string, more: object = {}) =>
      shop.pos.put(`/v1/exception-policies/${kind}`, { policy: name, reason: 'house rule', ...more }),

    async balance(account: string): Promise<number> {
      const [row] = await shop.rows<{ sum: string }>(
        'select coalesce(sum(amount_minor), 0)::text as sum from ledger_entry where account = $1',
        [account],
      );
      return Number(row?.sum ?? 0);
    },

    /** A sale that got other money than it asked for, and the exception that owns the difference. */
    async odd(
      kind: 'partial' | 'over' | 'late',
    ): Promise<{ readonly id: string; readonly exception: ExceptionSummary }> {
      const id = await shop.sold(till);
      if (kind === 'late') await shop.cancel(id);
      const amounts = { partial: { how: 'wrong', amount: brl('20.00') }, over: { how: 'wrong', amount: brl('30.00') } };
      await shop.pay(id, kind === 'late' ? { how: 'late' } : amounts[kind]);
      await eventually(async () => (await exceptionsOf(id)).length === 1);
      await shop.untilLink(till, 'free');
      const [exception] = await exceptionsOf(id);
      if (exception === undefined) throw new Error('no exception');
      return { id, exception };
    },
  };
}

/**
 * A return whose answer is lost again and again: as long as the bank remembers its key it may be repeated, and no
 * longer.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { returnWorkflowId } from '../../../workflows/messages.ts';
import { openShop, type Shop } from '../../support/shop.ts';
import { untilIdle } from '../../support/history.ts';
import { eventually } from '../../limits/until.ts';

const READ = 'GET /payment-requests/{id}';

describe('a return that the bank never answers', () => {
  let shop: Shop;
  let till: string;
  beforeAll(async () => {
    shop = await openShop();
    till = await shop.openTill();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const asked = async (call = 'POST /payments/returns'): Promise<number> => {
    const answer = await fetch(`${shop.bankUrl}/control/calls`);
    return ((await answer.json()) as Record<string, number>)[call] ?? 0;
  };
  const read = async (returnId: string) => (await shop.pos.get(`/v1/returns/${returnId}`)).body;
  const atBank = async (id: string) => ((await shop.atBank(id))?.['returns'] ?? []) as readonly unknown[];

  /** Its first question is lost, before the bank has heard it or after, and so are all others until the faults end. */
  async function begun(
    lost: 'before' | 'after' = 'before',
  ): Promise<{ readonly id: string; readonly returnId: string }> {
    const id = await shop.sold(till);
    await shop.pay(id);
    await shop.untilRequest(id, 'paid');
    // What happens from here on, reads do not show.
    if (lost === 'after') await shop.control('behaviour', { readLagMs: 600_000 });
    await shop.control('faults', { timeout: lost, path: '/payments/returns', rate: 1 });
    const before = await asked();
    const answer = await shop.pos.post(`/v1/payment-requests/${id}/returns`, { reason: 'broken cup' });
    expect(answer).toMatchObject({ status: 201, body: { status: 'sending' } });
    await eventually(async () => (await asked()) > before);
    return { id, returnId: String(answer.body['id']) };
  }
  const firstAskedHoursAgo = async (returnId: string, hours: number) =>
    shop.rows('update money_return set sent_at = now() - make_interval(hours => $2) where return_id = $1', [
      returnId,
      hours,
    ]);

  it('is sent again under its key while the bank remembers it, and money leaves once', async () => {
    const { id, returnId } = await begun();
    await firstAskedHoursAgo(returnId, 2);
    await shop.reset();
    await eventually(async () => (await read(returnId))['status'] === 'completed');
    expect(await atBank(id)).toHaveLength(1);
  });

  it('is never sent again once the bank may have forgotten its key: a person is asked, and reads go on', async () => {
    const { id, returnId } = await begun();
    await firstAskedHoursAgo(returnId, 25);
    await eventually(async () => {
      const open = await shop.pos.get(`/v1/exceptions?paymentRequestId=${id}&kind=return-unknown`);
      return (open.body['data'] as readonly unknown[]).length === 1;
    });
    const [before, reads] = [await asked(), await asked(READ)];
    await shop.reset();
    await shop.rows('update money_return set next_check_at = now() where return_id = $1', [returnId]);
    await shop.watch();
    // The round reads the request, and so does the return that it wakes.
    await eventually(async () => (await asked(READ)) >= reads + 2);
    await untilIdle(shop.client, returnWorkflowId(shop.merchantId, returnId));
    expect(await asked()).toBe(before);
    expect(await read(returnId)).toMatchObject({ status: 'sending' });
    expect(await atBank(id)).toEqual([]);
  });

  it('that the bank had all the while is found by a later read, and nobody has to ask any more', async () => {
    const { id, returnId } = await begun('after');
    await firstAskedHoursAgo(returnId, 25);
    const unknown = async () => {
      const all = await shop.pos.get(`/v1/exceptions?paymentRequestId=${id}&kind=return-unknown`);
      return (all.body['data'] as readonly { readonly status: string }[])[0]?.status;
    };
    await eventually(async () => (await unknown()) === 'open');
    await shop.reset();
    await eventually(async () => {
      await shop.rows('update money_return set next_check_at = now() where return_id = $1', [returnId]);
      await shop.watch();
      return (await read(returnId))['status'] === 'completed';
    }, 500);
    expect(await unknown()).toBe('resolved');
    expect(await atBank(id)).toHaveLength(1);
  });
});

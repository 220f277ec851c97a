/** Rows in which a join found nothing, or an aggregate holds a null, are rows that their statement promises. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dueRequests } from '../../db/links/watch-rows.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { ourSides } from '../../db/reconciliation/compare-requests.ts';
import { insertOpenLink, openLanes, type Lane, type Lanes } from '../simulation/world-lane.ts';

const REQUEST = 'a'.repeat(32);

describe('a row that is partly empty', () => {
  let lanes: Lanes;
  let lane: Lane;
  beforeAll(async () => {
    lanes = await openLanes(1);
    const [first] = lanes.all;
    if (first === undefined) throw new Error('there is no lane');
    lane = first;
    await insertOpenLink(lane, 'till');
    await lane.owner.query(
      `insert into payment_request (merchant_id, payment_request_id, payment_link_id, status, currency, amount_minor,
                                    reference, next_check_at)
       values ($1, $2, 'till', 'paid', 'BRL', 1000, 'sale', now() - interval '1 min')`,
      [lane.merchantId, REQUEST],
    );
    await lane.owner.query(
      `insert into money_return (return_id, merchant_id, provider, payment_link_id, payment_request_id, end_to_end_id,
                                 currency, amount_minor, whole, origin, reason, actor, status, provider_return_id)
       select id, $1, 'bank', 'till', $2, 'E1', 'BRL', 1, false, 'merchant', 'gift', 'ann', status, provider_id
         from (values ('begun', 'sending', null), ('known', 'completed', 'P1')) as r (id, status, provider_id)`,
      [lane.merchantId, REQUEST],
    );
  });
  afterAll(async () => {
    await lanes.close();
  });

  it('is read by watch: a return that the provider has not named yet is none that is known', async () => {
    const due = await tenantTransaction(lane.pool, lane.merchantId, async (client) => dueRequests(client, 10));
    expect(due).toMatchObject([{ requestId: REQUEST, booked: [], returns: ['P1:completed'] }]);
  });

  it('is read by the reconciliation: of a request that is not ours only the day of its payment is known', async () => {
    const asked = [
      { requestId: 'b'.repeat(32), endToEndId: 'E2', settledAt: '2026-12-01T12:00:00Z' },
      { requestId: REQUEST },
    ];
    const sides = await tenantTransaction(lane.pool, lane.merchantId, async (client) =>
      ourSides(client, 'bank', asked),
    );
    expect(sides).toMatchObject([{ theirsOn: '2026-12-01' }, { request: { requestId: REQUEST, payments: [] } }]);
    expect(sides[0]).not.toHaveProperty('request');
  });
});

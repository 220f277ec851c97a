/**
 * Which accounts a round of `watch` takes up: those with something to bill, some at a time, none that is being rated.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { tenantTransaction } from '../../../db/pool.ts';
import { takeDueAccounts } from '../../../db/links/watch-rows.ts';
import { supply } from '../../support/supplied.ts';
import { insertOpenLink, openLanes, type Lane, type Lanes } from '../../simulation/world-lane.ts';

describe('an account that is due', () => {
  let lanes: Lanes;
  let lane: Lane;
  const rows = async <T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
    (await lane.owner.query<T>(sql, [...values])).rows;
  beforeAll(async () => {
    lanes = await openLanes(2);
    const [first, second] = lanes.all;
    if (first === undefined || second === undefined) throw new Error('there are no lanes');
    lane = first;
    for (const one of [first, second]) {
      for (const name of ['A', 'B', 'C']) {
        const paymentLinkId = `link-${name}-${one.merchantId}`;
        await insertOpenLink(one, paymentLinkId);
        await supply({ rows }, { merchantId: one.merchantId, accountId: name, meterId: name, paymentLinkId });
      }
    }
  });
  afterAll(async () => {
    await lanes.close();
  });
  beforeEach(async () => {
    await rows(
      `update service_account set usage_wanted = 1, usage_rated = 0, next_usage_at = now() - interval '1 min'`,
    );
  });

  const take = async (most = 10): Promise<readonly string[]> =>
    tenantTransaction(lane.pool, lane.merchantId, async (client) =>
      (await takeDueAccounts(client, most)).map(({ paymentLinkId }) => paymentLinkId).toSorted(),
    );
  const linkOf = (name: string): string => `link-${name}-${lane.merchantId}`;

  it('is taken once, and not again before half a minute has passed', async () => {
    expect(await take()).toEqual(['A', 'B', 'C'].map(linkOf));
    expect(await take()).toEqual([]);
    await rows(`update service_account set next_usage_at = next_usage_at - interval '30 s' where account_id = 'B'`);
    expect(await take()).toEqual([linkOf('B')]);
  });

  it('waits for its turn when there are many: the one that is due longest comes first', async () => {
    await rows(`update service_account set next_usage_at = now() - interval '1 h' where account_id = 'C'`);
    expect(await take(1)).toEqual([linkOf('C')]);
    expect(await take()).toEqual(['A', 'B'].map(linkOf));
  });

  it('is none when all of it was rated, when nobody marked it, or when it has no code', async () => {
    await rows(`update service_account set usage_rated = usage_wanted where account_id = 'A'`);
    await rows(`update service_account set next_usage_at = null where account_id = 'B'`);
    await rows(`update service_account set payment_link_id = null where account_id = 'C' and merchant_id = $1`, [
      lane.merchantId,
    ]);
    expect(await take()).toEqual([]);
    await rows(`update service_account set payment_link_id = $1 where account_id = 'C' and merchant_id = $2`, [
      linkOf('C'),
      lane.merchantId,
    ]);
  });

  it('is passed over while it is rated, and nobody waits for it', async () => {
    await tenantTransaction(lane.pool, lane.merchantId, async (client) => {
      await client.query(`select from service_account where account_id = 'B' for update`);
      expect(await take()).toEqual(['A', 'C'].map(linkOf));
    });
    expect(await take()).toEqual([linkOf('B')]);
  });
});

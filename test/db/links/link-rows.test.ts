/** The fence of the link row (protocol.md F4, F6): who is allowed to write it after a run was lost. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { raiseSeq, writeLink } from '../../../db/links/link-rows.ts';
import { tenantTransaction } from '../../../db/pool.ts';
import { insertOpenLink, openLanes, type Lane, type Lanes } from '../../simulation/world-lane.ts';

describe('the fence of a link row', () => {
  let lanes: Lanes;
  let lane: Lane;
  beforeAll(async () => {
    lanes = await openLanes(1);
    const [first] = lanes.all;
    if (first === undefined) throw new Error('there is no lane');
    lane = first;
  });
  afterAll(async () => {
    await lanes.close();
  });

  const write = async (paymentLinkId: string, seq: number, status: 'free' | 'linked') =>
    tenantTransaction(lane.pool, lane.merchantId, async (client) => writeLink(client, paymentLinkId, { seq, status }));
  const raise = async (paymentLinkId: string, runId: string) =>
    tenantTransaction(lane.pool, lane.merchantId, async (client) => {
      await raiseSeq(client, paymentLinkId, runId);
      const { rows } = await client.query<{ seq: string }>('select seq from payment_link where payment_link_id = $1', [
        paymentLinkId,
      ]);
      return Number(rows[0]?.seq);
    });

  it('refuses an effect of a lost run, however many motions that run was ahead of the row', async () => {
    await insertOpenLink(lane, 'pl-fence');
    await raise('pl-fence', 'the first run');
    expect(await write('pl-fence', 1_000_002, 'linked')).toBe(true);
    const ours = await raise('pl-fence', 'the second run');
    // A thousand reads found the request alive and wrote nothing; the next one finds it paid, after its run was
    // terminated.
    expect(await write('pl-fence', 1_001_003, 'free')).toBe(false);
    expect(await write('pl-fence', ours + 1, 'linked')).toBe(true);
  });

  it('is raised once for each run, however often it loads', async () => {
    await insertOpenLink(lane, 'pl-once');
    const first = await raise('pl-once', 'the first run');
    expect(await raise('pl-once', 'the first run')).toBe(first);
    expect(await raise('pl-once', 'the second run')).toBeGreaterThan(first);
  });
});

/**
 * Sales on many tills while Postgres is killed every five to ten seconds and the worker and the API at random: each is
 * booked once, and every invariant holds. `npm run chaos` sells a thousand; a run of all tests sells fewer.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../support/chance.ts';
import { openKillableShop, type ProcessKills } from './process-kills.ts';
import { OwnServers } from './own-servers.ts';
import { sellAndPay } from './selling.ts';
import type { ProductShop } from './shop.ts';
import { SEED } from '../support/sampling.ts';

const SALES = Number(process.env['RELINK_CHAOS_SALES'] ?? '60');
const TILLS = 20;

describe('a thousand cuts', () => {
  const servers = new OwnServers();
  const chance = new SeededRandom(`chaos ${SEED}`);
  const tills: string[] = [];
  let shop: ProductShop;
  let deaths: ProcessKills;
  const sold = new AbortController();

  beforeAll(async () => {
    ({ shop, deaths } = await openKillableShop(servers));
    for (let till = 1; till <= TILLS; till += 1) tills.push(await shop.openTill(`till ${till}`));
  });

  afterAll(async () => {
    await shop.close();
    await servers.stop();
  });

  async function every(fromMs: number, toMs: number, kill: () => Promise<void>): Promise<void> {
    // The first one soon: also a short run is to meet every kind of death.
    for (let waitMs = chance.between(1_000, 4_000); ; waitMs = chance.between(fromMs, toMs)) {
      await pause(waitMs);
      if (sold.signal.aborted) return;
      await kill();
    }
  }

  /** Of a till on which a sale never ended: what the workflow, the rows and the bank have to say. */
  async function whereItStands(till: string): Promise<string> {
    const rows = await shop.rows(
      `select r.payment_request_id, r.status, r.because, r.next_check_at - now() as check_in, l.status as link, l.seq,
              l.current_request_id,
              (select jsonb_agg(to_jsonb(i) - 'body' - 'digest') from inbox i
                where i.payment_request_id = r.payment_request_id) as notices
         from payment_request r join payment_link l using (merchant_id, payment_link_id)
        where payment_link_id = $1 order by r.created_at desc limit 2`,
      [till],
    );
    const { events } = await shop.workflow(till).fetchHistory();
    const last = (events ?? [])
      .slice(-25)
      .map(({ eventId, eventType, eventTime }) => `${String(eventId)} ${eventType} ${String(eventTime?.seconds)}`);
    const state = await shop
      .workflow(till)
      .query('state')
      .catch((error: unknown) => String(error));
    return JSON.stringify({ till, rows, state, last }, null, 1);
  }

  it(`${SALES} sales, each booked once, and every invariant holds`, async () => {
    let left = SALES;
    const sales: string[] = [];
    const sell = async (till: string): Promise<void> => {
      while (left > 0) {
        left -= 1;
        sales.push(await sellAndPay(shop, till));
      }
    };
    const torment = Promise.all([
      every(5_000, 10_000, async () => deaths.of('postgres')),
      every(10_000, 30_000, async () => deaths.of('worker')),
      every(10_000, 30_000, async () => deaths.of('api')),
    ]);
    torment.catch(() => undefined);
    const began = performance.now();
    const selling = Promise.allSettled(tills.map(sell));
    // What does not come back is said at once, and not when the sales have waited in vain.
    await Promise.race([selling, torment]);
    const ends = await selling;
    sold.abort();
    const stuck = tills.filter((_, index) => ends[index]?.status === 'rejected');
    await torment;
    for (const till of stuck) process.stdout.write(`${await whereItStands(till)}\n`);
    const seconds = Math.round((performance.now() - began) / 1_000);
    process.stdout.write(`${sales.length} sales in ${seconds} s; killed: ${deaths.said()} (RELINK_SEED=${SEED})\n`);
    expect(ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))).toEqual([]);
    expect(new Set(sales).size).toBe(SALES);
    expect(await shop.atRest()).toEqual([]);
    const [booked] = await shop.rows<{ transactions: string; sum: string }>(
      `select count(*) as transactions, sum(amount_minor) as sum from ledger_transaction t join ledger_entry e
          using (transaction_id)
          where t.settles and e.account = 'provider' and t.payment_request_id = any ($1)`,
      [sales],
    );
    expect(booked).toEqual({ transactions: String(SALES), sum: String(SALES * 2_490) });
    expect(deaths.fewest('postgres', 'worker', 'api')).toBeGreaterThan(0);
  });
});

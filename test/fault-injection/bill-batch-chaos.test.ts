/**
 * A batch of bills while the worker and Postgres are killed at random: every row is decided once, and each link at the
 * bank is an account's or is listed as nobody's. `npm run prove:crashes` does it with five thousand rows; a run of all
 * tests with fewer.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  accountLine,
  csvOf,
  fileOf,
  rowsOf,
  uploadBatch,
  type BatchFileLine,
} from '../../bench/samples/bill-batches.ts';
import { SeededRandom } from '../support/chance.ts';
import { insertSampleTariff } from '../../bench/samples/tariffs.ts';
import { openKillableShop, type ProcessKills, type Part } from './process-kills.ts';
import { OwnServers } from './own-servers.ts';
import { bankRecords } from './records.ts';
import { idIn, type ProductShop } from './shop.ts';
import { until } from './waiting.ts';
import { SEED } from '../support/sampling.ts';

const ROWS = Number(process.env['RELINK_BATCH_ROWS'] ?? '120');
/** In every batch each of them dies this often. */
const LEAST_DEATHS = 3;
const MOMENTS = LEAST_DEATHS + Math.floor(ROWS / 700);
/** Slow enough that the batch is still under way at the last moment, also where it has stood still for none of them. */
const LINKS_A_SECOND = Math.max(40, Math.round(ROWS / 30));
/** Every so many lines there is one that no account can be made of. */
const BAD_EVERY = 50;

interface CrashPlan {
  /** So many rows are decided. */
  readonly rows: number;
  /** The second dies a little after the first, often while that one is away. */
  readonly die: readonly Part[];
  readonly pauseMs: number;
}

interface Counts {
  readonly [status: string]: number;
}

/** At first both die, as at a power cut, in either order; a large batch then loses one of them now and then. */
function momentsOf(chance: SeededRandom): readonly CrashPlan[] {
  return Array.from({ length: MOMENTS }, (_, place) => {
    const first: Part = chance.happens(0.5) ? 'postgres' : 'worker';
    const second: Part = first === 'worker' ? 'postgres' : 'worker';
    const rows = Math.floor((ROWS * (place + 0.05 + chance.share() * 0.5)) / MOMENTS);
    return { rows, die: place < LEAST_DEATHS ? [first, second] : [first], pauseMs: chance.between(0, 600) };
  });
}

function linesOf(count: number): readonly BatchFileLine[] {
  return Array.from({ length: count }, (_, index) => accountLine(index + 1, isBad(index) ? { digits: 'five' } : {}));
}

const isBad = (index: number): boolean => index % BAD_EVERY === 7;

describe('a batch whose worker and Postgres die', () => {
  const servers = new OwnServers();
  const lines = linesOf(ROWS);
  const bad = lines.filter((_, index) => isBad(index)).length;
  const good = ROWS - bad;
  let shop: ProductShop;
  let deaths: ProcessKills;
  let office: { readonly url: string; readonly key: string };
  let batchId: string;

  beforeAll(async () => {
    ({ shop, deaths } = await openKillableShop(servers, { PROVIDER_REQUESTS_PER_SECOND: String(LINKS_A_SECOND) }));
    office = { url: shop.stack.apiUrl, key: shop.apiKey };
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), shop.merchantId);
  });

  afterAll(async () => {
    await shop?.close();
    await servers.stop();
  });

  async function waitingRows(): Promise<number> {
    const sql = `select count(*)::int as n from bill_batch_row where batch_id = $1 and status = 'waiting'`;
    return (await shop.rows<{ n: number }>(sql, [batchId]))[0]?.n ?? 0;
  }

  /** Answers how many rows waited when it came. */
  async function meet({ rows, die, pauseMs }: CrashPlan): Promise<number> {
    let left = good;
    const reached = async (): Promise<boolean> => (left = await waitingRows()) <= good - rows;
    await until(() => `${rows} rows are decided (${left} wait)`, reached, 20);
    await Promise.all(die.map(async (part, place) => pause(place * pauseMs).then(async () => deaths.of(part))));
    return left;
  }

  async function shown(): Promise<Readonly<Record<string, unknown>>> {
    return (await shop.call('GET', `/v1/bill-batches/${batchId}`)).body;
  }

  /** As the night would, eleven minutes later: a link that is younger than ten may be on its way into our rows. */
  async function listedStrays(): Promise<readonly string[]> {
    const [from, to] = [-3_600_000, 660_000].map((ms) => new Date(Date.now() + ms).toISOString());
    const run = `/v1/reconciliations/${idIn(await shop.post('/v1/reconciliations', { from, to }))}`;
    await shop.untilShown(run, 'finished');
    const found: Record<string, unknown>[] = [];
    for (let after = ''; ;) {
      const { body } = await shop.call('GET', `${run}/findings?limit=100${after}`);
      found.push(...(body['data'] as Record<string, unknown>[]));
      if (body['next'] === null) break;
      after = `&after=${body['next'] as string}`;
    }
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(found.length === 0 ? [] : ['stray-link']));
    return found.map(({ providerLinkId }) => String(providerLinkId));
  }

  it(`opens a code for each of ${good} accounts, once, and refuses ${bad} lines`, async () => {
    const began = performance.now();
    const taken = await uploadBatch(office, csvOf(lines), { query: 'kind=a4' });
    expect(taken).toMatchObject({ status: 202, body: { rows: { total: ROWS, refused: bad } } });
    batchId = String(taken.body['id']);
    const met: number[] = [];
    for (const moment of momentsOf(new SeededRandom(`batch ${SEED}`))) met.push(await meet(moment));
    const ended = async (): Promise<boolean> => (await shown())['status'] === 'finished';
    await until('the batch is finished', ended, 200);
    const seconds = Math.round((performance.now() - began) / 1_000);
    process.stdout.write(
      `${ROWS} rows in ${seconds} s; killed: ${deaths.said()} when ${met.join(', ')} rows waited (RELINK_SEED=${SEED})\n`,
    );
    expect(Math.min(...met)).toBeGreaterThan(0);
    expect(deaths.fewest('worker', 'postgres')).toBeGreaterThanOrEqual(LEAST_DEATHS);
    const rows: Counts = { total: ROWS, opened: good, refused: bad, waiting: 0, reused: 0, failed: 0 };
    expect((await shown())['rows']).toEqual(rows);
  });

  it('has one link of each account, which no other account has', async () => {
    const decided = await rowsOf(office, batchId);
    const refused = decided.filter(({ status }) => status === 'refused').map(({ line }) => Number(line) - 2);
    expect(refused).toEqual(lines.flatMap((_, index) => (isBad(index) ? [index] : [])));
    const opened = decided.filter(({ status }) => status === 'opened');
    expect(new Set(opened.map(({ accountId }) => accountId)).size).toBe(good);
    for (const distinct of ['paymentLinkId', 'shortCode']) {
      expect(new Set(opened.map((row) => row[distinct])).size).toBe(good);
    }
    const [links] = await shop.rows(
      `select count(*)::int as links, count(distinct provider_link_id)::int as codes,
         count(distinct reference)::int as accounts
         from payment_link where merchant_id = $1`,
      [shop.merchantId],
    );
    expect(links).toEqual({ links: good, codes: good, accounts: good });
    const told = await shop.rows(`select from event where merchant_id = $1 and name = 'payment_link.opened'`, [
      shop.merchantId,
    ]);
    expect(told).toHaveLength(good);
  });

  it('is printed with a page for each code', async () => {
    const files = (await shown())['files'] as readonly { readonly url: string }[];
    let pages = 0;
    for (const { url } of files) {
      const pdf = await fileOf(office, url);
      pages += pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
    }
    expect(pages).toBe(good);
  });

  it('breaks no promise', async () => {
    expect(await shop.atRest()).toEqual([]);
  });

  it('has left no link at the bank that is not listed', async () => {
    const { paymentLinks } = await bankRecords(shop.stack.simulatorUrl);
    const ours = await shop.rows<{ id: string }>(
      'select provider_link_id as id from payment_link where merchant_id = $1',
      [shop.merchantId],
    );
    const owned = new Set(ours.map(({ id }) => id));
    const strays = paymentLinks.map(({ id }) => id).filter((id) => !owned.has(id));
    const listed = await listedStrays();
    process.stdout.write(
      `${paymentLinks.length} links at the bank, ${owned.size} of accounts; strays: ${strays.length}, listed: ${listed.length}\n`,
    );
    expect(listed.toSorted()).toEqual(strays.toSorted());
  });
});

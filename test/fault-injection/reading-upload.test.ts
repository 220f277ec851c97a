/**
 * Readings of a town, uploaded while Postgres, the API and the worker are killed at random: each is stored once, and
 * every code asks for what the readings say. `npm run prove:crashes` does it with ten thousand readings; a run of all
 * tests with fewer.
 */
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Reading } from '../../domain/billing/reading.ts';
import { accountLine, csvOf, uploadBatch } from '../../bench/samples/bill-batches.ts';
import { SeededRandom } from '../support/chance.ts';
import { insertSampleTariff } from '../../bench/samples/tariffs.ts';
import { openKillableShop, type ProcessKills, type Part } from './process-kills.ts';
import { OwnServers } from './own-servers.ts';
import { bankRecords } from './records.ts';
import type { ProductShop } from './shop.ts';
import { until } from './waiting.ts';
import { SEED } from '../support/sampling.ts';

const READINGS = Number(process.env['RELINK_UPLOAD_ROWS'] ?? '400');
const ACCOUNTS = Math.min(200, READINGS / 20);
const READINGS_EACH = READINGS / ACCOUNTS;
/** Each of the three dies three times in a small run, and more often in a large one. */
const UPLOADS = Math.max(9, 3 * Math.floor(READINGS / 1_500));
const PHONES = 5;
/** Accounts whose register stands still: a person has to look at the bill. */
const STILL_EVERY = 10;
/** Of accountLine: what the register showed when the meter came. */
const INSTALLED = 120;
/** Of insertSampleTariff: 0.61 a unit, and nothing else. */
const CENTS_A_UNIT = 61;
const HOUR_MS = 3_600_000;

interface UploadTown {
  readonly readings: readonly Reading[];
  /** What the register of each account shows last. */
  readonly last: readonly number[];
}

/** Each phone numbers what it reads, whoever's meter it is; the last reading of each account is of yesterday. */
function readTown(chance: SeededRandom): UploadTown {
  const sequences = Array.from({ length: PHONES }, () => 0);
  const last = Array.from({ length: ACCOUNTS }, () => INSTALLED);
  const readings: Reading[] = [];
  for (let turn = 1; turn <= READINGS_EACH; turn += 1) {
    for (let account = 0; account < ACCOUNTS; account += 1) {
      const phone = account % PHONES;
      const sequence = (sequences[phone] ?? 0) + 1;
      sequences[phone] = sequence;
      const shown = (last[account] ?? 0) + (account % STILL_EVERY === 0 ? 0 : chance.between(1, 9));
      last[account] = shown;
      readings.push({
        deviceId: `phone-${phone}`,
        sequence,
        meterId: accountLine(account).meter,
        value: String(shown).padStart(5, '0'),
        readAt: new Date(Date.now() - (24 + READINGS_EACH - turn) * HOUR_MS).toISOString(),
        kind: 'actual',
      });
    }
  }
  return { readings, last };
}

function shuffled<T>(items: readonly T[], chance: SeededRandom): readonly T[] {
  const placed = items.map((item) => ({ item, at: chance.share() }));
  return placed.toSorted((one, other) => one.at - other.at).map(({ item }) => item);
}

interface Portion {
  readonly key: string;
  readonly body: string;
}

interface UploadAnswer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('readings that are uploaded while everything dies', () => {
  const servers = new OwnServers();
  const chance = new SeededRandom(`readings ${SEED}`);
  const town = readTown(chance);
  const told = new Map<string, UploadAnswer>();
  let portions: readonly Portion[];
  let shop: ProductShop;
  let deaths: ProcessKills;
  let posts = 0;

  beforeAll(async () => {
    ({ shop, deaths } = await openKillableShop(servers));
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), shop.merchantId);
    const lines = Array.from({ length: ACCOUNTS }, (_, account) => accountLine(account));
    const { body } = await uploadBatch({ url: shop.stack.apiUrl, key: shop.apiKey }, csvOf(lines));
    await shop.untilShown(`/v1/bill-batches/${String(body['id'])}`, 'finished');
    const arrived = shuffled(town.readings, chance);
    const size = Math.ceil(READINGS / UPLOADS);
    portions = Array.from({ length: UPLOADS }, (_, place) => ({
      key: `portion ${place}`,
      body: JSON.stringify({ readings: arrived.slice(place * size, (place + 1) * size) }),
    }));
  });

  afterAll(async () => {
    await shop?.close();
    await servers.stop();
  });

  async function post({ key, body }: Portion): Promise<UploadAnswer> {
    posts += 1;
    shop.demandNoCrash();
    const answer = await fetch(`${shop.stack.apiUrl}/v1/meter-readings`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${shop.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': key.replaceAll(' ', '-'),
      },
      body,
    });
    const said = (await answer.json()) as Readonly<Record<string, unknown>>;
    return { status: answer.status, replayed: answer.headers.has('idempotency-replayed'), body: said };
  }

  /** A phone that does not give up: the same bytes under the same key until an answer decides. */
  async function deliver(portion: Portion): Promise<void> {
    let answer: UploadAnswer | undefined;
    await until(
      () => `${portion.key} is answered (last: ${JSON.stringify(answer)})`,
      async () => {
        answer = await post(portion);
        return answer.status < 500;
      },
      100,
    );
    if (answer !== undefined) told.set(portion.key, answer);
  }

  /** What stands on each account's bill, and what its code at the bank asks for. */
  async function asked(): Promise<Readonly<Record<string, object>>> {
    const { paymentRequests } = await bankRecords(shop.stack.simulatorUrl);
    const rows = await shop.rows<{ account: string; code: string; status: string; because: string; total: string }>(
      `select a.account_id as account, l.provider_link_id as code, b.status, b.held_because as because,
         b.total_minor as total
         from service_account a join payment_link l using (merchant_id, payment_link_id) left join bill b
           using (merchant_id, account_id)
        order by account_id, number`,
    );
    const payable = paymentRequests.filter(({ status }) => status === 'ACTIVE');
    return Object.fromEntries(
      rows.map(({ account, code, status, because, total }) => {
        const atBank = payable.filter(({ paymentLinkId }) => paymentLinkId === code);
        return [account, { status, because, total, atBank: atBank.map(({ amount }) => amount.value) }];
      }),
    );
  }

  function expected(): Readonly<Record<string, object>> {
    return Object.fromEntries(
      town.last.map((shown, account) => {
        const cents = (shown - INSTALLED) * CENTS_A_UNIT;
        const bill =
          cents === 0
            ? { status: 'held', because: 'zero', total: '0', atBank: [] }
            : { status: 'billed', because: null, total: String(cents), atBank: [(cents / 100).toFixed(2)] };
        return [accountLine(account).account, bill];
      }),
    );
  }

  it(`${READINGS} readings in ${UPLOADS} uploads are taken, whatever dies meanwhile`, async () => {
    const began = performance.now();
    const parts: readonly Part[] = ['postgres', 'api', 'worker'];
    const dying = shuffled(
      Array.from({ length: UPLOADS }, (_, place) => parts[place % parts.length] ?? 'api'),
      chance,
    );
    for (const [place, portion] of portions.entries()) {
      const waitMs = chance.between(0, READINGS / UPLOADS);
      await Promise.all([deliver(portion), pause(waitMs).then(async () => deaths.of(dying[place] ?? 'api'))]);
    }
    const seconds = Math.round((performance.now() - began) / 1_000);
    const again = [...told.values()].filter(({ replayed }) => replayed).length;
    process.stdout.write(
      `${READINGS} readings of ${ACCOUNTS} accounts in ${UPLOADS} uploads, ${posts} POSTs and ${seconds} s; stored before the answer was lost: ${again}; killed: ${deaths.said()} (RELINK_SEED=${SEED})\n`,
    );
    expect(deaths.fewest(...parts)).toBeGreaterThanOrEqual(3);
    expect([...told.values()].map(({ status }) => status)).toEqual(portions.map(() => 200));
  });

  it('are stored once each, as they were sent', async () => {
    for (const portion of portions) {
      const first = told.get(portion.key)?.body;
      const repeated = await post(portion);
      expect(repeated).toMatchObject({ status: 200, replayed: true, body: { id: first?.['id'], gaps: [] } });
      expect(repeated.body['results']).toEqual(first?.['results']);
    }
    const results = [...told.values()].flatMap(({ body }) => body['results'] as readonly { readonly result: string }[]);
    expect(results.filter(({ result }) => result === 'stored')).toHaveLength(READINGS);
    const kept = await shop.rows<{ reading: string }>(
      `select concat_ws(' ', device_id, sequence, meter_id, value, round(extract(epoch from read_at) * 1000)) as reading from meter_reading`,
    );
    const sent = town.readings.map(({ deviceId, sequence, meterId, value, readAt }) =>
      [deviceId, sequence, meterId, value, Date.parse(readAt)].join(' '),
    );
    expect(kept.map(({ reading }) => reading).toSorted()).toEqual(sent.toSorted());
  });

  it('become one bill of each account, and its code asks for what was used, or waits for a person', async () => {
    const right = async (): Promise<boolean> => isDeepStrictEqual(await asked(), expected());
    await until('every bill is right', right, 500).catch(() => undefined);
    expect(await asked()).toEqual(expected());
    const bills = await shop.rows('select from bill');
    expect(bills).toHaveLength(ACCOUNTS);
    const waiting = await shop.rows(`select from meter_reading where outcome not in ('billed', 'held')`);
    expect(waiting).toEqual([]);
  });

  it('break no promise', async () => {
    expect(await shop.atRest()).toEqual([]);
  });
});

/**
 * A utility in a shop of tests: accounts behind printed codes, their meters and tariffs, and readings as they are
 * stored.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { USUAL_RULES, type BillingRules } from '../../domain/billing/billing-rules.ts';
import type { Reading } from '../../domain/billing/reading.ts';
import type { Tariff } from '../../domain/billing/tariff.ts';
import { storeReadings } from '../../db/billing/readings.ts';
import { createPool, tenantTransaction } from '../../db/pool.ts';

const DAY_MS = 86_400_000;

/** Whole days ago, at noon in UTC: the instant of a reading. */
export function daysAgo(days: number): string {
  return `${new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10)}T12:00:00Z`;
}

/** 0.50 a unit up to 100, 1.00 above; 10.00 fixed. */
export const WATER: Tariff = {
  id: 'water',
  version: 1,
  effectiveFrom: '2020-01-01',
  unit: 'm³',
  currency: 'BRL',
  fixed: { currency: 'BRL', minorUnits: '1000' },
  tiers: { mode: 'step', list: [{ upTo: '100', price: '0.50' }, { price: '1.00' }] },
  taxes: [],
  rounding: { when: 'each line', rule: 'half-up' },
};

export interface SuppliedAccount {
  readonly accountId: string;
  readonly paymentLinkId: string;
  readonly meterId: string;
}

export function aReadingOf(
  { meterId }: SuppliedAccount,
  sequence: number,
  value: string,
  more: Partial<Reading> = {},
): Reading {
  return { deviceId: `phone-${meterId}`, sequence, meterId, value, readAt: daysAgo(1), kind: 'actual', ...more };
}

export interface BillRow {
  readonly bill_id: string;
  readonly number: number;
  readonly status: string;
  readonly revision: number;
  readonly total_minor: string;
  readonly held_because: string | null;
  readonly request: string | null;
  readonly lines: readonly { readonly text: string }[];
}

export type Utility = ReturnType<typeof openUtility>;

/** A shop, or an engine without HTTP. */
interface BillingPlace {
  readonly databaseUrl: string;
  readonly merchantId: string;
  readonly openBill: () => Promise<string>;
}

export function openUtility(shop: BillingPlace) {
  const pool = createPool({ url: shop.databaseUrl, role: 'relink_app', applicationName: 'test-utility', max: 2 });
  const { merchantId } = shop;
  const work = async <T>(of: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    tenantTransaction(pool, merchantId, of);

  async function addTariff(tariff: Tariff): Promise<void> {
    await work(async (client) =>
      client.query(
        `insert into tariff (merchant_id, tariff_id, version, effective_from, content, actor)
         values ($1, $2, $3, $4, $5, 'test')
         on conflict do nothing`,
        [merchantId, tariff.id, tariff.version, tariff.effectiveFrom, JSON.stringify(tariff)],
      ),
    );
  }

  return {
    addTariff,
    close: async () => pool.end(),

    /** An account with an open code, and a meter that showed zero when it came, forty days ago. */
    async supply(rules: Partial<BillingRules> = {}): Promise<SuppliedAccount> {
      await addTariff(WATER);
      const paymentLinkId = await shop.openBill();
      const name = randomBytes(4).toString('hex');
      const supplied = { accountId: `A-${name}`, paymentLinkId, meterId: `M-${name}` };
      await work(async (client) => {
        await client.query(
          `insert into service_account (merchant_id, account_id, holder, address, language, tariff_id, rules,
           payment_link_id, actor)
           values ($1, $2, 'Maria', '["Rua A, 1"]', 'pt', 'water', $3, $4, 'test')`,
          [merchantId, supplied.accountId, JSON.stringify({ ...USUAL_RULES, ...rules }), paymentLinkId],
        );
        await client.query(
          `insert into meter (merchant_id, meter_id, account_id, digits, decimals, multiplier, installed_value,
           installed_at, actor)
           values ($1, $2, $3, 5, 0, '1', '00000', $4, 'test')`,
          [merchantId, supplied.meterId, supplied.accountId, daysAgo(40)],
        );
      });
      return supplied;
    },

    /** Stored, and told to nobody. */
    async store(...readings: readonly Reading[]) {
      return work(async (client) => storeReadings(client, merchantId, readings));
    },

    async bills({ accountId }: SuppliedAccount): Promise<readonly BillRow[]> {
      const { rows } = await work(async (client) =>
        client.query<BillRow>(
          `select b.bill_id, b.number, b.status, b.revision, b.total_minor, b.held_because, r.status as request,
             b.content->'lines' as lines
             from bill b left join payment_request r on r.payment_request_id = b.bill_id where b.account_id = $1
               order by b.number`,
          [accountId],
        ),
      );
      return rows;
    },
  };
}

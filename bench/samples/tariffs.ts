/** Tariffs as they stand in rows, for tests that need one to exist. */
import type { Tariff } from '../../domain/billing/tariff.ts';

type RowWriter = (sql: string, values: readonly unknown[]) => Promise<unknown>;

export async function insertSampleTariff(rows: RowWriter, merchantId: string, tariffId = 'residential'): Promise<void> {
  const tariff: Tariff = {
    id: tariffId,
    version: 1,
    effectiveFrom: '2026-01-01',
    unit: 'kWh',
    currency: 'BRL',
    tiers: { mode: 'step', list: [{ price: '0.61' }] },
    taxes: [],
    rounding: { when: 'total', rule: 'half-even' },
  };
  await rows(
    `insert into tariff (merchant_id, tariff_id, version, effective_from, content, actor) values ($1, $2, 1, $3, $4, 'test')`,
    [merchantId, tariffId, tariff.effectiveFrom, JSON.stringify(tariff)],
  );
}

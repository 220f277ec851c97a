/** Versions of tariffs: written once, never edited, and read newest first. */
import type pg from 'pg';
import { z } from 'zod';
import type { Tariff } from '../../domain/billing/tariff.ts';
import { pageOf, type Page, type PageRequest } from '../read-pages.ts';
import { storedJson, readRows } from '../rows.ts';

/** False when this version is stored already, with any content, or by a concurrent call. */
export async function insertTariff(
  client: pg.ClientBase,
  merchantId: string,
  tariff: Tariff,
  actor: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into tariff (merchant_id, tariff_id, version, effective_from, content, actor)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, tariff_id, version) do nothing`,
    [merchantId, tariff.id, tariff.version, tariff.effectiveFrom, JSON.stringify(tariff), actor],
  );
  return rowCount === 1;
}

const tariffVersionsShape = z.object({
  content: storedJson<Tariff>(),
});

/** The highest version first. Empty: there is no such tariff. */
export async function readTariffVersions(client: pg.ClientBase, tariffId: string): Promise<readonly Tariff[]> {
  const rows = await readRows(
    client,
    tariffVersionsShape,
    'select content from tariff where tariff_id = $1 order by version desc',
    [tariffId],
  );
  return rows.map(({ content }) => content);
}

const tariffsShape = z.object({
  content: storedJson<Tariff>(),
  at: z.string(),
  id: z.string(),
});

/** All versions of all tariffs, as they were written. */
export async function listTariffs(client: pg.ClientBase, page: PageRequest): Promise<Page<Tariff>> {
  const rows = await readRows(
    client,
    tariffsShape,
    `select content, created_at::text as at, tariff_id || '-' || version as id from tariff
      where $1::timestamptz is null or (created_at, tariff_id || '-' || version) < ($1, $2)
      order by created_at desc, tariff_id || '-' || version desc limit $3`,
    [page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
  );
  return pageOf(
    rows,
    page.limit,
    ({ at, id }) => ({ at, id }),
    ({ content }) => content,
  );
}

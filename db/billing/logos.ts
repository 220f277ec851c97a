/** Logos of a merchant: the newest is printed; older ones are kept for the batches that use them. */
import type pg from 'pg';
import { z } from 'zod';
import type { Writer } from './meters.ts';
import { bytes, readRows } from '../rows.ts';

const logoRowShape = z.object({
  sha256: z.string(),
  png: bytes,
});
type LogoRow = z.output<typeof logoRowShape>;

/** The same as the newest is not stored again. */
export async function putLogo(client: pg.ClientBase, { merchantId, actor }: Writer, logo: LogoRow): Promise<void> {
  await client.query(
    `insert into logo (merchant_id, sha256, png, actor)
     select $1, $2, $3, $4
      where $2 is distinct from (select sha256 from logo order by logo_id desc limit 1)`,
    [merchantId, logo.sha256, logo.png, actor],
  );
}

export async function newestLogo(client: pg.ClientBase): Promise<LogoRow | undefined> {
  const rows = await readRows(client, logoRowShape, 'select sha256, png from logo order by logo_id desc limit 1');
  return rows[0];
}

export async function readLogo(client: pg.ClientBase, sha256: string): Promise<LogoRow | undefined> {
  const rows = await readRows(client, logoRowShape, 'select sha256, png from logo where sha256 = $1 limit 1', [sha256]);
  return rows[0];
}

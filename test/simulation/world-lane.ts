/** Where worlds are played: one database, and a merchant for each lane, so that worlds run side by side undisturbed. */
import pg from 'pg';
import { createPool } from '../../db/pool.ts';
import { freshDatabase } from '../support/database.ts';

export interface Lane {
  readonly merchantId: string;
  /** As the processes see it. */
  readonly pool: pg.Pool;
  /** Sees everything: for arranging and for judging. */
  readonly owner: pg.Pool;
}

export interface Lanes {
  readonly all: readonly Lane[];
  /** Plays them all, each lane one at a time. */
  playAll<Item>(items: readonly Item[], play: (lane: Lane, item: Item) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function openLanes(count: number): Promise<Lanes> {
  const databaseUrl = await freshDatabase();
  const owner = new pg.Pool({ connectionString: databaseUrl, max: count });
  const pool = createPool({ url: databaseUrl, role: 'relink_app', applicationName: 'worlds', max: count * 2 });
  const all = Array.from({ length: count }, (_, lane) => ({ merchantId: `lane-${lane}`, pool, owner }));
  for (const { merchantId } of all) {
    await owner.query(
      `insert into merchant (merchant_id, name, city, time_zone, currency)
       values ($1, 'Padaria Aurora', 'Sao Paulo', 'America/Sao_Paulo', 'BRL')`,
      [merchantId],
    );
    await owner.query('insert into merchant_head (merchant_id) values ($1)', [merchantId]);
  }
  return {
    all,
    async playAll(items, play) {
      const left = [...items];
      await Promise.all(
        all.map(async (lane) => {
          for (let item = left.shift(); item !== undefined; item = left.shift()) await play(lane, item);
        }),
      );
    },
    async close() {
      await Promise.all([pool.end(), owner.end()]);
    },
  };
}

/** A link that is open at the bank and free. */
export async function insertOpenLink({ owner, merchantId }: Lane, paymentLinkId: string): Promise<void> {
  await owner.query(
    `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider, provider_link_id, url,
     next_check_at)
     values ($1, $2, 'till', 'Caixa 3', 'free', 'jpmorgan', $2, 'https://qr.bank.example/pix/' || $2, null)`,
    [merchantId, paymentLinkId],
  );
}

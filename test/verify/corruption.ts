/** One corruption of a stored ledger, drawn from a seed: a byte, a row gone, or two rows that change places. */
import type pg from 'pg';

/** Numbers below `most`; the same ones for the same seed. */
type SeededNumber = (most: number) => number;

export function drawFrom(seed: number): SeededNumber {
  let state = seed;
  return (most) => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * most);
  };
}

const COLUMNS = {
  ledger_transaction: {
    transaction_id: 'text',
    merchant_id: 'text',
    provider: 'text',
    end_to_end_id: 'text',
    payment_link_id: 'text',
    payment_request_id: 'text',
    kind: 'text',
    revision: 'int',
    settled_at: 'timestamptz',
    booked_at: 'timestamptz',
    evidence: 'text',
    exception_id: 'text',
    return_id: 'text',
    balanced: 'text',
    command_id: 'text',
    actor: 'text',
    reason: 'text',
  },
  ledger_entry: {
    merchant_id: 'text',
    transaction_id: 'text',
    line: 'int',
    account: 'text',
    currency: 'text',
    amount_minor: 'bigint',
  },
  ledger_chain: {
    merchant_id: 'text',
    row: 'bigint',
    transaction_id: 'text',
    digest: 'bytea',
    hash: 'bytea',
    version: 'smallint',
  },
  merchant_head: { rows: 'bigint', hash: 'bytea' },
} as const;
type Table = keyof typeof COLUMNS;
type ColumnType = 'text' | 'int' | 'bigint' | 'smallint' | 'bytea' | 'timestamptz';
const TABLES = Object.keys(COLUMNS) as readonly Table[];
/** A merchant has one head: nothing changes places with it. */
const SWAPPABLE = TABLES.filter((table) => table !== 'merchant_head');

/** Inside the caller's transaction, as a superuser without triggers. Answers what was done. */
export async function corrupt(client: pg.ClientBase, draw: SeededNumber): Promise<string> {
  const how = draw(5);
  if (how === 0) return deleteRow(client, draw);
  if (how === 1) return swapRows(client, draw);
  return flipByte(client, draw);
}

async function flipByte(client: pg.ClientBase, draw: SeededNumber): Promise<string> {
  const table = pick(TABLES, draw);
  const columns = Object.entries<ColumnType>(COLUMNS[table]);
  const [column, type] = pick(columns, draw);
  const row = await randomRow(client, table, draw);
  const { rows } = await client.query<{ was: string | null; is: string | null }>(
    `with was as (select ${column}::text as was from ${table} where ctid = $1::tid)
     update ${table} set ${column} = ${changed(column, type, draw)} from was where ctid = $1::tid
       returning was.was, ${column}::text as is`,
    [row],
  );
  const flipped = rows[0];
  if (flipped === undefined || flipped.was === flipped.is) throw new Error(`${table}.${column} did not change`);
  return `${table}.${column}: ${flipped.was ?? 'null'} became ${flipped.is ?? 'null'}`;
}

/** One byte of the stored value, or one bit of a number; what is absent becomes something. */
function changed(column: string, type: ColumnType, draw: SeededNumber): string {
  const chance = draw(1_000_000);
  switch (type) {
    case 'text': {
      const at = `(${chance} % greatest(length(${column}), 1)) + 1`;
      const other = `case when substr(${column}, ${at}, 1) = 'x' then 'y' else 'x' end`;
      return `coalesce(overlay(${column} placing ${other} from ${at} for 1), 'x')`;
    }
    case 'bytea':
      return `set_byte(${column}, ${chance} % length(${column}), get_byte(${column}, ${chance} % length(${column})) # ${1 << draw(8)})`;
    case 'timestamptz':
      return `coalesce(${column} + interval '1 microsecond' * (1 + ${chance}), now())`;
    case 'smallint':
      return `(${column} # (${1 << draw(3)}))::smallint`;
    case 'int':
    case 'bigint':
      return `${column} # ${1 << draw(30)}`;
  }
}

async function deleteRow(client: pg.ClientBase, draw: SeededNumber): Promise<string> {
  const table = pick(TABLES, draw);
  const row = await randomRow(client, table, draw);
  await client.query(`delete from ${table} where ctid = $1::tid`, [row]);
  return `${table}: the row at ${row} was deleted`;
}

/** All that two rows hold but their names, or only their places in the chain. */
async function swapRows(client: pg.ClientBase, draw: SeededNumber): Promise<string> {
  const table = pick(SWAPPABLE, draw);
  const names = table === 'ledger_chain' && draw(2) === 0 ? ['row'] : contentOf(table);
  const list = names.join(', ');
  for (;;) {
    const one = await randomRow(client, table, draw);
    const other = await randomRow(client, table, draw);
    const { rows } = await client.query<{ alike: boolean }>(
      `select (select row(${list})::text from ${table} where ctid = $1::tid) = (select row(${list})::text from ${table} where ctid = $2::tid) as alike`,
      [one, other],
    );
    // Two coffees in one day have entries that are alike: their change of places changes nothing.
    if (rows[0]?.alike !== false) continue;
    await client.query(
      `update ${table} a set (${list}) = (select ${names.map((name) => `b.${name}`).join(', ')} from ${table} b
          where b.ctid = case when a.ctid = $1::tid then $2::tid else $1::tid end)
        where a.ctid in ($1::tid, $2::tid)`,
      [one, other],
    );
    return `${table}: the rows at ${one} and ${other} changed places (${list})`;
  }
}

function contentOf(table: Table): readonly string[] {
  const names = Object.keys(COLUMNS[table]);
  if (table === 'ledger_entry') return names.filter((name) => !['transaction_id', 'line'].includes(name));
  return names.filter((name) => name !== (table === 'ledger_chain' ? 'row' : 'transaction_id'));
}

async function randomRow(client: pg.ClientBase, table: Table, draw: SeededNumber): Promise<string> {
  const { rows } = await client.query<{ ctid: string }>(`select ctid::text from ${table} order by ctid`);
  return pick(rows, draw).ctid;
}

function pick<T>(from: readonly T[], draw: SeededNumber): T {
  const one = from[draw(from.length)];
  if (one === undefined) throw new Error('there is nothing to draw from');
  return one;
}

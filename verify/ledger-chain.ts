/**
 * Walks the chain of one merchant's ledger from its first row to its head and names the first row that is not as it was
 * written. It holds one page at a time, it only reads, and it believes no constraint of the database.
 */
import type pg from 'pg';
import { present } from '../domain/present.ts';
import { hashAfter, type HashedEntry, type HashedTransaction, transactionDigest } from './ledger-digest.ts';

/** A head as it was printed and kept where nobody who can write the database can write. */
export interface LedgerHead {
  readonly rows: number;
  readonly hash: string;
}

interface ChainReport {
  readonly rows: number;
  /** Of the last row, as computed here. */
  readonly hash: string;
  /** Rows that are not as they were written. */
  readonly bad: number;
  /** The first of them, in one sentence. */
  readonly first?: string;
}

const ROWS_A_PAGE = 1_000;

/** `client` is inside a transaction that sees one snapshot. */
export async function verifyChain(client: pg.ClientBase, merchantId: string, kept?: LedgerHead): Promise<ChainReport> {
  const walk = newWalk(kept);
  for (let after: string | undefined; ;) {
    const page = await readPage(client, merchantId, after);
    for (const row of page) step(walk, row);
    after = page.at(-1)?.row;
    if (page.length < ROWS_A_PAGE) break;
  }
  await compareHead(client, merchantId, walk);
  await countAgain(client, merchantId, walk);
  if (kept !== undefined) compareKept(walk, kept);
  const { rows, computed, bad, first } = walk;
  return { rows, hash: computed.toString('hex'), bad, ...present({ first }) };
}

interface ChainWalk {
  readonly kept?: LedgerHead;
  rows: number;
  /** As it must be, from the very first row on. */
  computed: Buffer;
  /** As the row before says it is: one bad row does not make every row after it bad. */
  told: Buffer;
  keptHash?: string;
  bad: number;
  first?: string;
}

function newWalk(kept: LedgerHead | undefined): ChainWalk {
  const nothing = Buffer.alloc(0);
  const start = kept?.rows === 0 ? { keptHash: '' } : {};
  return { ...present({ kept }), rows: 0, computed: nothing, told: nothing, bad: 0, ...start };
}

/** Only the first is told in words: what is wrong after it is often wrong because of it. */
function noteFault(walk: ChainWalk, sentence: string): void {
  walk.bad += 1;
  walk.first ??= sentence;
}

interface ChainRow {
  readonly row: string;
  readonly transactionId: string;
  readonly version: number;
  readonly digest: Buffer;
  readonly hash: Buffer;
  readonly transaction: HashedTransaction | undefined;
}

function step(walk: ChainWalk, row: ChainRow): void {
  walk.rows += 1;
  const wrong = faultOf(walk, row);
  if (wrong !== undefined) noteFault(walk, `row ${row.row} (transaction ${row.transactionId}) ${wrong}`);
  walk.computed = hashAfter(walk.computed, row.digest);
  walk.told = row.hash;
  if (walk.kept?.rows === walk.rows) walk.keptHash = walk.computed.toString('hex');
}

function faultOf({ rows, told }: ChainWalk, row: ChainRow): string | undefined {
  if (row.row !== String(rows)) return `stands where row ${rows} belongs: a row is missing, or twice there`;
  if (row.transaction === undefined) return 'names a transaction that is gone';
  const digest = transactionDigest(row.version, row.transaction);
  if (digest === undefined) return `is of version ${row.version}, which was never written`;
  if (!digest.equals(row.digest))
    return 'is not what was hashed: the transaction, an entry of it or the digest differs';
  if (!hashAfter(told, row.digest).equals(row.hash)) return 'does not follow from the row before it';
  return undefined;
}

interface Row {
  row: string;
  chained: string;
  version: number;
  digest: Buffer;
  hash: Buffer;
  transaction_id: string | null;
  merchant_id: string;
  provider: string;
  end_to_end_id: string;
  payment_link_id: string | null;
  payment_request_id: string | null;
  kind: string;
  revision: string;
  settled: string | null;
  booked: string;
  evidence: string;
  exception_id: string | null;
  return_id: string | null;
  balanced: string | null;
  command_id: string | null;
  actor: string | null;
  reason: string | null;
}

async function readPage(client: pg.ClientBase, merchantId: string, after: string | undefined): Promise<ChainRow[]> {
  const { rows } = await client.query<Row>(
    `select c.row, c.transaction_id as chained, c.version, c.digest, c.hash, t.transaction_id,
            t.merchant_id, t.provider, t.end_to_end_id, t.payment_link_id, t.payment_request_id, t.kind,
              t.revision::text,
            extract(epoch from t.settled_at)::text as settled, extract(epoch from t.booked_at)::text as booked,
            t.evidence, t.exception_id, t.return_id, t.balanced, t.command_id, t.actor, t.reason
       from ledger_chain c left join ledger_transaction t on t.transaction_id = c.transaction_id
      where c.merchant_id = $1 and ($2::bigint is null or c.row > $2) order by c.row limit $3`,
    [merchantId, after ?? null, ROWS_A_PAGE],
  );
  const entries = await entriesOf(
    client,
    rows.map(({ chained }) => chained),
  );
  return rows.map((row) => ({
    row: row.row,
    transactionId: row.chained,
    version: row.version,
    digest: row.digest,
    hash: row.hash,
    transaction: row.transaction_id === null ? undefined : transactionOf(row, entries.get(row.chained) ?? []),
  }));
}

async function entriesOf(
  client: pg.ClientBase,
  transactionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly HashedEntry[]>> {
  const { rows } = await client.query<HashedEntry & { of: string }>(
    `select transaction_id as of, merchant_id as "merchantId", line::text, account, currency,
       amount_minor::text as minor
       from ledger_entry where transaction_id = any ($1) order by transaction_id, ledger_entry.line`,
    [transactionIds],
  );
  const entries = new Map<string, HashedEntry[]>();
  for (const { of, ...entry } of rows) {
    const known = entries.get(of);
    if (known === undefined) entries.set(of, [entry]);
    else known.push(entry);
  }
  return entries;
}

function transactionOf(row: Row, entries: readonly HashedEntry[]): HashedTransaction {
  return {
    transactionId: row.chained,
    merchantId: row.merchant_id,
    provider: row.provider,
    endToEndId: row.end_to_end_id,
    paymentLinkId: row.payment_link_id,
    paymentRequestId: row.payment_request_id,
    kind: row.kind,
    revision: row.revision,
    settledAt: row.settled,
    bookedAt: row.booked,
    evidence: row.evidence,
    exceptionId: row.exception_id,
    returnId: row.return_id,
    balanced: row.balanced,
    commandId: row.command_id,
    actor: row.actor,
    reason: row.reason,
    entries,
  };
}

async function compareHead(client: pg.ClientBase, merchantId: string, walk: ChainWalk): Promise<void> {
  const { rows } = await client.query<{ rows: string; hash: Buffer }>(
    'select rows, hash from merchant_head where merchant_id = $1',
    [merchantId],
  );
  const head = rows[0];
  if (head === undefined) return noteFault(walk, 'the merchant has no head row');
  if (head.rows !== String(walk.rows)) {
    noteFault(
      walk,
      `the head counts ${head.rows} rows, and the chain has ${walk.rows}: its end is missing, or was added to`,
    );
  } else if (!head.hash.equals(walk.computed)) {
    noteFault(walk, `the head after row ${walk.rows} has another hash than the chain`);
  }
}

/** What the walk along the chain cannot meet: facts that no row of it names. */
async function countAgain(client: pg.ClientBase, merchantId: string, walk: ChainWalk): Promise<void> {
  const { rows } = await client.query<{ chained: string; loose: string | null; orphan: string | null }>(
    `select (select count(*) from ledger_chain where merchant_id = $1) as chained,
            (select min(transaction_id) from ledger_transaction t where merchant_id = $1
              and not exists (select from ledger_chain c where c.merchant_id = $1
                and c.transaction_id = t.transaction_id)) as loose,
            (select min(transaction_id) from ledger_entry e where merchant_id = $1
              and not exists (select from ledger_transaction t where t.merchant_id = $1
                and t.transaction_id = e.transaction_id)) as orphan`,
    [merchantId],
  );
  const found = rows[0];
  if (found === undefined) return;
  if (found.chained !== String(walk.rows))
    noteFault(walk, `${found.chained} rows are in the chain, ${walk.rows} in order`);
  if (found.loose !== null)
    noteFault(walk, `transaction ${found.loose} is in the ledger, and no row of the chain names it`);
  if (found.orphan !== null) noteFault(walk, `an entry belongs to transaction ${found.orphan}, which is not there`);
}

function compareKept(walk: ChainWalk, kept: LedgerHead): void {
  if (walk.keptHash === kept.hash) return;
  noteFault(
    walk,
    walk.keptHash === undefined
      ? `the head kept outside counts ${kept.rows} rows, and the chain ends after ${walk.rows}: its end was cut off`
      : `up to row ${kept.rows} the chain is not the one whose head was kept outside`,
  );
}

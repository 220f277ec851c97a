/**
 * Looks at the bank, at Postgres and at the answers a client kept, and names every row that breaks a promise. It only
 * reads. It knows nothing of how Relink works: only what must be true of the records once everything is at rest.
 */
import { createHash } from 'node:crypto';
import {
  bankRecords,
  readRows,
  type BankRecords,
  type BankRequest,
  type KeptAnswer,
  type StoredRows,
} from './records.ts';

interface CheckerInput {
  readonly databaseUrl: string;
  readonly simulatorUrl: string;
  readonly merchantId: string;
  readonly answers: readonly KeptAnswer[];
}

/** One sentence for each broken promise; empty when all of them are kept. */
export async function findFaults(checked: CheckerInput): Promise<readonly string[]> {
  // The bank first: whatever it has by now, the rows must have caught up with before this answers "nothing".
  const bank = await bankRecords(checked.simulatorUrl);
  return judge(bank, await readRows(checked.databaseUrl, checked.merchantId), checked.answers);
}

export function judge(bank: BankRecords, rows: StoredRows, answers: readonly KeptAnswer[]): readonly string[] {
  return [
    ...ledgerFaults(bank, rows),
    ...returnFaults(bank, rows),
    ...chainFaults(rows),
    ...commandFaults(rows, answers),
    ...requestFaults(bank, rows),
    ...linkFaults(bank, rows),
    ...eventFaults(rows),
  ];
}

/** Every payment at the bank exactly once, on its own request, in full; nothing that the bank does not know. */
function ledgerFaults(bank: BankRecords, { transactions, notices }: StoredRows): readonly string[] {
  const faults: string[] = [];
  const paid = new Map(
    bank.paymentRequests.flatMap((request) =>
      request.payments.map((payment) => [payment.endToEndId, { request: request.id, payment }] as const),
    ),
  );
  for (const [endToEndId, { request, payment }] of paid) {
    const booked = transactions.filter(({ settles, end_to_end_id: id }) => settles && id === endToEndId);
    const name = `payment ${endToEndId} of request ${request}`;
    if (booked.length !== 1) faults.push(`${name} is booked ${booked.length} times`);
    for (const transaction of booked) {
      if (transaction.request !== request) faults.push(`${name} is booked to request ${transaction.request}`);
      const minor = payment.amount.value.replace('.', '').replace(/^0+(?=\d)/, '');
      if (transaction.received !== minor) faults.push(`${name} over ${minor} is booked as ${transaction.received}`);
    }
  }
  for (const { id, end_to_end_id: endToEndId, sums } of transactions) {
    if (!paid.has(endToEndId)) faults.push(`ledger transaction ${id}: the bank knows no payment ${endToEndId}`);
    if (sums.length === 0 || sums.some((sum) => sum !== '0')) faults.push(`ledger transaction ${id} does not balance`);
  }
  for (const { id, request } of notices) faults.push(`notice ${id} (settled, request ${request}) is not applied`);
  return faults;
}

/** Every return at the bank is one of ours, and what arrived at its payer has left the ledger once. */
function returnFaults(bank: BankRecords, { returns }: StoredRows): readonly string[] {
  const faults: string[] = [];
  const there = bank.paymentRequests.flatMap((request) => request.returns);
  for (const { id, status } of there) {
    const ours = returns.filter(({ at_provider: known }) => known === id);
    if (ours.length !== 1) faults.push(`return ${id} (${status}) at the bank is known ${ours.length} times`);
    for (const one of ours) {
      const wanted = status === 'COMPLETED' ? 'completed' : status === 'FAILED' ? 'failed' : 'pending';
      if (one.status !== wanted) faults.push(`return ${one.id} is ${one.status} here and ${status} at the bank`);
    }
  }
  for (const { id, status, amount, left } of returns) {
    if (left !== (status === 'completed' ? amount : '0'))
      faults.push(`return ${id} is ${status}, and ${left} has left`);
  }
  return faults;
}

function chainFaults({ chain, head, transactions }: StoredRows): readonly string[] {
  const faults: string[] = [];
  let hash = Buffer.alloc(0);
  for (const [index, row] of chain.entries()) {
    if (row.row !== String(index + 1)) faults.push(`chain row ${row.row} stands at place ${index + 1}`);
    hash = createHash('sha256').update(hash).update(Buffer.from(row.digest, 'hex')).digest();
    if (hash.toString('hex') !== row.hash) faults.push(`chain row ${row.row} does not follow from the one before`);
  }
  for (const { id } of transactions) {
    const links = chain.filter((row) => row.transaction === id).length;
    if (links !== 1) faults.push(`ledger transaction ${id} is ${links} times in the chain`);
  }
  if (head?.rows !== String(chain.length) || head.hash !== hash.toString('hex')) {
    faults.push(`the head (${head?.rows} rows) does not match the chain (${chain.length} rows)`);
  }
  return faults;
}

/** Accepted means durable, and ends: applied, or refused with its reason. */
function commandFaults(rows: StoredRows, answers: readonly KeptAnswer[]): readonly string[] {
  const faults: string[] = [];
  for (const { id, kind, outcome, queued } of rows.commands) {
    if (outcome === null && !queued) faults.push(`command ${id} (${kind}) has no outcome`);
    if (outcome?.is === 'refused' && outcome.because === undefined) faults.push(`command ${id} is refused, unsaid why`);
  }
  const things = [rows.requests, rows.links, rows.returns, rows.exceptions].flat();
  const known = new Set(things.map(({ id }) => id));
  for (const { call, key, status, body } of answers) {
    if (status < 200 || status > 299) continue;
    const { id } = body;
    if (typeof id === 'string' && !known.has(id)) faults.push(`${call} was answered ${status}, and ${id} is gone`);
    if (key === undefined) continue;
    const found = rows.commands.filter((command) => command.key === key).length;
    if (found !== 1) faults.push(`${call} was answered ${status}, and ${found} commands have its key ${key}`);
  }
  return faults;
}

/** What a request may be called here, for what it is at the bank. */
const AGREES: Readonly<Record<BankRequest['status'] | 'absent', readonly string[]>> = {
  ACTIVE: ['active'],
  PROCESSING: ['processing'],
  SETTLED: ['paid', 'underpaid'],
  EXPIRED: ['expired'],
  CANCELLED: ['cancelled', 'refused'],
  absent: ['refused'],
};

function requestFaults(bank: BankRecords, { requests, commands }: StoredRows): readonly string[] {
  const faults: string[] = [];
  const there = new Map(bank.paymentRequests.map((request) => [request.id, request]));
  const queued = new Set(commands.flatMap((each) => (each.queued && each.outcome === null ? [each.request] : [])));
  for (const { id, status, because, amount } of requests) {
    const found = there.get(id);
    const agreeing = AGREES[found?.status ?? 'absent'];
    if (!agreeing.includes(status) && !queued.has(id)) {
      faults.push(`request ${id} is ${status} here (${because}) and ${found?.status ?? 'absent'} at the bank`);
    }
    if (status === 'refused' && because === null) faults.push(`request ${id} is refused, and nothing says why`);
    const minor = found?.amount.value.replace('.', '').replace(/^0+(?=\d)/, '');
    if (status === 'active' && amount !== minor) faults.push(`request ${id} asks ${amount} here, ${minor} at the bank`);
  }
  const known = new Set(requests.map(({ id }) => id));
  for (const { id } of bank.paymentRequests) if (!known.has(id)) faults.push(`request ${id} is at the bank only`);
  return faults;
}

/** A code is free, or serves what is alive at the bank, or says why it does neither. */
function linkFaults(bank: BankRecords, { links }: StoredRows): readonly string[] {
  const faults: string[] = [];
  const alive = bank.paymentRequests.filter(({ status }) => status === 'ACTIVE' || status === 'PROCESSING');
  for (const link of links) {
    const served = alive.filter((request) => request.paymentLinkId === link.at_provider).map(({ id }) => id);
    const name = `link ${link.id} is ${link.status}`;
    if (served.length > 1)
      faults.push(`${name}: ${served.length} requests are alive on its code (${served.join(', ')})`);
    if (link.status === 'linked') {
      if (link.current === null || !served.includes(link.current)) {
        faults.push(`${name} to ${link.current}, and its code serves ${served.join(', ') || 'nothing'}`);
      }
    } else if (link.status === 'free' || link.status === 'retired') {
      if (served.length > 0) faults.push(`${name}, and its code still serves ${served.join(', ')}`);
      if (link.current !== null) faults.push(`${name}, and names ${link.current} as current`);
    } else if (link.because === null) {
      faults.push(`${name}, and nothing says why`);
    }
  }
  return faults;
}

const TELLS_PAID = ['payment_request.paid', 'payment_request.underpaid'];

function eventFaults({ events, head, requests }: StoredRows): readonly string[] {
  const faults: string[] = [];
  for (const [index, { position, name }] of events.entries()) {
    if (position !== String(index + 1)) faults.push(`event ${position} (${name}) stands at place ${index + 1}: a gap`);
  }
  if (head?.position !== String(events.length)) {
    faults.push(`the head says ${head?.position} events, and there are ${events.length}`);
  }
  for (const { id, status } of requests) {
    const told = events.filter(({ name, request }) => request === id && TELLS_PAID.includes(name)).length;
    const wanted = status === 'paid' || status === 'underpaid' ? 1 : 0;
    if (told !== wanted) faults.push(`request ${id} is ${status}, and ${told} events say that it was paid`);
    const linked = events.filter(({ name, request }) => request === id && name === 'payment_request.linked').length;
    if (linked > 1) faults.push(`request ${id} was told ${linked} times to be linked`);
  }
  return faults;
}

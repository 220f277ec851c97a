/**
 * `npm run bench:readings`: readings of many accounts through the API, from the upload to the last code that asks for
 * its amount at the bank. It says how many calls of the bank that took.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { accountLine } from './samples/bill-batches.ts';
import { onUtility, type UtilitySide } from './utility-side.ts';

const AN_UPLOAD = 10_000;
const say = (words: string): void => void process.stdout.write(`${words}\n`);

const { values } = parseArgs({ options: { accounts: { type: 'string', default: '2000' } } });
const accounts = Number(values.accounts);

async function upload({ apiUrl, key }: UtilitySide, value: string, sequence: number): Promise<void> {
  const readAt = new Date(Date.now() - 3_600_000 * (3 - sequence)).toISOString();
  const readings = Array.from({ length: accounts }, (_, index) => {
    const { meter } = accountLine(index);
    return { deviceId: `phone-${index % 10}-${meter}`, sequence, meterId: meter, value, readAt, kind: 'actual' };
  });
  for (let from = 0; from < readings.length; from += AN_UPLOAD) {
    const body = JSON.stringify({ readings: readings.slice(from, from + AN_UPLOAD) });
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const answer = await fetch(`${apiUrl}/v1/meter-readings`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
  }
}

/** Every account's newest bill is on its code, in the content that it has. */
async function untilAsked({ owner }: UtilitySide, revision: number): Promise<void> {
  for (;;) {
    const { rows } = await owner.query<{ count: string }>(
      `select count(*) from bill b join payment_request r on r.payment_request_id = b.bill_id
        where b.revision = $1 and r.revision = $1 and r.status = 'active' and r.amount_minor = b.total_minor`,
      [revision],
    );
    if (Number(rows[0]?.count) === accounts) return;
    await pause(100);
  }
}

async function bankCalls({ bankUrl }: UtilitySide): Promise<number> {
  const answer = await fetch(`${bankUrl}/control/calls`);
  const counts = (await answer.json()) as Readonly<Record<string, number>>;
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function round(side: UtilitySide, what: string, value: string, sequence: number): Promise<void> {
  const calls = await bankCalls(side);
  const began = performance.now();
  await upload(side, value, sequence);
  const stored = (performance.now() - began) / 1_000;
  await untilAsked(side, sequence - 1);
  const all = (performance.now() - began) / 1_000;
  const made = (await bankCalls(side)) - calls;
  say(
    `${what}: ${accounts} readings stored in ${stored.toFixed(1)} s, the last code asks for its amount after ${all.toFixed(1)} s ` +
      `(${(accounts / all).toFixed(0)} a second), ${made} calls of the bank`,
  );
}

await onUtility(async (side) => {
  say(`${accounts} accounts, Node ${process.versions.node}`);
  await side.print(Array.from({ length: accounts }, (_, index) => accountLine(index)));
  await round(side, 'first readings, new bills', '00150', 1);
  await round(side, 'second readings, charge updates', '00170', 2);
});

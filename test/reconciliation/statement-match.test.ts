/** A bank's statement against the ledger: every planted difference is found and named, once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../../db/reconciliation/reconciliations.ts';
import { explainedShare } from '../../domain/reconciliation/reconciliation-tally.ts';
import type { StatementLine } from '../../domain/reconciliation/statement.ts';
import { amountOf, requestIdOf, sampleEndToEndId } from '../../bench/samples/planted-day.ts';
import { MERCHANT, openDay, type OpenDay } from './open-day.ts';

const COUNT = 3_000;
const DAY = '2026-11-24';

function lineOf(n: number, change: Partial<StatementLine> = {}): StatementLine {
  const amount = { minorUnits: String(amountOf(n)), currency: 'BRL' } as const;
  return { line: n + 1, bookedOn: DAY, endToEndId: sampleEndToEndId(n), amount, ...change };
}

function without({ line, bookedOn, amount }: StatementLine): StatementLine {
  return { line, bookedOn, amount };
}

describe('a clean statement of 3,000 lines', () => {
  let day: OpenDay;
  beforeAll(async () => {
    day = await openDay(new Map(), COUNT);
  });
  afterAll(async () => {
    await day?.close();
  });

  it('is matched in full', async () => {
    const run = await day.match(Array.from({ length: COUNT }, (_, n) => lineOf(n)));
    expect(await day.findings(run.runId)).toEqual([]);
    expect(run.tally.counts).toMatchObject({ lines: COUNT, matched: COUNT, findings: 0 });
    expect(explainedShare(run.tally.money['BRL'] ?? { seen: '0', explained: '0' })).toBe('100.000');
  });

  it('is matched by amount and day where it has no ids and the match is unique', async () => {
    // All amounts of the day differ.
    const run = await day.match(Array.from({ length: COUNT }, (_, n) => without(lineOf(n))));
    expect(await day.findings(run.runId)).toEqual([]);
    expect(run.tally.counts).toMatchObject({ matched: COUNT });
  });

  it('that has one line only names every payment of its day that it lacks', async () => {
    const run = await day.match([lineOf(0)]);
    expect(run.tally.counts).toMatchObject({
      lines: 1,
      matched: 1,
      findings: COUNT - 1,
      'finding.missing-there': COUNT - 1,
    });
  });
});

describe('a statement with planted differences', () => {
  let day: OpenDay;
  let run: Run;
  const USD = { minorUnits: String(amountOf(500)), currency: 'USD' } as const;
  const changes: ReadonlyMap<number, StatementLine | undefined> = new Map<number, StatementLine | undefined>([
    [100, undefined],
    [200, lineOf(200, { endToEndId: 'E-of-somebody-else' })],
    [
      300,
      lineOf(300, {
        endToEndId: sampleEndToEndId(299),
        amount: { minorUnits: String(amountOf(299)), currency: 'BRL' },
      }),
    ],
    [400, lineOf(400, { amount: { minorUnits: String(amountOf(400) + 1), currency: 'BRL' } })],
    [500, lineOf(500, { amount: USD })],
    [600, lineOf(600, { bookedOn: '2026-11-25' })],
    [700, without(lineOf(700))],
    [800, without(lineOf(800))],
    [801, without(lineOf(801, { amount: { minorUnits: String(amountOf(800)), currency: 'BRL' } }))],
  ]);
  const debit = (line: number, endToEndId: string, minorUnits: string): StatementLine => ({
    line,
    bookedOn: DAY,
    endToEndId,
    amount: { minorUnits, currency: 'BRL' },
  });
  beforeAll(async () => {
    day = await openDay(new Map(), COUNT);
    await day.owner.query(
      `insert into money_return (return_id, merchant_id, provider, payment_request_id, end_to_end_id, currency,
                                 amount_minor, whole, origin, reason, actor, status, provider_return_id, completed_at)
       select id, $1, 'jpmorgan', $2, $3, 'BRL', 50, false, 'merchant', '', '', 'completed', 'D-' || id,
         '2026-11-24T15:00:00Z'
         from unnest(array['on-it', 'a-cent-off', 'not-on-it']) id`,
      [MERCHANT, requestIdOf(7), sampleEndToEndId(7)],
    );
    const lines = Array.from({ length: COUNT }, (_, n) => (changes.has(n) ? changes.get(n) : lineOf(n)));
    run = await day.match([
      ...lines.filter((line) => line !== undefined),
      debit(4_001, 'D-on-it', '-50'),
      debit(4_002, 'D-a-cent-off', '-51'),
      debit(4_003, 'D-nobody', '-99'),
    ]);
  });
  afterAll(async () => {
    await day?.close();
  });

  it('is found different where it is, and nowhere else', async () => {
    const found = await day.findings(run.runId);
    expect(found.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
      [
        `missing-there ${sampleEndToEndId(100)}`,
        'missing-here line 201',
        `missing-there ${sampleEndToEndId(200)}`,
        'doubled line 301',
        `missing-there ${sampleEndToEndId(300)}`,
        'amount-differs line 401',
        'currency-differs line 501',
        'date-differs line 601',
        'ambiguous line 801',
        'ambiguous line 802',
        `missing-there ${sampleEndToEndId(801)}`,
        'return-differs line 4002',
        'return-missing-here line 4003',
        'return-missing-there not-on-it',
      ].toSorted(),
    );
    for (const { sentence } of found) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
  });

  it('opens an exception only where a payment itself differs', async () => {
    expect(await day.exceptions()).toEqual([
      { kind: 'differs-at-provider', cause: sampleEndToEndId(400) },
      { kind: 'differs-at-provider', cause: sampleEndToEndId(500) },
    ]);
  });

  it('is explained but for what is open', () => {
    expect(run.tally.counts).toMatchObject({ lines: COUNT + 2, findings: 14 });
    expect(explainedShare(run.tally.money['BRL'] ?? { seen: '0', explained: '0' })).toMatch(/^99\.\d{3}$/);
    expect(explainedShare(run.tally.money['USD'] ?? { seen: '0', explained: '0' })).toBe('0.000');
  });
});

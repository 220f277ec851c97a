/** The bill of an account, from everything that is stored. */
import { describe, expect, it } from '@jest/globals';
import { aTariff, Billing, contentOf, told } from './bill-builders.ts';
import { aMeter, aReading, day, key } from './reading-builders.ts';

describe('a bill', () => {
  it('covers what was used since the meter came', () => {
    expect(told(new Billing().read(aReading(1, '00120', 10)).rate())).toBe('bill 20: 20 kWh × 1.00 = 20.00');
  });

  it('grows with each reading while nobody has paid it', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.read(aReading(2, '00150', 12));
    expect(told(life.rate())).toBe('bill 50: 50 kWh × 1.00 = 50.00');
    expect(life.bills).toHaveLength(1);
  });

  it('begins where the paid one ended', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.end('paid').read(aReading(2, '00150', 12));
    expect(told(life.rate())).toBe('bill 30: 30 kWh × 1.00 = 30.00');
  });

  it('is nothing while no register was read since the last one', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    expect(told(life.end('paid').rate())).toBe('nothing: no register was read since the last bill');
  });

  it.each(['cancelled', 'refused'] as const)('bills the usage of a %s one again', (ending) => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.end(ending).read(aReading(2, '00150', 12));
    expect(told(life.rate())).toBe('bill 50: 50 kWh × 1.00 = 50.00');
    expect(life.bills.at(-1)?.number).toBe(2);
  });

  it('carries what an expired one left unpaid, and takes it back when that is paid late', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.end('expired').read(aReading(2, '00150', 12));
    expect(told(life.rate())).toBe('bill 50: 30 kWh × 1.00 = 30.00; bill 1, not paid: 20.00');
    life.become(1, 'paid');
    expect(told(life.rate())).toBe('bill 30: 30 kWh × 1.00 = 30.00');
  });

  it('gives back what was carried to a paid one and then paid late as well', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.end('expired').read(aReading(2, '00150', 12));
    life.rate();
    life
      .end('paid')
      .become(1, 'paid')
      .read(aReading(3, '00190', 14));
    expect(told(life.rate())).toBe('bill 20: 40 kWh × 1.00 = 40.00; bill 1, paid meanwhile: -20.00');
  });

  it('leaves what was paid too little to its exception', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.end('underpaid').read(aReading(2, '00150', 12));
    expect(told(life.rate())).toBe('bill 30: 30 kWh × 1.00 = 30.00');
  });

  it('asks for what the provider had when it was paid, never for a change that came too late', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    const [paid] = life.bills;
    life.read(aReading(2, '00150', 12));
    const late = contentOf(life.next());
    if (paid !== undefined) life.bills = [{ ...paid, newest: late, revision: 1, request: 'paid' }];
    expect(told(life.rate())).toBe('bill 30: 30 kWh × 1.00 = 30.00');
  });
});

describe('a correction', () => {
  it('of a closed bill is a line on the next one, once', () => {
    const life = new Billing().read(aReading(1, '00150', 10));
    life.rate();
    life.end('paid').read(aReading(2, '00140', 10, { corrects: key(1) }));
    expect(life.rate().is).toBe('nothing');
    life.read(aReading(3, '00170', 12));
    expect(told(life.rate())).toBe('bill 20: 30 kWh × 1.00 = 30.00; correction of bill 1: 40.00 − 50.00 = -10.00');
    life.end('paid').read(aReading(4, '00180', 14));
    expect(told(life.rate())).toBe('bill 10: 10 kWh × 1.00 = 10.00');
  });

  it('that is itself corrected back is taken back', () => {
    const life = new Billing().read(aReading(1, '00150', 10));
    life.rate();
    life.end('paid').read(aReading(2, '00140', 10, { corrects: key(1) }), aReading(3, '00170', 12));
    life.rate();
    life.end('paid').read(aReading(4, '00150', 10, { corrects: key(2) }), aReading(5, '00180', 14));
    // Bill 2 had counted 30 from 140: from 150 it would have been 20, which its own correction says.
    expect(told(life.rate())).toBe(
      'bill 10: 10 kWh × 1.00 = 10.00; correction of bill 1 taken back; correction of bill 2: 20.00 − 30.00 = -10.00',
    );
  });

  it('that leaves less than nothing closes the bill without a payment, and the rest is carried on', () => {
    const life = new Billing().read(aReading(1, '00150', 10));
    life.rate();
    life.end('paid').read(aReading(2, '00110', 10, { corrects: key(1) }), aReading(3, '00120', 12));
    expect(told(life.rate())).toBe(
      'nothing-due -30: 10 kWh × 1.00 = 10.00; correction of bill 1: 10.00 − 50.00 = -40.00',
    );
    life.read(aReading(4, '00170', 14));
    expect(told(life.rate())).toBe('bill 20: 50 kWh × 1.00 = 50.00; in your favour from bill 2: -30.00');
  });

  it('that makes a closed bill run backwards is held for a person', () => {
    const life = new Billing().read(aReading(1, '00150', 10));
    life.rate();
    life.end('paid').read(aReading(2, '00090', 10, { corrects: key(1) }), aReading(3, '00170', 12));
    expect(life.rate()).toMatchObject({ is: 'hold', because: 'impossible-correction' });
  });
});

describe('a held bill', () => {
  const zero = () => new Billing().read(aReading(1, '00100', 10));

  it('is judged afresh by another reading', () => {
    const life = zero();
    expect(life.rate()).toMatchObject({ is: 'hold', because: 'zero' });
    expect(told(life.read(aReading(2, '00110', 12)).rate())).toBe('bill 10: 10 kWh × 1.00 = 10.00');
  });

  it('is billed once it is approved, and only for what was seen', () => {
    const life = new Billing({ tariffs: [aTariff({ fixed: { currency: 'BRL', minorUnits: '500' } })] });
    life.read(aReading(1, '00100', 10)).rate();
    life.decide('approve');
    expect(told(life.next())).toBe('bill 5: fixed charge = 5.00; 0 kWh × 1.00 = 0.00');
    life.read(aReading(2, '00099', 12));
    expect(life.next()).toMatchObject({ is: 'hold', because: 'negative' });
  });

  it('is never billed below zero, whoever approves it', () => {
    const life = new Billing().read(aReading(1, '00099', 10));
    expect(life.rate()).toMatchObject({ is: 'hold', because: 'negative' });
    expect(life.decide('approve').rate()).toMatchObject({ is: 'hold', because: 'negative' });
  });

  it('waits and asks nobody once it is to be read again', () => {
    const life = zero();
    life.rate();
    expect(life.decide('reread').rate()).toMatchObject({ is: 'hold', because: 'reread', waits: true });
    expect(told(life.read(aReading(2, '00130', 12)).rate())).toBe('bill 30: 30 kWh × 1.00 = 30.00');
  });

  it('waits where a conflict leaves no reading that counts', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.read(aReading(1, '00125', 10));
    expect(life.rate()).toMatchObject({ is: 'hold', because: 'nothing-read', waits: true });
    expect(life.bills.map(({ request }) => request)).toEqual(['cancelled', undefined]);
  });

  it('is held when the provider has refused this very bill, until somebody says so again or it changes', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.rate();
    life.end('refused', 'refused-by-provider');
    expect(life.rate()).toMatchObject({ is: 'hold', because: 'refused-by-provider' });
    expect(life.next()).toMatchObject({ is: 'hold', because: 'refused-by-provider' });
    expect(life.decide('approve').next().is).toBe('bill');
    life.decisions.length = 0;
    expect(told(life.read(aReading(2, '00130', 12)).next())).toBe('bill 30: 30 kWh × 1.00 = 30.00');
  });

  it('is held without a tariff for its day', () => {
    const life = new Billing({ tariffs: [aTariff({ effectiveFrom: '2026-11-11' })] }).read(aReading(1, '00120', 10));
    expect(life.rate()).toMatchObject({
      because: 'no-tariff',
      sentence: 'Tariff T has no version that holds on 2026-11-10.',
    });
    expect(life.read(aReading(2, '00130', 11)).rate().is).toBe('bill');
  });

  it('is held above the norm of the bills that ended, and at the third estimate in a row', () => {
    const life = new Billing();
    for (const [number, value] of ['00110', '00120', '00130'].entries()) {
      life.read(aReading(number + 1, value, number + 2)).rate();
      life.end('paid');
    }
    expect(life.read(aReading(4, '00161', 6)).next()).toMatchObject({ is: 'hold', because: 'above-the-norm' });
    const estimates = new Billing();
    for (const [number, value] of ['00110', '00120'].entries()) {
      estimates.read(aReading(number + 1, value, number + 2, { kind: 'estimated' })).rate();
      estimates.end('paid');
    }
    estimates.read(aReading(3, '00130', 6, { kind: 'estimated' }));
    expect(estimates.next()).toMatchObject({ is: 'hold', because: 'estimated-too-often' });
  });
});

describe('the version of a tariff', () => {
  it('is the one in force on the day of the last reading, by the merchant’s clock', () => {
    const tariffs = [aTariff(), aTariff({ version: 2, effectiveFrom: '2026-11-11' })];
    const lateEvening = aReading(1, '00120', 1, { readAt: '2026-11-11T01:30:00Z' });
    const inSaoPaulo = new Billing({ tariffs, timeZone: 'America/Sao_Paulo' }).read(lateEvening);
    expect(contentOf(inSaoPaulo.rate()).tariff.version).toBe(1);
    expect(contentOf(new Billing({ tariffs }).read(lateEvening).rate()).tariff.version).toBe(2);
  });
});

interface Due {
  readonly readAt: string;
  readonly now?: string;
  readonly timeZone?: string;
  readonly dueInDays?: number;
  readonly holidays?: readonly string[];
}

function dueDate({ readAt, now = readAt, timeZone = 'America/Sao_Paulo', dueInDays = 10, holidays = [] }: Due): string {
  const installed = { value: '00000', at: '2023-01-01T00:00:00Z' };
  const life = new Billing({
    timeZone,
    rules: { dueInDays },
    calendar: { weekend: [6, 0], holidays },
    meters: [aMeter({ installed })],
    tariffs: [aTariff({ effectiveFrom: '2020-01-01' })],
  });
  life.now = now;
  return contentOf(life.read(aReading(1, '00120', 1, { readAt })).rate()).dueDate;
}

describe('a due date', () => {
  it.each([
    ['moves over a weekend', { readAt: '2026-11-18T12:00:00Z' }, '2026-11-30'],
    ['moves over a holiday', { readAt: '2026-12-15T12:00:00Z', holidays: ['2026-12-25'] }, '2026-12-28'],
    ['counts from the merchant’s day, not from that of UTC', { readAt: '2026-11-17T02:30:00Z' }, '2026-11-26'],
    ['crosses the end of a month', { readAt: '2026-01-25T12:00:00Z' }, '2026-02-04'],
    ['knows a leap day', { readAt: '2028-02-19T12:00:00Z', now: '2028-02-19T12:00:00Z' }, '2028-02-29'],
    ['knows a year without one', { readAt: '2027-02-19T12:00:00Z' }, '2027-03-01'],
    [
      'is the same day on both sides of a clock that goes forward',
      { readAt: '2026-03-08T06:30:00Z', timeZone: 'America/New_York' },
      '2026-03-18',
    ],
    [
      'is the same day on both sides of a clock that goes back',
      { readAt: '2026-11-01T05:30:00Z', timeZone: 'America/New_York' },
      '2026-11-11',
    ],
    [
      'counts an hour that comes twice to its own day',
      { readAt: '2026-10-25T00:30:00Z', timeZone: 'Europe/Berlin', dueInDays: 2 },
      '2026-10-27',
    ],
    [
      'counts the last minute before midnight to the day that ends',
      { readAt: '2026-03-28T22:59:00Z', timeZone: 'Europe/Berlin', dueInDays: 2 },
      '2026-03-30',
    ],
    [
      'counts the first minute after midnight to the day that begins',
      { readAt: '2026-03-28T23:00:00Z', timeZone: 'Europe/Berlin', dueInDays: 2 },
      '2026-03-31',
    ],
    [
      'is never sooner than two days from now',
      { readAt: '2026-11-02T12:00:00Z', now: '2026-11-23T12:00:00Z' },
      '2026-11-25',
    ],
  ] as const)('%s', (_, due, wanted) => {
    expect(dueDate(due)).toBe(wanted);
  });

  it('stays when the same end is rated again on a later day', () => {
    const life = new Billing().read(aReading(1, '00120', 10));
    life.now = day(10);
    const first = contentOf(life.rate()).dueDate;
    life.now = day(29);
    expect(contentOf(life.read(aReading(2, '00110', 5)).rate()).dueDate).toBe(first);
    expect(contentOf(life.read(aReading(3, '00130', 28)).rate()).dueDate > first).toBe(true);
  });
});

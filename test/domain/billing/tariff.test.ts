/** Usage becomes an amount by lines that anybody can work out again, and by a version that the bill names. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimal, fromMoney, printDecimal, rounded, times } from '../../../domain/decimal.ts';
import { tariffFaults } from '../../../domain/billing/tariff-faults.ts';
import { add, fromJson, money, toDecimal, type MoneyJson } from '../../../domain/money.ts';
import { priceUsage, tariffOn, type Tariff } from '../../../domain/billing/tariff.ts';

const seed = 20260729;
const brl = (minorUnits: number): MoneyJson => ({ minorUnits: String(minorUnits), currency: 'BRL' });

function aTariff(differences: Partial<Tariff> = {}): Tariff {
  return {
    id: 'residential',
    version: 3,
    effectiveFrom: '2026-01-01',
    unit: 'kWh',
    currency: 'BRL',
    tiers: { mode: 'step', list: [{ price: '0.61' }] },
    taxes: [],
    rounding: { when: 'each line', rule: 'half-up' },
    ...differences,
  };
}

function billed(usage: string, differences: Partial<Tariff> = {}) {
  const { lines, total } = priceUsage(decimal(usage), aTariff(differences));
  return { lines: lines.map(({ text }) => text), total: toDecimal(fromJson(total)) };
}

const tiers = [{ upTo: '100', price: '0.50' }, { upTo: '200', price: '0.60' }, { price: '0.75' }];

describe('a rated usage', () => {
  it('says how its amount came about', () => {
    expect(billed('120')).toEqual({ lines: ['120 kWh × 0.61 = 73.20'], total: '73.20' });
  });

  it('names the tariff and the version it used', () => {
    expect(priceUsage(decimal('120'), aTariff())).toMatchObject({
      tariff: { id: 'residential', version: 3 },
      usage: '120',
    });
  });

  it('with a fixed charge, a minimum and taxes has a line for each', () => {
    const taxes = [
      { name: 'ICMS', rate: '18', base: 'energy' },
      { name: 'COSIP', rate: '2.5', base: 'all' },
    ] as const;
    expect(billed('20', { fixed: brl(500), minimum: brl(3000), taxes })).toEqual({
      lines: [
        'fixed charge = 5.00',
        '20 kWh × 0.61 = 12.20',
        'up to the minimum: 30.00 − 17.20 = 12.80',
        'ICMS, of the usage: 18 % of 12.20 = 2.196, rounded 2.20',
        'COSIP, of all: 2.5 % of 30.00 = 0.75',
      ],
      total: '32.95',
    });
  });

  it('above the minimum has no line about it', () => {
    expect(billed('120', { minimum: brl(3000) }).lines).toEqual(['120 kWh × 0.61 = 73.20']);
  });

  it('of nothing still says that it was measured', () => {
    for (const mode of ['step', 'inclusive'] as const) {
      expect(billed('0', { tiers: { mode, list: tiers } }).lines).toEqual(['0 kWh × 0.50 = 0.00']);
    }
  });

  it('below zero is a bug, because the hold comes first', () => {
    expect(() => billed('-1')).toThrow('below zero');
  });

  it('in yen has no decimals', () => {
    expect(billed('3.5', { currency: 'JPY' })).toEqual({ lines: ['3.5 kWh × 0.61 = 2.135, rounded 2'], total: '2' });
  });
});

describe('tiers', () => {
  it('of step price each part by its own tier', () => {
    expect(billed('250', { tiers: { mode: 'step', list: tiers } })).toEqual({
      lines: ['100 kWh × 0.50 = 50.00', '100 kWh × 0.60 = 60.00', '50 kWh × 0.75 = 37.50'],
      total: '147.50',
    });
  });

  it('inclusive price all by the tier that the whole falls into', () => {
    const inclusive = { mode: 'inclusive', list: tiers } as const;
    expect(billed('250', { tiers: inclusive })).toEqual({ lines: ['250 kWh × 0.75 = 187.50'], total: '187.50' });
    expect(billed('100', { tiers: inclusive }).lines).toEqual(['100 kWh × 0.50 = 50.00']);
    expect(billed('100.001', { tiers: inclusive }).lines).toEqual(['100.001 kWh × 0.60 = 60.0006, rounded 60.00']);
  });

  it('of step never make more usage cost less', () => {
    const usage = fc.integer({ min: 0, max: 100_000 }).map((thousandths) => decimal(String(thousandths)));
    const tariff = aTariff({ tiers: { mode: 'step', list: tiers } });
    const total = (quantity: ReturnType<typeof decimal>) => BigInt(priceUsage(quantity, tariff).total.minorUnits);
    fc.assert(
      fc.property(usage, usage, (one, other) => {
        const [less, more] = one.units < other.units ? [one, other] : [other, one];
        expect(total(less) <= total(more)).toBe(true);
      }),
      { seed },
    );
  });
});

describe('rounding', () => {
  const third = { tiers: { mode: 'step', list: [{ upTo: '1', price: '0.333' }, { price: '0.333' }] } } as const;

  it('of each line adds up rounded lines', () => {
    expect(billed('2', third)).toEqual({
      lines: ['1 kWh × 0.333 = 0.333, rounded 0.33', '1 kWh × 0.333 = 0.333, rounded 0.33'],
      total: '0.66',
    });
  });

  it('of the total says what that changed, in a line of its own', () => {
    expect(billed('2', { ...third, rounding: { when: 'total', rule: 'half-up' } })).toEqual({
      lines: [
        '1 kWh × 0.333 = 0.333, rounded 0.33',
        '1 kWh × 0.333 = 0.333, rounded 0.33',
        'all lines before rounding: 0.666, rounded 0.67',
      ],
      total: '0.67',
    });
  });

  it('decides what a tax is taken of', () => {
    const taxes = [{ name: 'ICMS', rate: '50', base: 'energy' }] as const;
    const once = { taxes, tiers: { mode: 'step', list: [{ price: '0.333' }] } } as const;
    expect(billed('1', once).lines).toContain('ICMS, of the usage: 50 % of 0.33 = 0.165, rounded 0.17');
    const total = { when: 'total', rule: 'half-up' } as const;
    expect(billed('1', { ...once, rounding: total }).lines).toContain(
      'ICMS, of the usage: 50 % of 0.333 = 0.1665, rounded 0.17',
    );
  });

  const anyTariff = fc.record({
    mode: fc.constantFrom('step', 'inclusive'),
    prices: fc.array(fc.integer({ min: 0, max: 999_999 }), { minLength: 1, maxLength: 4 }),
    fixed: fc.option(fc.integer({ min: 0, max: 9_999 })),
    minimum: fc.option(fc.integer({ min: 0, max: 99_999 })),
    taxes: fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.constantFrom('energy', 'all')), { maxLength: 3 }),
    when: fc.constantFrom('each line', 'total'),
    rule: fc.constantFrom('half-up', 'half-even', 'down'),
  });

  it('leaves a total that is exactly the sum of its lines, and lines that can be worked out again', () => {
    fc.assert(
      fc.property(anyTariff, fc.integer({ min: 0, max: 9_999_999 }), (made, thousandths) => {
        const tariff = aTariff({
          tiers: {
            mode: made.mode,
            list: made.prices.map((price, index) => ({
              price: printDecimal({ units: BigInt(price), scale: 5 }),
              ...(index < made.prices.length - 1 && { upTo: String((index + 1) * 1_000) }),
            })),
          },
          ...(made.fixed !== null && { fixed: brl(made.fixed) }),
          ...(made.minimum !== null && { minimum: brl(made.minimum) }),
          taxes: made.taxes.map(([rateHundredths, base], index) => ({
            name: `tax ${index}`,
            rate: printDecimal({ units: BigInt(rateHundredths), scale: 2 }),
            base,
          })),
          rounding: { when: made.when, rule: made.rule },
        });
        expect(tariffFaults(tariff)).toEqual([]);
        const { lines, total } = priceUsage({ units: BigInt(thousandths), scale: 3 }, tariff);
        const sum = lines.reduce((so, { amount }) => add(so, fromJson(amount)), money(0n, 'BRL'));
        expect(sum).toEqual(fromJson(total));
        for (const { text, amount } of lines) workOutAgain(text, amount, made.rule);
      }),
      { seed, numRuns: 300 },
    );
  });

  /** "a × b = c" and "a % of b = c", as the payer has it on paper. */
  function workOutAgain(text: string, amount: MoneyJson, rule: Tariff['rounding']['rule']): void {
    const product = /([\d.]+) kWh × ([\d.]+) = /.exec(text);
    const share = /: ([\d.]+) % of ([\d.]+) = /.exec(text);
    const [, left, right] = product ?? share ?? [];
    if (left === undefined || right === undefined) return;
    const exact = times(times(decimal(left), decimal(right)), decimal(product ? '1' : '0.01'));
    expect(rounded(exact, 2, rule)).toEqual(fromMoney(fromJson(amount)));
  }
});

describe('the version of a tariff', () => {
  const versions = [
    aTariff({ version: 3, effectiveFrom: '2026-07-01' }),
    aTariff({ version: 1, effectiveFrom: '2026-01-01' }),
    aTariff({ version: 2, effectiveFrom: '2026-07-01' }),
  ];

  it.each([
    ['2025-12-31', undefined],
    ['2026-01-01', 1],
    ['2026-06-30', 1],
    ['2026-07-01', 3],
    ['2030-01-01', 3],
  ])('on %s is %s', (day, version) => {
    expect(tariffOn(versions, day)?.version).toBe(version);
  });
});

describe('a tariff that cannot be used', () => {
  it.each<[string, Partial<Tariff>, readonly string[]]>([
    ['begins on no day', { effectiveFrom: '2026-02-30' }, ['effectiveFrom']],
    ['has no tiers', { tiers: { mode: 'step', list: [] } }, ['tiers.list']],
    ['ends', { tiers: { mode: 'step', list: [{ upTo: '5', price: '1' }] } }, ['tiers.list[0].upTo']],
    [
      'has two endless tiers',
      { tiers: { mode: 'step', list: [{ price: '1' }, { price: '2' }] } },
      ['tiers.list[0].upTo'],
    ],
    [
      'goes down',
      { tiers: { mode: 'step', list: [{ upTo: '5', price: '1' }, { upTo: '5', price: '1' }, { price: '1' }] } },
      ['tiers.list[1].upTo'],
    ],
    ['pays the customer', { tiers: { mode: 'step', list: [{ price: '-1' }] } }, ['tiers.list[0].price']],
    ['mixes currencies', { fixed: { minorUnits: '1', currency: 'USD' } }, ['fixed']],
    ['asks for less than nothing', { minimum: brl(-1) }, ['minimum']],
    ['has a tax without a number', { taxes: [{ name: 'ICMS', rate: '18%', base: 'all' }] }, ['taxes[0].rate']],
    ['has two faults', { version: 0, unit: ' ' }, ['version', 'unit']],
  ])('because it %s is told where', (_, differences, fields) => {
    expect(tariffFaults(aTariff(differences)).map(({ field }) => field)).toEqual(fields);
  });
});

/** Quantities and prices are exact until a rule, by name, gives up digits. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compareDecimals,
  decimal,
  fromMoney,
  minus,
  percentOf,
  plus,
  printDecimal,
  readDecimal,
  rounded,
  times,
  toMoney,
  type Decimal,
} from '../../domain/decimal.ts';
import { currencies, money } from '../../domain/money.ts';

const seed = 20260729;
const aDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.integer({ min: 0, max: 8 }))
  .map(([units, scale]) => decimal(asText(units, scale)));

function asText(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return units < 0n ? `-${text}` : text;
}

describe('reading a decimal number', () => {
  it.each(['1e3', '+1', '.5', '5.', '01', ' 1', '1 ', '1,5', '', '-', '--1', '1.2.3', 'NaN', '١', '1\n', '0x1'])(
    'refuses %j',
    (text) => expect(readDecimal(text)).toBeUndefined(),
  );

  it('refuses a text that is too long to be a quantity', () => {
    expect(readDecimal('9'.repeat(30))).toBeDefined();
    expect(readDecimal('9'.repeat(31))).toBeUndefined();
  });

  it('takes one number for one object, however many zeros it is written with', () => {
    expect(readDecimal('0.610')).toEqual(readDecimal('0.61'));
    expect(readDecimal('120.00')).toEqual(readDecimal('120'));
    expect(readDecimal('-0')).toEqual(readDecimal('0.000'));
  });

  it('throws on a text that the edge should have refused', () => {
    expect(() => decimal('1,5')).toThrow('not a decimal number');
  });

  it('reads what it prints', () => {
    fc.assert(
      fc.property(aDecimal, (number) => expect(readDecimal(printDecimal(number))).toEqual(number)),
      { seed },
    );
  });
});

describe('counting', () => {
  it('is exact where floats are not', () => {
    expect(printDecimal(plus(decimal('0.1'), decimal('0.2')))).toBe('0.3');
    expect(printDecimal(times(decimal('120'), decimal('0.61')))).toBe('73.2');
    expect(printDecimal(percentOf(decimal('18'), decimal('73.20')))).toBe('13.176');
  });

  it('takes back what it added, and distributes', () => {
    fc.assert(
      fc.property(aDecimal, aDecimal, aDecimal, (a, b, c) => {
        expect(minus(plus(a, b), b)).toEqual(a);
        expect(times(a, plus(b, c))).toEqual(plus(times(a, b), times(a, c)));
        expect(Math.sign(compareDecimals(a, b))).toBe(-Math.sign(compareDecimals(b, a)) + 0);
      }),
      { seed },
    );
  });
});

describe('rounding to the digits of a currency', () => {
  it.each([
    ['2.345', '2.35', '2.34', '2.34'],
    ['2.355', '2.36', '2.36', '2.35'],
    ['2.3451', '2.35', '2.35', '2.34'],
    ['2.3449', '2.34', '2.34', '2.34'],
    ['-2.345', '-2.35', '-2.34', '-2.34'],
    ['-2.355', '-2.36', '-2.36', '-2.35'],
    ['0.005', '0.01', '0', '0'],
    ['2.3', '2.3', '2.3', '2.3'],
  ])('%s is %s half up, %s half even and %s down', (text, up, even, down) => {
    const number = decimal(text);
    expect(printDecimal(rounded(number, 2, 'half-up'))).toBe(up);
    expect(printDecimal(rounded(number, 2, 'half-even'))).toBe(even);
    expect(printDecimal(rounded(number, 2, 'down'))).toBe(down);
  });

  it('knows how many digits a currency has', () => {
    expect(toMoney(decimal('2.5'), 'JPY', 'half-up')).toEqual(money(3n, 'JPY'));
    expect(toMoney(decimal('2.5'), 'BRL', 'half-up')).toEqual(money(250n, 'BRL'));
    expect(toMoney(decimal('2.0005'), 'KWD', 'half-up')).toEqual(money(2001n, 'KWD'));
  });

  it('never moves an amount by a whole minor unit, and leaves money as it is', () => {
    const rule = fc.constantFrom('half-up', 'half-even', 'down');
    fc.assert(
      fc.property(aDecimal, fc.constantFrom(...currencies), rule, (number, currency, rounding) => {
        const amount = toMoney(number, currency, rounding);
        expect(toMoney(fromMoney(amount), currency, rounding)).toEqual(amount);
        const unit = fromMoney(money(1n, currency));
        const off = absolute(minus(number, fromMoney(amount)));
        expect(compareDecimals(rounding === 'down' ? off : times(off, decimal('2')), unit)).toBeLessThanOrEqual(
          rounding === 'down' ? -1 : 0,
        );
      }),
      { seed },
    );
  });
});

function absolute(number: Decimal): Decimal {
  return number.units < 0n ? { ...number, units: -number.units } : number;
}

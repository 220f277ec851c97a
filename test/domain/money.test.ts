import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  add,
  compare,
  currencies,
  fromJson,
  isCurrency,
  money,
  negate,
  parseDecimal,
  subtract,
  toDecimal,
  toJson,
  toSentence,
  toText,
} from '../../domain/money.ts';

const seed = 20260728;
const currency = fc.constantFrom(...currencies);
const minorUnits = fc.bigInt({ min: 0n, max: 10n ** 15n });

describe('reading an amount', () => {
  it.each([
    '1.005',
    '1e3',
    '+1.00',
    '01.00',
    '-1.00',
    ' 1.00',
    '1.00 ',
    '1,00',
    '1.0',
    '1.',
    '.10',
    '1',
    '',
    '1.00\n',
    '١.٠٠',
    '0x1.00',
    'NaN',
    '1_0.00',
  ])('refuses %j for a currency of two digits', (text) => {
    expect(parseDecimal(text, 'BRL')).toBeUndefined();
  });

  it('reads exactly the digits of each currency', () => {
    expect(parseDecimal('24.90', 'BRL')).toEqual(money(2490n, 'BRL'));
    expect(parseDecimal('0.01', 'BRL')).toEqual(money(1n, 'BRL'));
    expect(parseDecimal('24', 'JPY')).toEqual(money(24n, 'JPY'));
    expect(parseDecimal('24.90', 'JPY')).toBeUndefined();
    expect(parseDecimal('24.905', 'KWD')).toEqual(money(24905n, 'KWD'));
    expect(parseDecimal('24.90', 'KWD')).toBeUndefined();
  });

  it('refuses more than a row can hold and add up', () => {
    expect(parseDecimal('10000000000000.00', 'BRL')).toEqual(money(10n ** 15n, 'BRL'));
    expect(parseDecimal('10000000000000.01', 'BRL')).toBeUndefined();
    expect(parseDecimal(`${'9'.repeat(100_000)}.00`, 'BRL')).toBeUndefined();
  });

  it('gives back every amount that was written', () => {
    fc.assert(
      fc.property(minorUnits, currency, (units, code) => {
        const amount = money(units, code);
        expect(parseDecimal(toDecimal(amount), code)).toEqual(amount);
      }),
      { seed },
    );
  });

  it('accepts no second spelling of an amount', () => {
    const spelling = fc.string({ unit: fc.constantFrom(...Array.from('0123456789.,-+ e')), maxLength: 8 });
    fc.assert(
      fc.property(spelling, currency, (text, code) => {
        const amount = parseDecimal(text, code);
        expect(amount === undefined ? text : toDecimal(amount)).toBe(text);
      }),
      { seed, numRuns: 5000 },
    );
  });
});

describe('writing an amount', () => {
  it('pads with zeros and keeps the sign', () => {
    expect(toDecimal(money(5n, 'BRL'))).toBe('0.05');
    expect(toDecimal(money(-5n, 'BRL'))).toBe('-0.05');
    expect(toDecimal(money(-2490n, 'BRL'))).toBe('-24.90');
    expect(toDecimal(money(7n, 'JPY'))).toBe('7');
    expect(toDecimal(money(7n, 'KWD'))).toBe('0.007');
  });

  it('has one form for people and one for JSON', () => {
    const amount = money(2490n, 'BRL');
    expect(toText(amount)).toEqual({ currency: 'BRL', value: '24.90' });
    expect(toSentence(amount)).toBe('BRL 24.90');
    expect(toJson(amount)).toEqual({ minorUnits: '2490', currency: 'BRL' });
  });

  it('survives JSON, whatever the sign', () => {
    fc.assert(
      fc.property(minorUnits, currency, fc.boolean(), (units, code, owed) => {
        const amount = money(owed ? -units : units, code);
        expect(fromJson(toJson(amount))).toEqual(amount);
      }),
      { seed },
    );
  });

  it.each(['24.90', '', ' 1', '1e3', '+1'])('throws on minor units that it did not write: %j', (text) => {
    expect(() => fromJson({ minorUnits: text, currency: 'BRL' })).toThrow('not minor units');
  });
});

describe('reckoning', () => {
  it('adds, subtracts and compares within one currency', () => {
    fc.assert(
      fc.property(minorUnits, minorUnits, currency, (left, right, code) => {
        const [one, other] = [money(left, code), money(right, code)];
        expect(subtract(add(one, other), other)).toEqual(one);
        expect(add(one, negate(one))).toEqual(money(0n, code));
        expect(compare(add(one, money(1n, code)), one)).toBe(1);
        expect(compare(one, add(one, money(1n, code)))).toBe(-1);
        expect(compare(one, money(left, code))).toBe(0);
      }),
      { seed },
    );
  });

  it.each([add, subtract, compare])('throws on two currencies: %p', (reckon) => {
    expect(() => reckon(money(1n, 'BRL'), money(1n, 'USD'))).toThrow('BRL and USD do not add up');
  });

  it('knows its currencies and no inherited names', () => {
    expect(isCurrency('BRL')).toBe(true);
    for (const text of ['brl', 'XXX', '', 'toString', '__proto__']) expect(isCurrency(text)).toBe(false);
  });
});

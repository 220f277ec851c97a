/**
 * Messages come from anyone who can reach Temporal: read leniently where something is left out, never guessed at, never
 * thrown.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isCalendarDay } from '../../../domain/calendar.ts';
import { refusalSentence } from '../../../domain/message-fields.ts';
import type { LinkKind } from '../../../domain/money/charge.ts';
import { parseChange, parseCharge } from '../../../domain/money/charge-messages.ts';
import { parseNotice, parseOrder, type OrderName, type Parsed } from '../../../domain/links/link-messages.ts';

const seed = 20260728;
const fresh = { commandId: () => 'fresh-command', requestId: () => 'a'.repeat(32) };
const names: readonly OrderName[] = [
  'open',
  'link',
  'updateCharge',
  'unlink',
  'retire',
  'resolve',
  'reconcileNow',
  'annotate',
];
const amount = { currency: 'BRL', value: '24.90' };
const id = '0123456789abcdef0123456789abcdef';

function parse(name: OrderName, message: unknown, kind: LinkKind = 'till'): Parsed<unknown> {
  return parseOrder(name, message, kind, fresh);
}

function valueOf(parsed: Parsed<unknown>): unknown {
  return parsed.ok ? parsed.value : refusalSentence(parsed);
}

function refusalOf(parsed: Parsed<unknown>): string {
  return parsed.ok ? `accepted: ${JSON.stringify(parsed.value)}` : refusalSentence(parsed);
}

describe('a link message', () => {
  it('with nothing but an amount is a sale of fifteen minutes', () => {
    expect(valueOf(parse('link', { charge: { amount } }))).toEqual({
      is: 'link',
      commandId: 'fresh-command',
      requestId: 'a'.repeat(32),
      amount: 'BRL 24.90',
      onBusy: 'reject',
      charge: {
        amount: { minorUnits: '2490', currency: 'BRL' },
        reference: 'a'.repeat(32),
        expiry: { is: 'within', seconds: 900 },
      },
    });
  });

  it('with everything is taken as it is', () => {
    const message = {
      commandId: 'c-1',
      number: 7,
      requestId: id,
      charge: { amount, reference: 'cart 1', description: 'café', expiresIn: 60 },
      onBusy: 'queue',
      notAfter: '2026-07-28T12:00:00.250-03:00',
      actor: 'pos-1',
      unknown: 'ignored',
    };
    expect(valueOf(parse('link', message))).toEqual({
      is: 'link',
      commandId: 'c-1',
      number: 7,
      requestId: id,
      amount: 'BRL 24.90',
      onBusy: 'queue',
      notAfter: Date.parse('2026-07-28T15:00:00.250Z'),
      actor: 'pos-1',
      charge: {
        amount: { minorUnits: '2490', currency: 'BRL' },
        reference: 'cart 1',
        description: 'café',
        expiry: { is: 'within', seconds: 60 },
      },
    });
  });

  it('on a bill needs a day, which may have days of grace', () => {
    expect(refusalOf(parse('link', { charge: { amount } }, 'bill'))).toMatch(/^charge\.dueDate/);
    const charge = { amount, dueDate: '2028-02-29', graceDays: 3 };
    expect(valueOf(parse('link', { charge }, 'bill'))).toMatchObject({
      charge: { expiry: { is: 'due', date: '2028-02-29', graceDays: 3 } },
    });
  });

  it.each<readonly [string, LinkKind, object, RegExp]>([
    ['a day on a till', 'till', { dueDate: '2026-08-10' }, /^charge\.dueDate/],
    ['grace on a till', 'till', { graceDays: 1 }, /^charge\.dueDate/],
    ['seconds on a bill', 'bill', { expiresIn: 60 }, /^charge\.expiresIn/],
    ['no seconds at all', 'till', { expiresIn: 0 }, /^charge\.expiresIn/],
    ['half a second', 'till', { expiresIn: 0.5 }, /^charge\.expiresIn/],
    ['seconds in words', 'till', { expiresIn: '60' }, /^charge\.expiresIn/],
    ['too many seconds', 'till', { expiresIn: 1_000_000 }, /^charge\.expiresIn/],
    ['a day that does not exist', 'bill', { dueDate: '2026-02-29' }, /^charge\.dueDate/],
    ['a day with a time', 'bill', { dueDate: '2026-08-10T00:00:00Z' }, /^charge\.dueDate/],
    ['grace without a day', 'bill', { graceDays: 3 }, /^charge\.dueDate/],
    ['negative grace', 'bill', { dueDate: '2026-08-10', graceDays: -1 }, /^charge\.graceDays/],
  ])('with %s is refused', (_, kind, more, because) => {
    expect(refusalOf(parse('link', { charge: { amount, ...more } }, kind))).toMatch(because);
  });

  it.each<readonly [string, unknown]>([
    ['a number', 24.9],
    ['a float in words', { currency: 'BRL', value: '24.9' }],
    ['a number as value', { currency: 'BRL', value: 24.9 }],
    ['an exponent', { currency: 'BRL', value: '1e3' }],
    ['zero', { currency: 'BRL', value: '0.00' }],
    ['less than zero', { currency: 'BRL', value: '-1.00' }],
    ['an unknown currency', { currency: 'XXX', value: '1.00' }],
    ['a currency in lower case', { currency: 'brl', value: '1.00' }],
    ['the name of a method', { currency: 'constructor', value: '1.00' }],
    ['no currency', { value: '1.00' }],
    ['nothing', null],
  ])('with %s for an amount is refused', (_, wrong) => {
    expect(refusalOf(parse('link', { charge: { amount: wrong } }))).toMatch(/^charge\.amount/);
  });

  it.each<readonly [string, object, RegExp]>([
    ['a short request id', { requestId: 'abc' }, /^requestId/],
    ['an upper-case request id', { requestId: id.toUpperCase() }, /^requestId/],
    ['an object as request id', { requestId: {} }, /^requestId/],
    ['an empty command id', { commandId: '' }, /^commandId/],
    ['a command id with a slash', { commandId: 'a/b' }, /^commandId/],
    ['an endless command id', { commandId: 'a'.repeat(101) }, /^commandId/],
    ['number zero', { number: 0 }, /^number/],
    ['half a number', { number: 1.5 }, /^number/],
    ['a number past counting', { number: 2 ** 53 }, /^number/],
    ['an unknown onBusy', { onBusy: 'wait' }, /^onBusy/],
    ['a deadline in seconds', { notAfter: 30 }, /^notAfter/],
    ['a deadline without a zone', { notAfter: '2026-07-28T12:00:00' }, /^notAfter/],
    ['a deadline that only Date would read', { notAfter: 'May 1' }, /^notAfter/],
    ['a deadline on no day', { notAfter: '2026-13-01T00:00:00Z' }, /^notAfter/],
  ])('with %s is refused', (_, more, because) => {
    expect(refusalOf(parse('link', { charge: { amount }, ...more }))).toMatch(because);
  });
});

describe('words', () => {
  const words = (reference: unknown) => refusalOf(parseCharge({ amount, reference }, 'till', id));

  it('have at most 140 characters, whichever they are', () => {
    expect(words('é'.repeat(140))).toMatch(/accepted/);
    expect(words('a😀漢')).toMatch(/accepted/);
    expect(words('a'.repeat(141))).toMatch(/^charge\.reference/);
    expect(words('')).toMatch(/^charge\.reference/);
  });

  it.each([
    ['half a surrogate pair', 'a\ud83d'],
    ['the other half', '\ude00a'],
    ['the halves the wrong way round', '\ude00\ud83d'],
    ['NUL', 'a\0b'],
  ])('with %s are refused, because Postgres would not keep them', (_, wrong) => {
    expect(words(wrong)).toMatch(/^charge\.reference/);
    expect(refusalOf(parseCharge({ amount, description: wrong }, 'till', id))).toMatch(/^charge\.description/);
    expect(refusalOf(parse('retire', { reason: wrong }))).toMatch(/^reason/);
  });

  it('that describe nothing are left out of a new charge, and empty an old one', () => {
    expect(valueOf(parseCharge({ amount, description: '' }, 'till', id))).not.toHaveProperty('description');
    expect(valueOf(parseChange({ description: '' }, 'till'))).toEqual({ description: '' });
  });
});

describe('a charge update message', () => {
  it('carries only what it changes', () => {
    const message = { requestId: id, charge: { expiresIn: 60 }, expectedRevision: 0 };
    expect(valueOf(parse('updateCharge', message))).toEqual({
      is: 'updateCharge',
      commandId: 'fresh-command',
      requestId: id,
      expectedRevision: 0,
      change: { expiry: { is: 'within', seconds: 60 } },
    });
    expect(valueOf(parse('updateCharge', { requestId: id, charge: { amount } }))).toMatchObject({
      amount: 'BRL 24.90',
    });
  });

  it.each<readonly [string, object, RegExp]>([
    ['no request', { charge: { amount } }, /^requestId/],
    ['no charge', { requestId: id }, /^charge/],
    ['nothing to change', { requestId: id, charge: {} }, /^charge: nothing/],
    ['a revision below zero', { requestId: id, charge: { amount }, expectedRevision: -1 }, /^expectedRevision/],
    ['a revision in words', { requestId: id, charge: { amount }, expectedRevision: '1' }, /^expectedRevision/],
  ])('with %s is refused', (_, message, because) => {
    expect(refusalOf(parse('updateCharge', message))).toMatch(because);
  });
});

describe('the other orders', () => {
  it.each(['open', 'unlink', 'retire', 'resolve', 'reconcileNow', 'annotate'] as const)(
    '%s needs nothing at all',
    (name) => {
      for (const nothing of [undefined, null, {}]) {
        expect(valueOf(parse(name, nothing))).toEqual({ is: name, commandId: 'fresh-command' });
      }
    },
  );

  it('name the operator as their actor', () => {
    const message = { operator: 'ana', reason: 'printer was changed', commandId: 'c' };
    const order = { is: 'resolve', commandId: 'c', actor: 'ana', reason: 'printer was changed' };
    expect(valueOf(parse('resolve', message))).toEqual(order);
  });

  it('unlink what they name', () => {
    expect(valueOf(parse('unlink', { requestId: id }))).toMatchObject({ requestId: id });
    expect(refusalOf(parse('unlink', { requestId: 'whatever' }))).toMatch(/^requestId/);
  });
});

describe('a notice', () => {
  it('names a request that can be ours, or none', () => {
    for (const nothing of [undefined, null, {}, { because: 'notice 7' }])
      expect(parseNotice(nothing)).toEqual({ ok: true, value: {} });
    expect(parseNotice({ requestId: id, because: 7 })).toEqual({ ok: true, value: { requestId: id } });
    for (const wrong of [{ requestId: 7 }, { requestId: null }, { requestId: `${id}0` }]) {
      expect(refusalOf(parseNotice(wrong))).toMatch(/^requestId/);
    }
    for (const wrong of ['paid', 7, true, []]) expect(refusalOf(parseNotice(wrong))).toMatch(/object/);
  });
});

describe('garbage', () => {
  const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withSparseArray: true });
  const field = fc.constantFrom('charge', 'requestId', 'commandId', 'number', 'onBusy', 'notAfter', 'reason', 'actor');
  const nearly = fc
    .tuple(
      fc.dictionary(field, anything),
      fc.dictionary(fc.constantFrom('amount', 'expiresIn', 'dueDate', 'reference'), anything),
    )
    .map(([message, charge]) => ({ requestId: id, charge: { amount, ...charge }, ...message }));

  it('of every type is refused with a sentence, or is an order whose every field is what it says', () => {
    fc.assert(
      fc.property(
        fc.oneof(anything, nearly),
        fc.constantFrom(...names),
        fc.constantFrom('till', 'bill'),
        (message, name, kind) => {
          const parsed = parseOrder(name, message, kind, fresh);
          const said = parsed.ok ? parsed.value : refusalSentence(parsed);
          expect(JSON.parse(JSON.stringify(said))).toEqual(said);
          expect(parsed.ok ? parsed.value.is : name).toBe(name);
          expect(JSON.stringify(said).length).toBeLessThan(2_000);
          expect(refusalOf(parseNotice(message)).length).toBeGreaterThan(5);
        },
      ),
      { seed, numRuns: 2_000 },
    );
  });
});

describe('a calendar day', () => {
  it('exists', () => {
    const days = ['2026-02-28', '2028-02-29', '2026-02-29', '2026-04-31', '2026-1-01', '26-01-01', '2026-00-10', ''];
    expect(days.map(isCalendarDay)).toEqual([true, true, false, false, false, false, false, false]);
  });
});

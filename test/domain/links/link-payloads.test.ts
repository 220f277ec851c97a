/**
 * A command row keeps an order as the message that it would have been sent as: reading it back gives the same order.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Charge, Expiry, LinkKind } from '../../../domain/money/charge.ts';
import { chargeMessage } from '../../../domain/money/charge-messages.ts';
import { payloadOf } from '../../../domain/links/link-payloads.ts';
import { parseOrder } from '../../../domain/links/link-messages.ts';
import type { Order } from '../../../domain/links/link-state.ts';
import { refusalSentence } from '../../../domain/message-fields.ts';
import { currencies, fromJson, toSentence } from '../../../domain/money.ts';
import { present } from '../../../domain/present.ts';
import { link, operator, unlink, update } from './link-builders.ts';
import { DUE_DATE, someTerms } from '../money/terms-builders.ts';

const seed = 20260728;

function never(): string {
  throw new Error('an id was made for an order that had one');
}

function readBack(order: Order, kind: LinkKind): unknown {
  const parsed = parseOrder(order.is, payloadOf(order), kind, { commandId: never, requestId: never });
  return parsed.ok ? parsed.value : refusalSentence(parsed);
}

const amount = fc.record({
  minorUnits: fc.bigInt({ min: 1n, max: 10n ** 15n }).map(String),
  currency: fc.constantFrom(...currencies),
});
const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => !text.includes('\0'));
const within: fc.Arbitrary<Expiry> = fc.integer({ min: 1, max: 999_999 }).map((seconds) => ({ is: 'within', seconds }));
const due: fc.Arbitrary<Expiry> = fc
  .nat(999)
  .map((graceDays) => ({ is: 'due' as const, date: '2026-08-10', graceDays }));
const charge = (expiry: fc.Arbitrary<Expiry>): fc.Arbitrary<Charge> =>
  fc.record(
    { amount, reference: words, description: words, expiry },
    { requiredKeys: ['amount', 'reference', 'expiry'] },
  );
const kinds = [
  ['till', within],
  ['bill', due],
] as const;

describe.each(kinds)('an order of a %s link', (kind, expiry) => {
  it('to link is read back as it was, but for the deadline and the number, which have columns of their own', () => {
    fc.assert(
      fc.property(charge(expiry), fc.constantFrom('reject', 'replace', 'queue'), (content, onBusy) => {
        const order = link('R1', { charge: content, onBusy, amount: toSentence(fromJson(content.amount)) });
        expect(readBack({ ...order, notAfter: 5, number: 7, actor: 'pos-1' }, kind)).toEqual(order);
      }),
      { seed },
    );
  });

  it('to change the charge is read back as it was', () => {
    const change = fc
      .record({ amount, reference: words, description: words, expiry }, { requiredKeys: [] })
      .filter((parts) => Object.keys(parts).length > 0);
    fc.assert(
      fc.property(change, fc.option(fc.nat(99), { nil: undefined }), (parts, expectedRevision) => {
        const { amount: _, ...rest } = update('R1', { change: parts });
        const order = {
          ...rest,
          ...(parts.amount === undefined ? {} : { amount: toSentence(fromJson(parts.amount)) }),
          ...present({ expectedRevision }),
        };
        expect(readBack({ ...order, notAfter: 5 }, kind)).toEqual(order);
      }),
      { seed },
    );
  });
});

describe('an order with terms', () => {
  it('is read back as it was, to link and to change', () => {
    const BRL = { minorUnits: '100000', currency: 'BRL' as const };
    fc.assert(
      fc.property(someTerms, fc.constantFrom('interest' as const, 'penalty' as const), (named, gone) => {
        const content: Charge = {
          amount: BRL,
          reference: 'flat 12',
          expiry: { is: 'due', date: DUE_DATE, graceDays: 5, terms: named },
        };
        const order = link('R1', { charge: content, onBusy: 'reject', amount: 'BRL 1000.00' });
        expect(readBack(order, 'bill')).toEqual(order);
        const { amount: _, ...rest } = update('R1', { change: { terms: { ...named, [gone]: null } } });
        expect(readBack(rest, 'bill')).toEqual(rest);
      }),
      { seed },
    );
  });
});

describe('any other order', () => {
  it.each([
    unlink(),
    unlink('R1', { reason: 'wrong table' }),
    operator('open'),
    operator('retire', { reason: 'closed' }),
    operator('resolve', { reason: 'looked at it' }),
    operator('reconcileNow'),
    operator('annotate', { reason: 'printer was changed' }),
  ])('is read back as it was: %j', (order) => {
    expect(readBack(order, 'till')).toEqual(order);
  });
});

describe('a charge as a message', () => {
  it('has amounts that people read', () => {
    const { charge: content } = link('R1');
    expect(content && chargeMessage(content)).toEqual({
      amount: { currency: 'BRL', value: '24.90' },
      reference: 'cart R1',
      expiresIn: 900,
    });
  });

  it('of an order without its content leaves it to the row', () => {
    const { charge: _, ...stored } = link('R1');
    expect(payloadOf(stored)).not.toHaveProperty('charge');
  });
});

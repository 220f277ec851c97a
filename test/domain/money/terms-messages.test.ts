/** The terms of a bill as messages say them: read exactly, refused by the member that is wrong. */
import { describe, expect, it } from '@jest/globals';
import type { LinkKind } from '../../../domain/money/charge.ts';
import { parseOrder, type OrderName } from '../../../domain/links/link-messages.ts';
import { refusalSentence } from '../../../domain/message-fields.ts';

const fresh = { commandId: () => 'fresh-command', requestId: () => 'a'.repeat(32) };
const amount = { currency: 'BRL', value: '24.90' };
const id = '0123456789abcdef0123456789abcdef';

function valueOf(name: OrderName, message: unknown): unknown {
  const parsed = parseOrder(name, message, 'bill', fresh);
  return parsed.ok ? parsed.value : refusalSentence(parsed);
}

function refusalOf(name: OrderName, message: unknown, kind: LinkKind = 'bill'): string {
  const parsed = parseOrder(name, message, kind, fresh);
  return parsed.ok ? `accepted: ${JSON.stringify(parsed.value)}` : refusalSentence(parsed);
}

describe('a link message', () => {
  it('on a bill may have terms, which say what paying early or late costs', () => {
    const terms = {
      interest: { percentage: '1', per: 'month' },
      penalty: { percentage: '2.5' },
      discount: {
        until: [
          { date: '2028-02-01', amount: { currency: 'BRL', value: '2.00' } },
          { date: '2028-02-10', amount: { currency: 'BRL', value: '1.00' } },
        ],
      },
      reduction: { amount: { currency: 'BRL', value: '0.90' } },
    };
    expect(valueOf('link', { charge: { amount, dueDate: '2028-02-29', terms } })).toMatchObject({
      charge: {
        expiry: {
          is: 'due',
          date: '2028-02-29',
          graceDays: 0,
          terms: {
            interest: { is: 'percentage', hundredths: 100, per: 'month', days: 'calendar' },
            penalty: { is: 'percentage', hundredths: 250 },
            discount: {
              is: 'amountUntil',
              steps: [
                { date: '2028-02-01', amount: { minorUnits: '200', currency: 'BRL' } },
                { date: '2028-02-10', amount: { minorUnits: '100', currency: 'BRL' } },
              ],
            },
            reduction: { is: 'amount', amount: { minorUnits: '90', currency: 'BRL' } },
          },
        },
      },
    });
  });

  const perDay = { currency: 'BRL', value: '0.10' };
  const step = (date: string) => ({ date, percentage: '1.00' });
  it.each<readonly [string, unknown, string]>([
    ['terms in words', 'the usual', 'charge.terms'],
    ['a term in words', { penalty: '2.00' }, 'charge.terms.penalty'],
    ['interest of nothing', { interest: { per: 'day' } }, 'charge.terms.interest'],
    ['interest of two kinds', { interest: { amountPerDay: perDay, percentage: '1.00' } }, '.interest.percentage'],
    ['interest without its time', { interest: { percentage: '1.00' } }, 'charge.terms.interest.per'],
    ['a time without a rate', { interest: { amountPerDay: perDay, per: 'day' } }, 'charge.terms.interest.per'],
    ['other days', { interest: { amountPerDay: perDay, days: 'sundays' } }, 'charge.terms.interest.days'],
    ['a percentage as a number', { penalty: { percentage: 2 } }, 'charge.terms.penalty.percentage'],
    ['three digits of a percentage', { penalty: { percentage: '2.005' } }, 'charge.terms.penalty.percentage'],
    ['nothing per cent', { penalty: { percentage: '0.00' } }, 'charge.terms.penalty.percentage'],
    ['all of it', { reduction: { percentage: '100' } }, 'charge.terms.reduction.percentage'],
    ['a reduction by the whole amount', { reduction: { amount } }, 'charge.terms.reduction.amount'],
    [
      'a penalty in another currency',
      { penalty: { amount: { currency: 'EUR', value: '1.00' } } },
      'charge.terms.penalty.amount.currency',
    ],
    ['a discount until no day', { discount: { until: [] } }, 'charge.terms.discount.until'],
    ['a discount until four days', { discount: { until: Array(4).fill(step('2028-01-01')) } }, '.discount.until'],
    [
      'days that do not go up',
      { discount: { until: [step('2028-02-02'), step('2028-02-02')] } },
      'charge.terms.discount.until.1.date',
    ],
    [
      'a discount after the due date',
      { discount: { until: [step('2028-02-02'), step('2028-03-01')] } },
      'charge.terms.discount.until.1.date',
    ],
    [
      'amounts and percentages',
      { discount: { until: [step('2028-02-02'), { date: '2028-02-03', amount: perDay }] } },
      'charge.terms.discount.until',
    ],
    ['counted days', { discount: { until: [step('2028-02-02')], days: 'business' } }, 'charge.terms.discount.days'],
  ])('with %s is refused', (_, terms, place) => {
    const parsed = parseOrder('link', { charge: { amount, dueDate: '2028-02-29', terms } }, 'bill', fresh);
    expect(parsed).toMatchObject({
      ok: false,
      at: expect.stringMatching(new RegExp(`${place.replaceAll('.', '\\.')}$`)),
    });
  });

  it('on a till has no terms', () => {
    expect(refusalOf('link', { charge: { amount, terms: {} } }, 'till')).toMatch(/^charge\.terms: /);
  });

  it('that changes terms alone is a change, and null takes a term away', () => {
    const terms = { penalty: { percentage: '1.00' }, interest: null };
    expect(valueOf('updateCharge', { requestId: id, charge: { terms } })).toMatchObject({
      change: { terms: { penalty: { is: 'percentage', hundredths: 100 }, interest: null } },
    });
    const nothing = { requestId: id, charge: { terms: {} } };
    expect(refusalOf('updateCharge', nothing)).toBe('charge: nothing to change');
  });
});

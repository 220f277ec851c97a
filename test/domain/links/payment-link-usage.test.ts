/** Usage on a link: one rating at a time, and what the rated bill makes of the code. */
import { describe, expect, it } from '@jest/globals';
import type { EffectResult } from '../../../domain/links/link-events.ts';
import { READINGS_LIMIT } from '../../../domain/links/link-usage.ts';
import {
  alive,
  billed,
  clear,
  decision,
  expired,
  inAttention,
  inFlight,
  link,
  linked,
  linkedTo,
  LinkUnderTest,
  nothingDue,
  operator,
  rated,
  rebilled,
  requestId,
  settled,
  stored,
  unlink,
  unlinked,
} from './link-builders.ts';
import { aReading } from '../billing/reading-builders.ts';

const B1 = requestId('B1');
const withdraw = rated({ do: 'withdraw', because: 'zero' });
const later = rated({ do: 'nothing', because: 'it is being paid', waits: true });

/** A link whose code asks for a rated bill. */
const billedTo = (name: string) =>
  new LinkUnderTest()
    .measured()
    .report(rated(billed(name)))
    .report(linked());

describe('what was measured', () => {
  it('is rated, and the bill is linked', () => {
    const code = new LinkUnderTest().measured();
    expect(code.effect).toMatchObject({ run: 'rateUsage', readings: [] });
    code.report(rated(billed('B1')));
    expect(code.effect).toMatchObject({ run: 'linkRequest', order: { requestId: B1 } });
    expect(code.report(linked()).phase).toMatchObject({ is: 'linked', sale: { requestId: B1 } });
  });

  it('a hundred times while it is being rated is rated once more, by what is stored then', () => {
    const code = new LinkUnderTest().measured();
    for (let time = 0; time < 100; time += 1) code.measured();
    code.report(rated(nothingDue));
    expect(code.effect?.run).toBe('rateUsage');
    expect(code.report(rated(nothingDue)).effect).toBeUndefined();
  });

  it('carries the readings that came along to the rating that stores them, and no more than the state may hold', () => {
    const code = new LinkUnderTest().measured(aReading(1, '00120', 3));
    expect(code.effect).toMatchObject({ readings: [{ sequence: 1 }] });
    for (let sequence = 2; sequence < READINGS_LIMIT + 2; sequence += 1) code.measured(aReading(sequence, '00120', 3));
    code.measured(aReading(9_999, '00120', 3));
    expect(code.ignoredBecause).toBe('too many readings wait here: send them to the API');
    code.report(rated(nothingDue));
    expect(code.effect).toMatchObject({ run: 'rateUsage', readings: { length: READINGS_LIMIT } });
  });

  it('waits until a sale that is being linked is linked, and changes it', () => {
    const code = billedTo('B1').measured();
    expect(code.effect).toMatchObject({ run: 'rateUsage', requestId: B1 });
    code.report(rated(rebilled('B1')));
    expect(code.effect).toMatchObject({ run: 'updateRequest', order: { requestId: B1 } });
    code.measured().report({ is: 'updated', revision: 1, number: 2 });
    expect(code.effect?.run).toBe('rateUsage');
  });

  it('goes after whatever is ordered, and before what is queued', () => {
    const code = new LinkUnderTest().measured().order(unlink());
    code.report(rated(nothingDue));
    expect(code.effect?.run).toBe('cancelRequest');
  });

  it('makes a parked rating try again', () => {
    const code = new LinkUnderTest().measured().park();
    expect(code.effect).toBeUndefined();
    expect(code.measured().effect?.run).toBe('rateUsage');
  });

  it('makes a link in attention look first, and is rated when the code is clear', () => {
    const code = inAttention().measured();
    expect(code.effect?.run).toBe('checkLink');
    expect(code.report(clear).effect?.run).toBe('rateUsage');
  });

  it('is not rated on a retired link, which only stores what came along', () => {
    const code = new LinkUnderTest(stored({ status: 'retired' })).measured();
    expect(code.effect).toBeUndefined();
    expect(code.measured(aReading(1, '00120', 3)).effect).toMatchObject({ run: 'rateUsage', retired: true });
    expect(code.report(rated(nothingDue)).phase.is).toBe('retired');
  });

  it('is remembered by Postgres where a run was lost', () => {
    const code = new LinkUnderTest(stored({ metered: true, usageWanted: true }));
    expect(code.effect?.run).toBe('rateUsage');
    expect(new LinkUnderTest(stored({ metered: true })).effect).toBeUndefined();
  });
});

describe('a bill that must not be paid', () => {
  it('is taken off the code, and what that found is rated', () => {
    const code = billedTo('B1').measured().report(withdraw);
    expect(code.effect).toMatchObject({ run: 'cancelRequest', requestId: B1, stray: false, orders: [] });
    expect(code.report(unlinked('paid')).effect?.run).toBe('rateUsage');
    expect(code.report(rated(nothingDue)).phase.is).toBe('free');
  });

  it('stays while its payment is under way, and is rated again once that has ended', () => {
    const code = billedTo('B1').measured().report(withdraw).report(inFlight);
    expect(code.phase).toMatchObject({ is: 'linked', sale: { requestId: B1 } });
    expect(code.effect).toBeUndefined();
    expect(code.notice('B1').report(settled).effect?.run).toBe('rateUsage');
  });
});

describe('the end of a bill', () => {
  it.each([
    ['paid', settled],
    ['expired', expired],
  ] as const)('%s is followed by a rating: more may have been used meanwhile', (_, result) => {
    const code = billedTo('B1').notice('B1').report(result);
    expect(code.effect).toMatchObject({ run: 'rateUsage' });
    expect(code.report(rated(billed('B2'))).effect).toMatchObject({ run: 'linkRequest' });
  });

  it('is followed by one also when it is told late, beside the loop', () => {
    const code = billedTo('B1').notice('B0').read('B0', settled);
    expect(code.effect?.run).toBe('rateUsage');
  });

  it('by an operator who takes it off is not: it would be back at once', () => {
    const code = billedTo('B1').order(unlink()).report(unlinked());
    expect(code.phase.is).toBe('free');
    expect(code.effect).toBeUndefined();
  });

  it('is nothing to rate on a link that nobody is billed on', () => {
    expect(linkedTo('R1').notice('R1').report(settled).effect).toBeUndefined();
  });
});

describe('a change that the provider does not take', () => {
  const refused = (because: 'too-many-changes' | 'payment-in-flight' | 'drift'): EffectResult => ({
    is: 'refused',
    because,
  });

  it.each(['too-many-changes', 'drift'] as const)(
    '(%s) takes the wrong amount off the code and bills anew',
    (because) => {
      const code = billedTo('B1')
        .measured()
        .report(rated(rebilled('B1')))
        .report(refused(because));
      expect(code.effect).toMatchObject({ run: 'cancelRequest', requestId: B1 });
      expect(code.report(unlinked()).effect?.run).toBe('rateUsage');
    },
  );

  it('because it is being paid waits for the end of that payment', () => {
    const code = billedTo('B1')
      .measured()
      .report(rated(rebilled('B1')))
      .report(refused('payment-in-flight'));
    expect(code.effect).toBeUndefined();
    expect(code.notice('B1', 'check').report(alive).effect?.run).toBe('rateUsage');
  });

  it('of somebody else’s order is that one’s affair', () => {
    const code = billedTo('B1');
    code.order({ ...rebilledOrder(), commandId: 'update-by-hand' }).report(refused('too-many-changes'));
    expect(code.phase.is).toBe('linked');
  });

  it('is held by the next rating when it is the bill itself', () => {
    const code = new LinkUnderTest().measured().report(rated(billed('B1')));
    code.report({ is: 'refused', because: 'refused-by-provider' });
    expect(code.effect?.run).toBe('rateUsage');
  });
});

function rebilledOrder() {
  const next = rebilled('B1');
  if (next.do !== 'update') throw new Error('no update');
  return next.order;
}

describe('a sale of another kind on a metered code', () => {
  it('is waited for, and the bill follows it', () => {
    const code = new LinkUnderTest(stored({ metered: true }))
      .order(link('R1'))
      .report(linked())
      .measured()
      .report(later);
    expect(code.effect).toBeUndefined();
    expect(code.order(unlink()).report(unlinked()).effect?.run).toBe('rateUsage');
  });
});

describe('a decision about a held bill', () => {
  it('is carried out by the rating, which answers it', () => {
    const order = decision('approve');
    const code = new LinkUnderTest(stored({ metered: true })).order(order);
    expect(code.effect).toMatchObject({ run: 'rateUsage', order: { billId: B1 } });
    code.report(rated(billed('B1'), { answer: { is: 'decided', billId: B1 } }));
    expect(code.answersTo(order)).toEqual([{ is: 'decided', billId: B1 }]);
    expect(code.effect?.run).toBe('linkRequest');
  });

  it('is refused while nobody knows what the code shows, and on a retired link', () => {
    const [approve, reread] = [decision('approve'), decision('reread')];
    const code = inAttention().order(approve);
    code.report({ is: 'checked', code: 'stranger', because: 'a stranger' });
    expect(code.answersTo(approve)).toMatchObject([{ is: 'refused', because: 'payment-link-attention' }]);
    const retired = linkedTo('R1').order(operator('retire')).report(unlinked()).order(reread);
    expect(retired.answersTo(reread)).toMatchObject([{ is: 'refused', because: 'retired' }]);
  });
});

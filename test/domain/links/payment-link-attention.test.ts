/** Attention means that nobody knows what the code shows; a read heals it. And requests of ours that are in the way. */
import { describe, expect, it } from '@jest/globals';
import type { EffectResult } from '../../../domain/links/link-events.ts';
import {
  alive,
  clear,
  inAttention,
  inFlight,
  isLinked,
  link,
  linked,
  linkedTo,
  LinkUnderTest,
  operator,
  requestId,
  settled,
  stranger,
  undead,
  unlink,
  unlinked,
} from './link-builders.ts';

const attention = { is: 'refused', because: 'payment-link-attention' } as const;
const strayOn = (name: string) =>
  ({ is: 'checked', code: 'stray', by: requestId(name), because: 'ours, and over' }) as const;

const FOUND: readonly (readonly [string, () => LinkUnderTest, EffectResult])[] = [
  ['found when a sale is linked', () => new LinkUnderTest().order(link('R1')), { ...attention, detail: 'a stranger' }],
  [
    'found when a payment is booked',
    () => linkedTo('R1').notice('R1'),
    { is: 'settled', status: 'paid', code: 'stranger' },
  ],
  ['found by a check', () => new LinkUnderTest().notice(undefined, 'check'), stranger],
  ['found by an operator', () => linkedTo('R1').order(operator('resolve')), stranger],
];

describe('a code with a stranger on it', () => {
  it.each(FOUND)('needs attention: %s', (_, make, found) => {
    const till = make().order(link('R2', { commandId: 'waits', onBusy: 'replace' }));
    till.report(found);
    expect(till.phase).toMatchObject({ is: 'attention' });
    expect(till.answersTo(link('R2', { commandId: 'waits' }))).toMatchObject([attention]);
    expect(till.state.waiting).toEqual([]);
  });

  it('refuses a sale only after another look, and tells why', () => {
    const till = inAttention().order(link('R1'));
    expect(till.effect).toMatchObject({ run: 'checkLink' });
    expect(till.answers).toEqual([]);
    till.report(stranger);
    expect(till.answersTo(link('R1'))).toEqual([{ ...attention, detail: 'a stranger' }]);
    expect(till.phase.is).toBe('attention');
  });

  it('heals when the look finds it clear, and the sale goes on', () => {
    const till = inAttention().order(link('R1')).report(clear).report(linked());
    expect(till.answersTo(link('R1'))).toEqual([isLinked('R1')]);
  });

  it('heals by a check without anybody waiting', () => {
    expect(inAttention().notice(undefined, 'check').report(clear).phase).toEqual({ is: 'free' });
  });

  it('is not called free by an unlink that nobody looked for', () => {
    const till = inAttention().order(unlink()).report(stranger);
    expect(till.answersTo(unlink())).toEqual([{ ...attention, detail: 'a stranger' }]);
    expect(till.phase.is).toBe('attention');
  });

  it('is looked at again after an earlier request of ours was taken off', () => {
    const till = inAttention().order(unlink('R0')).report(stranger);
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: requestId('R0'), stray: true });
    till.report(unlinked());
    expect(till.answersTo(unlink('R0'))).toMatchObject([{ is: 'unlinked', found: 'cancelled' }]);
    expect(till.effect).toMatchObject({ run: 'checkLink' });
    expect(till.report(clear).phase.is).toBe('free');
  });

  it('is looked at again when a request that ended here has been settled after all', () => {
    expect(inAttention().notice('R0').read('R0', settled).effect).toMatchObject({ run: 'checkLink' });
  });

  it('lets an operator resolve it, once nothing strange is left', () => {
    const till = inAttention().order(operator('resolve')).report(stranger);
    expect(till.effect).toMatchObject({ run: 'cancelRequest', orders: [{ is: 'resolve' }] });
    till.report(stranger);
    expect(till.answersTo(operator('resolve'))).toMatchObject([attention]);
    till
      .order(operator('resolve', { commandId: 'again' }))
      .report(clear)
      .report(unlinked('nothing'));
    expect(till.answers).toEqual([{ commandId: 'again', answer: { is: 'done' } }]);
    expect(till.phase.is).toBe('free');
  });

  it('can be retired', () => {
    const till = inAttention().order(operator('retire')).report(stranger).report(unlinked('nothing'));
    expect(till.phase.is).toBe('retired');
  });
});

describe('a resolve', () => {
  it('takes off what is linked, and what was under it', () => {
    const till = linkedTo('R1').order(operator('resolve')).report(strayOn('R0'));
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: requestId('R0'), stray: true });
    expect(till.effect).toMatchObject({ orders: [{ is: 'resolve' }] });
    till.report(unlinked());
    expect(till.answersTo(operator('resolve'))).toEqual([{ is: 'done' }]);
    expect(till.phase.is).toBe('free');
  });
});

describe('a request of ours that is over and still alive on the code', () => {
  it('makes room for the sale that it blocks', () => {
    const till = new LinkUnderTest().order(link('R2')).report({ is: 'blocked', by: requestId('R0') });
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: requestId('R0'), stray: true });
    expect(till.order(link('R3')).answers).toMatchObject([{ answer: { because: 'busy', requestId: requestId('R2') } }]);
    till.report(unlinked('paid')).report(linked());
    expect(till.answersTo(link('R2'))).toEqual([isLinked('R2')]);
  });

  it('keeps the sale off while its own payment is in flight', () => {
    const till = new LinkUnderTest().order(link('R2')).report({ is: 'blocked', by: requestId('R0') });
    till.report(inFlight);
    expect(till.answersTo(link('R2'))).toEqual([inFlight]);
    expect(till.phase.is).toBe('free');
  });

  it('lets a blocked sale pass when it blocked it twice', () => {
    const till = new LinkUnderTest().order(link('R2'));
    for (const name of ['R0', 'R1']) till.report({ is: 'blocked', by: requestId(name) }).report(unlinked());
    expect(till.report(linked()).answersTo(link('R2'))).toEqual([isLinked('R2')]);
  });

  it('found by a look is cancelled, and then the code is looked at again', () => {
    const till = inAttention().order(link('R2')).report(strayOn('R0'));
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: requestId('R0') });
    till.report(unlinked()).report(clear).report(linked());
    expect(till.answersTo(link('R2'))).toEqual([isLinked('R2')]);
  });

  it('that is being paid is not read in circles: the end of that payment makes the link look', () => {
    const till = inAttention().notice(undefined, 'check').report(strayOn('R0')).report(inFlight);
    expect(till.phase).toMatchObject({ is: 'attention' });
    expect(till.effect).toBeUndefined();
    expect(till.notice('R0').read('R0', settled).report(clear).phase.is).toBe('free');
  });

  it('found by a side read in attention does not end attention by itself', () => {
    const till = inAttention().notice('R0', 'check').read('R0', undead).report(unlinked());
    expect(till.effect).toMatchObject({ run: 'checkLink' });
    expect(till.report(stranger).phase.is).toBe('attention');
  });
});

describe('an operator', () => {
  it('who reconciles a linked sale makes it read, and one who finds it free makes the code read', () => {
    const till = linkedTo('R1').order(operator('reconcileNow'));
    expect(till.answersTo(operator('reconcileNow'))).toEqual([{ is: 'done' }]);
    expect(till.effect).toMatchObject({ run: 'settleRequest', why: 'check' });
    till.report(alive).order(unlink()).report(unlinked());
    expect(till.order(operator('reconcileNow', { commandId: 'again' })).effect).toMatchObject({ run: 'checkLink' });
  });

  it('who writes a note waits for nothing and disturbs nothing', () => {
    const till = new LinkUnderTest().order(link('R1'));
    const { phase } = till;
    till.order(operator('annotate', { reason: 'printer was changed' }));
    expect(till.answers).toEqual([{ commandId: 'annotate', answer: { is: 'done' } }]);
    expect(till.state.records).toMatchObject([{ order: { reason: 'printer was changed' } }]);
    expect(till.phase).toEqual(phase);
  });
});

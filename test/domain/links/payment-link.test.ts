/** One sale after another on a link at rest: linked, paid, refused in order, repeated, parked. */
import { describe, expect, it } from '@jest/globals';
import { refusalOf } from '../../../domain/links/link-orders.ts';
import {
  alive,
  busy,
  expired,
  isLinked,
  link,
  linked,
  linkedTo,
  LinkUnderTest,
  NOW,
  operator,
  requestId,
  settled,
  stored,
  unlink,
  unlinked,
  update,
} from './link-builders.ts';

const refused = (because: string) => ({ is: 'refused', because });

describe('one sale', () => {
  it('is linked, paid, and leaves the link free for the next', () => {
    const till = new LinkUnderTest().order(link('R1'));
    expect(till.effect).toMatchObject({ run: 'linkRequest', order: { requestId: requestId('R1') } });
    till.report(linked({ expiresAt: NOW + 900_000, number: 7 }));
    expect(till.answersTo(link('R1'))).toEqual([isLinked('R1')]);
    expect(till.phase).toMatchObject({ is: 'linked', sale: { amount: 'BRL 24.90', expiresAt: NOW + 900_000 } });
    expect(till.state.newest).toBe(7);
    till.notice('R1');
    expect(till.effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R1'), why: 'paid' });
    till.report(settled);
    expect(till.phase).toEqual({ is: 'free' });
  });

  it('stays linked when the read finds it alive, and takes revision and deadline from the read', () => {
    const till = linkedTo('R1').notice('R1', 'check');
    till.report({ is: 'alive', stored: 'alive', revision: 3, expiresAt: NOW + 5 });
    expect(till.phase).toMatchObject({ is: 'linked', sale: { revision: 3, expiresAt: NOW + 5 } });
  });

  it('stays linked when the read tells nothing', () => {
    const till = linkedTo('R1').notice('R1').report({ is: 'nothing', because: 'no id yet' });
    expect(till.phase).toMatchObject({ is: 'linked' });
  });

  it('that was paid before the link was known is told as linked, and counts as applied', () => {
    const till = new LinkUnderTest().order(link('R1', { number: 9 })).report(settled);
    expect(till.answersTo(link('R1'))).toEqual([isLinked('R1')]);
    expect(till.phase.is).toBe('free');
    expect(till.order(link('R0', { number: 8 })).answers[0]?.answer).toMatchObject(refused('superseded'));
  });

  it('that the provider refuses leaves the link free', () => {
    const till = new LinkUnderTest().order(link('R1'));
    till.report({ is: 'refused', because: 'refused-by-provider', detail: 'amount too high' });
    expect(till.answersTo(link('R1'))).toEqual([
      { is: 'refused', because: 'refused-by-provider', detail: 'amount too high' },
    ]);
    expect(till.phase.is).toBe('free');
  });

  it('that ended before the link was known is refused as not active', () => {
    const till = new LinkUnderTest().order(link('R1')).report(expired);
    expect(till.answersTo(link('R1'))).toEqual([{ ...refused('not-active'), requestId: requestId('R1') }]);
  });
});

describe('a sale is refused on arrival', () => {
  const late = { notAfter: NOW - 1, number: 1 };

  it('as retired before it is late', () => {
    expect(new LinkUnderTest(stored({ status: 'retired' })).order(link('R2', late)).answers).toMatchObject([
      { answer: refused('retired') },
    ]);
  });

  it('as late before the link is busy', () => {
    expect(linkedTo('R1').order(link('R2', late)).answers).toMatchObject([{ answer: refused('timed-out') }]);
  });

  it('as busy, with the name of who has the code, before it is superseded', () => {
    expect(linkedTo('R1', { number: 5 }).order(link('R2', { number: 4 })).answers[0]?.answer).toEqual(busy('R1'));
  });

  it('as superseded by a newer link, unlink or retire, and not by a newer charge update', () => {
    const till = linkedTo('R1', { number: 5 }).order(update('R1', { number: 90 }));
    till.report({ is: 'updated', revision: 1, number: 90 });
    till.order(link('R2', { number: 4, onBusy: 'replace' }));
    expect(till.answers).toMatchObject([{ answer: refused('superseded') }]);
    till.order(unlink()).report(unlinked('cancelled', 95));
    expect(till.order(link('R3', { number: 94 })).answers).toMatchObject([{ answer: refused('superseded') }]);
    expect(till.order(link('R4', { number: 96 })).phase.is).toBe('linking');
  });

  it('and at its deadline to the millisecond not yet', () => {
    expect(new LinkUnderTest().order(link('R1', { notAfter: NOW })).phase.is).toBe('linking');
  });

  it('without a number is judged newest', () => {
    expect(linkedTo('R1', { number: 5 }).order(link('R2', { onBusy: 'replace' })).phase.is).toBe('unlinking');
  });

  it.each(['linking', 'linked', 'updating'])('as busy while the link is %s', (phase) => {
    const till = phase === 'linking' ? new LinkUnderTest().order(link('R1')) : linkedTo('R1');
    if (phase === 'updating') till.order(update('R1'));
    expect(till.phase.is).toBe(phase);
    expect(till.order(link('R2')).answersTo(link('R2'))).toEqual([busy('R1')]);
  });

  it('as busy with the sale that an unlink makes room for', () => {
    const till = linkedTo('R1')
      .order(link('R2', { onBusy: 'replace' }))
      .order(link('R3'));
    expect(till.answersTo(link('R3'))).toEqual([busy('R2')]);
  });

  it('and the refusal is recorded, because no effect carries it', () => {
    const till = linkedTo('R1').order(link('R2'));
    expect(till.state.records).toEqual([{ order: link('R2'), answer: busy('R1') }]);
    expect(till.recorded().state.records).toEqual([]);
  });
});

describe('a twin', () => {
  it('that meets the first under way is ignored and shares its outcome', () => {
    const till = new LinkUnderTest().order(link('R1')).order(link('R1'));
    expect(till.ignoredBecause).toMatch(/twin/);
    expect(till.answers).toEqual([]);
    expect(till.report(linked()).answersTo(link('R1'))).toEqual([isLinked('R1')]);
  });

  it.each([
    ['updating', () => linkedTo('R1').order(update('R1')), update('R1')],
    ['unlinking', () => linkedTo('R1').order(unlink()), unlink()],
    ['making room', () => linkedTo('R1').order(link('R2', { onBusy: 'replace' })), link('R2', { onBusy: 'replace' })],
    ['opening', () => new LinkUnderTest(stored({ status: 'opening' })).order(operator('open')), operator('open')],
    ['waiting', () => linkedTo('R1').notice('R1').order(unlink()), unlink()],
  ])('is recognised while the first is %s', (_, first, twin) => {
    const till = first();
    const before = till.state;
    till.order(twin);
    expect(till.ignoredBecause).toMatch(/twin/);
    expect(till.state).toBe(before);
  });

  it('is never refused by the validator, whatever has happened since', () => {
    const first = link('R2', { onBusy: 'queue', number: 3 });
    const till = linkedTo('R1', { number: 1 }).order(first);
    till.order(link('R3', { onBusy: 'replace', number: 9 }));
    till.report(unlinked()).report(linked({ number: 9 }));
    expect(till.state.newest).toBe(9);
    expect(refusalOf(till.state, first, NOW)).toBeUndefined();
    expect(till.order(first).answers).toEqual([
      { commandId: 'link-R2', answer: { is: 'queued', requestId: requestId('R2') } },
    ]);
  });

  it('after the answer gets the same answer, also a refusal', () => {
    const till = linkedTo('R1').order(link('R2'));
    for (const order of [link('R1'), link('R2')]) {
      const [answer] = till.answersTo(order);
      till.order(order);
      expect(till.ignoredBecause).toMatch(/answered before/);
      expect(till.answers).toEqual([{ commandId: order.commandId, answer }]);
    }
  });

  it('gets it also when twelve answers came after, as long as the first is not stored', () => {
    const till = linkedTo('R1').order(link('R2'));
    for (let n = 0; n < 15; n += 1) till.order(operator('annotate', { commandId: `note-${n}` }));
    expect(till.order(unlink()).report(unlinked()).order(link('R2')).answers).toMatchObject([{ answer: busy('R1') }]);
    expect(till.recorded().order(link('R2')).phase.is).toBe('linking');
  });

  it('is remembered for the twelve newest answers', () => {
    const till = linkedTo('R1');
    for (let n = 0; n < 15; n += 1) till.order(operator('annotate', { commandId: `note-${n}` }));
    expect(till.state.answered.map(({ commandId }) => commandId)).toEqual(
      Array.from({ length: 12 }, (_, n) => `note-${n + 3}`),
    );
  });
});

describe('an effect that gives up', () => {
  it('parks, and everybody who waits hears that nothing is decided', () => {
    const till = new LinkUnderTest().order(link('R1')).order(unlink('R1')).park();
    expect(till.effect).toBeUndefined();
    expect(till.phase).toMatchObject({ is: 'linking', parked: { because: 'the provider is silent', since: NOW } });
    expect(till.answersTo(link('R1'))).toEqual([{ is: 'pending' }]);
    expect(till.answersTo(unlink('R1'))).toEqual([{ is: 'pending' }]);
  });

  it('starts again with a new seq at any later message, and its old self changes nothing', () => {
    const again = [
      (till: LinkUnderTest) => till.order(link('R1')),
      (till: LinkUnderTest) => till.order(unlink('R1')),
      (till: LinkUnderTest) => till.notice('R1', 'check'),
      (till: LinkUnderTest) => till.notice(undefined, 'check'),
    ];
    for (const wakeUp of again) {
      const till = new LinkUnderTest().order(link('R1'));
      const { seq } = till.state;
      wakeUp(till.park());
      expect(till.effect).toMatchObject({ run: 'linkRequest', seq: seq + 1 });
      const before = till.state;
      till.apply({ is: 'reported', seq, result: linked() });
      expect(till.ignoredBecause).toMatch(/older effect/);
      till.apply({ is: 'parked', seq, because: 'late' });
      expect(till.ignoredBecause).toMatch(/older effect/);
      expect(till.state).toBe(before);
    }
  });

  it('gives the real answer in the end, once', () => {
    const till = new LinkUnderTest().order(link('R1')).park().order(link('R1')).park().order(link('R1'));
    till.report(linked());
    expect(till.answersTo(link('R1'))).toEqual([{ is: 'pending' }, { is: 'pending' }, isLinked('R1')]);
  });

  it('does not start again because another request was noticed: that one is read beside it', () => {
    const till = new LinkUnderTest().order(link('R1')).park().notice('R0');
    expect(till.effect).toBeUndefined();
    expect(till.state.reads).toEqual([{ requestId: requestId('R0'), why: 'paid' }]);
  });

  it('cannot park a link at rest', () => {
    const till = linkedTo('R1').notice('R1').report(alive);
    till.apply({ is: 'parked', seq: till.state.seq, because: 'late' });
    expect(till.phase.is).toBe('linked');
  });
});

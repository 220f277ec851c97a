/** Replace, charge update, unlink, retire: what each does to the sale on the code, and to those who come meanwhile. */
import { describe, expect, it } from '@jest/globals';
import { present } from '../../../domain/present.ts';
import {
  alive,
  expired,
  inFlight,
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
const replace = (name: string, number?: number, more: object = {}) =>
  link(name, { onBusy: 'replace', ...present({ number }), ...more });

describe('a replace', () => {
  it.each(['cancelled', 'paid', 'expired', 'nothing'] as const)(
    'takes the current sale off the code and links its own, when that one was found %s',
    (found) => {
      const till = linkedTo('R1').order(replace('R2'));
      expect(till.effect).toMatchObject({
        run: 'cancelRequest',
        requestId: requestId('R1'),
        stray: false,
        orders: [],
        replacedBy: requestId('R2'),
      });
      till.report(unlinked(found)).report(linked({ number: 3 }));
      expect(till.answersTo(replace('R2'))).toEqual([isLinked('R2')]);
      expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R2') } });
    },
  );

  it('is refused while the payer of the current sale is at it, and that one stays linked', () => {
    const till = linkedTo('R1').order(replace('R2')).report(inFlight);
    expect(till.answersTo(replace('R2'))).toEqual([refused('payment-in-flight')]);
    expect(till.state.records).toHaveLength(1);
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R1') } });
  });

  it('is linked before anybody who came meanwhile', () => {
    const till = linkedTo('R1').order(replace('R2'), unlink('R1'), operator('reconcileNow')).report(unlinked());
    expect(till.effect).toMatchObject({ run: 'linkRequest', order: { requestId: requestId('R2') } });
  });

  it('waits for a settlement, and cancels nothing when the code is free then', () => {
    const till = linkedTo('R1').notice('R1').order(replace('R2')).report(settled);
    expect(till.effect).toMatchObject({ run: 'linkRequest', order: { requestId: requestId('R2') } });
  });

  it('goes before the queue', () => {
    const till = linkedTo('R1')
      .order(link('Q1', { onBusy: 'queue' }))
      .notice('R1')
      .order(replace('R2'))
      .report(settled);
    expect(till.effect).toMatchObject({ order: { requestId: requestId('R2') } });
    expect(till.state.queue).toHaveLength(1);
  });

  it('that waited past its deadline cancels nobody', () => {
    const till = linkedTo('R1')
      .notice('R1', 'check')
      .order(replace('R2', 2, { notAfter: NOW + 10 }));
    till.now += 11;
    till.report(alive);
    expect(till.answersTo(replace('R2'))).toEqual([refused('timed-out')]);
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R1') } });
  });

  it.each([
    ['in order', [2, 3]],
    ['the wrong way round', [3, 2]],
  ])('that meets another one: the later number wins, arriving %s', (_, numbers) => {
    const situations = [
      () => linkedTo('R1', { number: 1 }),
      () => linkedTo('R1', { number: 1 }).notice('R1', 'check'),
      () => linkedTo('R1', { number: 1 }).order(update('R1')),
    ];
    for (const make of situations) {
      const till = make();
      for (const number of numbers) till.order(replace(`R${number}`, number));
      if (till.phase.is === 'settling') till.report(alive);
      if (till.phase.is === 'updating') till.report({ is: 'updated', revision: 1, number: 9 });
      till.report(unlinked());
      expect(till.effect).toMatchObject({ run: 'linkRequest', order: { requestId: requestId('R3') } });
      till.report(linked({ number: 3 }));
      expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R3') } });
      expect(till.answersTo(replace('R3', 3))).toEqual([isLinked('R3')]);
      expect(till.answersTo(replace('R2', 2))).toEqual([refused('superseded')]);
    }
  });

  it('that came too late to stop an earlier one takes its place', () => {
    const till = new LinkUnderTest().order(replace('R2', 2), replace('R3', 3)).report(linked({ number: 2 }));
    till.report(unlinked()).report(linked({ number: 3 }));
    expect(till.answersTo(replace('R2', 2))).toEqual([isLinked('R2')]);
    expect(till.phase).toMatchObject({ sale: { requestId: requestId('R3') } });
  });
});

describe('a charge update', () => {
  it('makes a new revision, with the new amount and deadline, to be asked at again', () => {
    const till = linkedTo('R1', { expiresAt: NOW }).tick(2_000).report(alive);
    expect(till.phase).toMatchObject({ sale: { asked: true } });
    till.order(update('R1')).report({ is: 'updated', revision: 1, expiresAt: NOW + 9, number: 0 });
    expect(till.answersTo(update('R1'))).toEqual([{ is: 'updated', requestId: requestId('R1'), revision: 1 }]);
    expect(till.phase).toEqual({
      is: 'linked',
      sale: { requestId: requestId('R1'), revision: 1, amount: 'BRL 30.00', expiresAt: NOW + 9 },
    });
  });

  it.each([
    ['not-current', () => linkedTo('R2')],
    ['not-current', () => new LinkUnderTest()],
    ['not-current', () => new LinkUnderTest(stored({ status: 'retired' }))],
    ['stale-revision', () => linkedTo('R1', { revision: 2 })],
  ] as const)('is refused at once as %s', (because, make) => {
    const till = make().order(update('R1', { expectedRevision: 1 }));
    expect(till.answers).toMatchObject([{ answer: refused(because) }]);
  });

  it.each([
    ['not-current', settled, {}],
    ['stale-revision', { is: 'alive', stored: 'alive', revision: 7 } as const, {}],
    ['timed-out', alive, { notAfter: NOW + 1 }],
  ])('that waits for a read is refused afterwards as %s', (because, read, more) => {
    const order = update('R1', { expectedRevision: 0, ...more });
    const till = linkedTo('R1').notice('R1').order(order);
    expect(till.answersTo(order)).toEqual([]);
    till.now += 2;
    expect(till.report(read).answersTo(order)).toMatchObject([refused(because)]);
  });

  it('that is late is refused, and the request stays linked', () => {
    const till = linkedTo('R1').order(update('R1', { notAfter: NOW - 1 }));
    expect(till.answers).toMatchObject([{ answer: refused('timed-out') }]);
    expect(till.order(update('R1', { commandId: 'later', notAfter: NOW })).phase.is).toBe('updating');
    till.report({ is: 'refused', because: 'timed-out', requestId: requestId('R1') });
    expect(till.phase).toMatchObject({ is: 'linked', sale: { revision: 0, amount: 'BRL 24.90' } });
  });

  it.each([
    ['already-paid', settled],
    ['not-active', expired],
  ] as const)('that finds the request over is refused as %s, and the code is free', (because, found) => {
    const till = linkedTo('R1').order(update('R1')).report(found);
    expect(till.answersTo(update('R1'))).toMatchObject([refused(because)]);
    expect(till.phase.is).toBe('free');
  });
});

describe('an unlink', () => {
  it('without a name frees the code and tells what it found', () => {
    for (const found of ['cancelled', 'paid', 'expired'] as const) {
      const till = linkedTo('R1').order(unlink()).report(unlinked(found, 4));
      expect(till.answersTo(unlink())).toEqual([{ is: 'unlinked', found, requestId: requestId('R1') }]);
      expect(till.phase.is).toBe('free');
      expect(till.state.newest).toBe(4);
    }
  });

  it('with nothing linked says so', () => {
    const till = new LinkUnderTest().order(unlink());
    expect(till.effect).toEqual({ run: 'cancelRequest', seq: till.state.seq, stray: false, orders: [unlink()] });
    expect(till.report(unlinked('nothing')).answersTo(unlink())).toEqual([{ is: 'unlinked', found: 'nothing' }]);
  });

  it('of an earlier request leaves the linked one alone', () => {
    const till = linkedTo('R1').order(unlink('R0'));
    expect(till.effect).toMatchObject({ requestId: requestId('R0'), stray: true });
    till.report(unlinked('expired'));
    expect(till.answersTo(unlink('R0'))).toEqual([{ is: 'unlinked', found: 'expired', requestId: requestId('R0') }]);
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R1') } });
  });

  it('while the payer is at it is refused, and the sale stays linked', () => {
    const till = linkedTo('R1').order(unlink()).report(inFlight);
    expect(till.answersTo(unlink())).toEqual([inFlight]);
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R1') } });
  });

  it('that meets a link under way takes that one off', () => {
    const till = new LinkUnderTest().order(link('R1'), unlink()).report(linked());
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: requestId('R1') });
  });

  it('lets those who came meanwhile have the code, and one sale is not busy with it', () => {
    const till = linkedTo('R1').order(unlink(), link('R2'), link('R3'));
    expect(till.answersTo(link('R3'))).toEqual([{ ...refused('busy'), requestId: requestId('R2') }]);
    till.report(unlinked()).report(linked());
    expect(till.answersTo(link('R2'))).toEqual([isLinked('R2')]);
  });
});

describe('a retire', () => {
  it.each([
    ['free', () => new LinkUnderTest()],
    ['linked', () => linkedTo('R1')],
  ])('of a %s link refuses new sales at once and closes it', (_, make) => {
    const till = make().order(operator('retire'), link('R2'));
    expect(till.answersTo(link('R2'))).toEqual([refused('retired')]);
    till.report(unlinked('paid'));
    expect(till.phase).toEqual({ is: 'retired' });
    expect(till.answersTo(operator('retire'))).toEqual([{ is: 'retired' }]);
  });

  it('while the payer is at it is refused, and the link goes on', () => {
    const till = linkedTo('R1').order(operator('retire')).report(inFlight);
    expect(till.answersTo(operator('retire'))).toEqual([inFlight]);
    till.notice('R1').report(settled).order(link('R2'));
    expect(till.phase.is).toBe('linking');
  });

  it('refuses the sales that waited behind it, and answers everybody else', () => {
    const others = [unlink(), update('R1'), operator('reconcileNow'), operator('resolve'), operator('open')] as const;
    const till = linkedTo('R1')
      .notice('R1')
      .order(operator('retire'), ...others)
      .report(alive)
      .report(unlinked());
    expect(till.phase.is).toBe('retired');
    expect(others.map((order) => till.answersTo(order))).toEqual([
      [{ is: 'unlinked', found: 'nothing' }],
      [refused('retired')],
      [{ is: 'done' }],
      [refused('retired')],
      [refused('retired')],
    ]);
  });

  it('of a retired link is done', () => {
    const till = new LinkUnderTest(stored({ status: 'retired' })).order(operator('retire'));
    expect(till.answers).toMatchObject([{ answer: { is: 'retired' } }]);
  });
});

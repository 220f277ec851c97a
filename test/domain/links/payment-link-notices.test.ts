/** Notices only say "read this"; what a read finds is judged at the moment it tells (protocol.md F5, F7). */
import { describe, expect, it } from '@jest/globals';
import { sideReads } from '../../../domain/links/link-effects.ts';
import {
  alive,
  expired,
  isLinked,
  link,
  linked,
  linkedTo,
  LinkUnderTest,
  operator,
  requestId,
  settled,
  stored,
  undead,
  unlink,
  unlinked,
  update,
} from './link-builders.ts';

const R0 = requestId('R0');

describe('a notice for what is linked', () => {
  it.each([
    ['linking', () => new LinkUnderTest().order(link('R1')), linked()],
    ['updating', () => linkedTo('R1').order(update('R1')), { is: 'updated', revision: 1, number: 0 } as const],
    ['unlinking something else', () => linkedTo('R1').order(unlink('R0')), unlinked('nothing')],
    ['settling', () => linkedTo('R1').notice('R1', 'check'), alive],
  ])('that arrives while the link is %s is read once it is at rest', (_, make, report) => {
    const till = make().notice('R1');
    expect(sideReads(till.state)).toEqual([]);
    till.report(report);
    expect(till.effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R1'), why: 'paid' });
    expect(till.state.reads).toEqual([]);
    expect(till.report(settled).phase.is).toBe('free');
  });

  it('that arrives while it is being unlinked is read beside the loop when it is gone', () => {
    const till = linkedTo('R1').order(unlink()).notice('R1').report(unlinked());
    expect(till.phase.is).toBe('free');
    expect(sideReads(till.state)).toEqual([{ requestId: requestId('R1'), why: 'paid' }]);
  });

  it('that names no request means whatever is linked', () => {
    expect(linkedTo('R1').notice(undefined, 'expired').effect).toMatchObject({ requestId: requestId('R1') });
  });

  it('is read although another request is: no read is lost to another', () => {
    const till = new LinkUnderTest().order(link('R1')).notice('R0').notice('R1').report(linked());
    expect(till.effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R1') });
    expect(till.state.reads).toEqual([{ requestId: R0, why: 'paid' }]);
    expect(till.report(settled).state.reads).toEqual([{ requestId: R0, why: 'paid' }]);
  });

  it('of money, while a read that may have looked too early is under way, has the request read once more', () => {
    const till = linkedTo('R1').notice('R0', 'expired').paidMeanwhile('R0').paidMeanwhile('R0');
    expect(till.state.reads).toEqual([{ requestId: R0, why: 'paid', again: true }]);
    till.read('R0', expired);
    expect(till.state.reads).toEqual([{ requestId: R0, why: 'paid' }]);
    till.read('R0', settled);
    expect(till.state.reads).toEqual([]);
    expect(new LinkUnderTest().paidMeanwhile('R0').state.reads).toEqual([{ requestId: R0, why: 'paid' }]);
  });

  it('is judged before a command that came after it', () => {
    const till = linkedTo('R1').notice('R1').order(link('R2'));
    expect(till.answersTo(link('R2'))).toEqual([]);
    till.report(settled).report(linked());
    expect(till.answersTo(link('R2'))).toEqual([isLinked('R2')]);
  });

  it('that met a parked cancel of a stray is read when that cancel, started again, has ended', () => {
    const till = linkedTo('R1').notice('R0', 'check').read('R0', undead).park();
    till.notice('R1');
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: R0, stray: true });
    expect(till.report(unlinked()).effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R1') });
  });
});

describe('notices coalesce', () => {
  it('into one pending read of a request', () => {
    const till = new LinkUnderTest().order(link('R1')).notice('R1').notice('R1').notice('R1', 'check');
    expect(till.ignoredBecause).toMatch(/pending/);
    expect(till.state.reads).toEqual([{ requestId: requestId('R1'), why: 'paid' }]);
  });

  it('and "paid" outweighs a pending check, because only it waits for the money to show', () => {
    const till = new LinkUnderTest().order(link('R1')).notice('R1', 'check').notice('R1', 'paid');
    expect(till.state.reads).toEqual([{ requestId: requestId('R1'), why: 'paid' }]);
  });

  it('and none is lost while a read is under way: the next one starts after it', () => {
    const till = linkedTo('R1').notice('R1').notice('R1').report(alive);
    expect(till.effect).toMatchObject({ run: 'settleRequest' });
  });
});

describe('a notice that concerns nothing here', () => {
  it('is ignored when the request is still queued', () => {
    const till = linkedTo('R1')
      .order(link('Q1', { onBusy: 'queue' }))
      .notice('Q1');
    expect(till.ignoredBecause).toMatch(/queued/);
  });

  it('is ignored when nothing is linked and none is named', () => {
    for (const why of ['paid', 'expired'] as const) {
      expect(new LinkUnderTest().notice(undefined, why).ignoredBecause).toMatch(/nothing is linked/);
    }
    expect(new LinkUnderTest(stored({ status: 'retired' })).notice(undefined, 'check').ignoredBecause).toBeDefined();
  });

  it('is read beside the loop when it names an earlier, or an unknown, request, and delays nobody', () => {
    const till = linkedTo('R1').notice('R0');
    expect(till.effect).toBeUndefined();
    expect(till.state.reads).toEqual([{ requestId: R0, why: 'paid' }]);
    till.order(unlink()).report(unlinked()).order(link('R2')).report(linked());
    expect(till.phase.is).toBe('linked');
    expect(till.read('R0', { is: 'nothing', because: 'no request of this link' }).state.reads).toEqual([]);
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R2') } });
  });

  it('makes a free link look at its code when it is a check', () => {
    expect(new LinkUnderTest().notice(undefined, 'check').effect).toMatchObject({ run: 'checkLink' });
  });

  it('starts a parked opening again', () => {
    const till = new LinkUnderTest(stored({ status: 'opening' })).park().notice(undefined, 'check');
    expect(till.effect).toMatchObject({ run: 'openLink' });
    till.order(operator('open')).report({ is: 'opened' });
    expect(till.answersTo(operator('open'))).toEqual([{ is: 'opened' }]);
  });
});

describe('a request that ended here and is found alive', () => {
  it('is cancelled in the loop, and the current sale stays linked', () => {
    const till = linkedTo('R1', { revision: 2 }).notice('R0', 'check').read('R0', undead);
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: R0, stray: true, orders: [] });
    till.report(unlinked());
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R1'), revision: 2 } });
  });

  it('waits until the link is at rest, and goes before those who wait', () => {
    const till = new LinkUnderTest().order(link('R1')).notice('R0', 'check').read('R0', undead);
    expect(till.phase.is).toBe('linking');
    till.order(unlink()).report(linked());
    expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: R0 });
    expect(till.report(unlinked()).effect).toMatchObject({ run: 'cancelRequest', requestId: requestId('R1') });
  });

  it('is cancelled once, however often it is found before', () => {
    const till = new LinkUnderTest().order(link('R1'));
    for (let found = 0; found < 3; found += 1) till.notice('R0', 'check').read('R0', undead);
    expect(till.state.strays).toEqual([R0]);
  });

  it('is no stray while it is queued, or linked, or known as alive here', () => {
    const till = linkedTo('R1').order(link('Q1', { onBusy: 'queue' }));
    till.read('Q1', undead).read('R1', undead).read('R0', alive);
    expect(till.phase.is).toBe('linked');
    expect(till.state.strays).toEqual([]);
  });

  it('leaves the sale linked when its own payment is in flight', () => {
    const till = linkedTo('R1').notice('R0', 'check').read('R0', undead);
    till.report({ is: 'refused', because: 'payment-in-flight' });
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R1') } });
  });

  it('leaves a retired link retired', () => {
    const till = new LinkUnderTest(stored({ status: 'retired' })).notice('R0', 'check').read('R0', undead);
    expect(till.report(unlinked('paid')).phase).toEqual({ is: 'retired' });
  });

  it('is asked for again by the check that names it, or none, when its cancel is parked', () => {
    for (const name of ['R0', undefined]) {
      const till = new LinkUnderTest().notice('R0', 'check').read('R0', undead).park().notice(name, 'check');
      expect(till.effect).toMatchObject({ run: 'cancelRequest', requestId: R0 });
    }
  });
});

describe('a side read that ends', () => {
  it('with money, an end, or without an answer needs nothing more', () => {
    for (const result of [settled, expired, undefined]) {
      const till = linkedTo('R1').notice('R0');
      const { phase } = till;
      expect(till.read('R0', result).state.reads).toEqual([]);
      expect(till.phase).toEqual(phase);
    }
  });

  it('when its request has become the linked one is read again, because it did not free the code', () => {
    const till = linkedTo('R1').notice('R1', 'check').order(link('R2')).notice('R2');
    expect(sideReads(till.state)).toEqual([{ requestId: requestId('R2'), why: 'paid' }]);
    till.report(settled).read('R2', settled);
    expect(till.phase.is).toBe('linking');
    expect(till.report(linked()).effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R2') });
    expect(till.report(settled).phase.is).toBe('free');
  });
});

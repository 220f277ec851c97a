/** What a link goes on from: Postgres when it wakes (F6) or is overtaken (F4), its carried state otherwise. */
import { describe, expect, it } from '@jest/globals';
import type { Answer } from '../../../domain/links/link-state.ts';
import {
  alive,
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
  update,
} from './link-builders.ts';

const current = { requestId: requestId('R1'), revision: 2, amount: 'BRL 24.90', expiresAt: NOW + 900_000 };
const fencedBy = (more: object) => ({ is: 'fenced', stored: stored(more) }) as const;
const answeredBefore = (answer: Answer, more: object) => ({ is: 'answered', answer, stored: stored(more) }) as const;

describe('a link that wakes', () => {
  it.each(['free', 'attention', 'retired'] as const)('%s stays so, and asks for nothing', (status) => {
    const till = new LinkUnderTest(stored({ status, because: 'a stranger', seq: 8, newest: 5 }));
    expect(till.phase.is).toBe(status);
    expect(till.effect).toBeUndefined();
    expect(till.state).toMatchObject({ seq: 8, newest: 5, kind: 'till', label: 'Caixa 3' });
  });

  it('opening opens again', () => {
    expect(new LinkUnderTest(stored({ status: 'opening', seq: 3 })).effect).toEqual({ run: 'openLink', seq: 4 });
  });

  it.each(['linked', 'linking', 'attention'] as const)(
    '%s with a live request reads that at the provider first',
    (status) => {
      const till = new LinkUnderTest(stored({ status, seq: 8, current }));
      expect(till.effect).toEqual({ run: 'settleRequest', seq: 9, requestId: requestId('R1'), why: 'waking' });
      till.order(link('R2'));
      expect(till.answers).toEqual([]);
      till.report({ ...alive, revision: 2 } as typeof alive);
      expect(till.phase).toEqual({ is: 'linked', sale: current });
      expect(till.answersTo(link('R2'))).toMatchObject([{ because: 'busy' }]);
    },
  );

  it('linking with its order unfinished goes on linking', () => {
    const order = link('R1', { number: 4 });
    const till = new LinkUnderTest(stored({ status: 'linking', current: { ...current, order } }));
    expect(till.effect).toMatchObject({ run: 'linkRequest', order });
    expect(till.report(linked()).answersTo(order)).toEqual([isLinked('R1')]);
  });

  it('linking or linked without any live request is free', () => {
    for (const status of ['linking', 'linked'] as const) {
      expect(new LinkUnderTest(stored({ status })).phase.is).toBe('free');
    }
  });

  it('free with a queue links the first of it at once', () => {
    const till = new LinkUnderTest(stored({ queue: [link('Q1'), link('Q2')] }));
    expect(till.effect).toMatchObject({ order: { commandId: 'link-Q1' } });
    expect(till.state.queue).toHaveLength(1);
  });
});

describe('an effect that was overtaken', () => {
  it('adopts what is stored and keeps those who wait', () => {
    const till = linkedTo('R1').notice('R1').order(link('R2')).notice('R0');
    till.report(fencedBy({ seq: 40, newest: 3 }));
    expect(till.state.seq).toBe(41);
    expect(till.state.reads).toEqual([{ requestId: requestId('R0'), why: 'paid' }]);
    expect(till.effect).toMatchObject({ run: 'linkRequest', seq: 41, order: { requestId: requestId('R2') } });
  });

  it('lets nobody wait for it: its own order hears that nothing is decided here', () => {
    const till = new LinkUnderTest().order(link('R1'));
    till.report(fencedBy({ seq: 40, current: { ...current, requestId: requestId('R9') } }));
    expect(till.answersTo(link('R1'))).toEqual([{ is: 'pending' }]);
    expect(till.effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R9') });
  });

  it('by its own first attempt, which died after its transaction, still links the sale that it made room for', () => {
    const till = linkedTo('R1').order(link('R2', { onBusy: 'replace' }));
    till.report(fencedBy({ seq: till.state.seq, status: 'free' }));
    expect(till.effect).toMatchObject({ run: 'linkRequest', order: { requestId: requestId('R2') } });
    expect(till.report(linked()).answersTo(link('R2'))).toEqual([isLinked('R2')]);
  });

  it('keeps its queue, which may not be stored yet', () => {
    const till = linkedTo('R1')
      .order(link('Q1', { onBusy: 'queue' }))
      .notice('R1')
      .report(fencedBy({ seq: 40, current }));
    expect(till.state.queue.map((order) => order.commandId)).toEqual(['link-Q1']);
    expect(till.state.records).toHaveLength(1);
  });

  it('never lets seq or the newest number fall', () => {
    const till = linkedTo('R1', { number: 7 }).order(update('R1'));
    const { seq } = till.state;
    till.report(answeredBefore({ is: 'updated', requestId: requestId('R1'), revision: 2 }, { current }));
    expect(till.state.seq).toBe(seq + 1);
    expect(till.state.newest).toBe(7);
  });

  it('when the link was retired leaves it retired and refuses those who wait', () => {
    const till = linkedTo('R1')
      .notice('R1')
      .order(link('R2'), link('Q1', { onBusy: 'queue' }));
    till.report(fencedBy({ seq: 40, status: 'retired' }));
    expect(till.phase.is).toBe('retired');
    for (const order of [link('R2'), link('Q1')]) expect(till.answersTo(order)).toMatchObject([{ because: 'retired' }]);
  });
});

describe('an order whose outcome was stored before', () => {
  it('gets that outcome, and the link goes on from what is stored', () => {
    const till = new LinkUnderTest().order(link('R1')).report(answeredBefore(isLinked('R1'), { seq: 1, current }));
    expect(till.answersTo(link('R1'))).toEqual([isLinked('R1')]);
    expect(till.effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R1') });
    expect(till.report(settled).phase.is).toBe('free');
  });

  it.each([
    ['retire', operator('retire'), { is: 'retired' }, { status: 'retired' }, 'retired'],
    ['unlink', unlink(), { is: 'unlinked', found: 'cancelled' }, { status: 'free' }, 'free'],
    ['unlink refused', unlink(), { is: 'refused', because: 'payment-in-flight' }, { current }, 'settling'],
  ] as const)('is not done again: %s', (_, order, answer, more, phase) => {
    const till = linkedTo('R1').order(order).report(answeredBefore(answer, more));
    expect(till.answersTo(order)).toEqual([answer]);
    expect(till.phase.is).toBe(phase);
  });
});

describe('the carried state', () => {
  it('with a full queue, twelve answers and real names fits into 4 KiB', () => {
    const uuid = (n: number) => `0196f3a2-7c41-7b2e-9d55-${n.toString(16).padStart(12, '0')}`;
    const order = (n: number) =>
      link(`Q${n}`, {
        commandId: uuid(n),
        number: 4_000_000 + n,
        onBusy: 'queue',
        notAfter: NOW + 900_000,
        amount: 'BRL 1249.90',
        actor: 'pos-1',
      });
    const till = new LinkUnderTest(stored({ paymentLinkId: uuid(0), label: 'Loja 12, caixa 3', seq: 90_000 }));
    for (let n = 20; n < 32; n += 1) {
      till.order(link(`R${n}`, { commandId: uuid(n), number: n })).report(linked({ number: n, expiresAt: NOW }));
      if (n < 31) till.notice().report(settled);
    }
    for (let n = 0; n < 10; n += 1) till.order(order(n));
    till.recorded();
    expect([till.state.queue.length, till.state.answered.length]).toEqual([10, 12]);
    expect(Buffer.byteLength(JSON.stringify(till.state))).toBeLessThanOrEqual(4_096);
  });

  it('goes on in the next run as if nothing had happened', () => {
    const till = linkedTo('R1', { number: 3 })
      .order(link('Q1', { onBusy: 'queue' }))
      .notice('R0');
    const next = new LinkUnderTest(JSON.parse(JSON.stringify(till.state)) as typeof till.state);
    expect(next.state).toEqual(till.state);
    expect(next.order(link('Q1')).answers).toMatchObject([{ answer: { is: 'queued' } }]);
    expect(next.order(link('R1')).answers).toMatchObject([{ answer: isLinked('R1') }]);
  });
});

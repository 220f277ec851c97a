/** Sales that wait for the code, and the deadlines that are kept for them and for the linked one. */
import { describe, expect, it } from '@jest/globals';
import { nextDeadline } from '../../../domain/links/link-effects.ts';
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
  unlinked,
} from './link-builders.ts';

const queued = (name: string, more: object = {}) => link(name, { onBusy: 'queue', ...more });
const refused = (because: string) => ({ is: 'refused', because });

function fullTill(): LinkUnderTest {
  const till = linkedTo('R1');
  for (let n = 0; n < 10; n += 1) till.order(queued(`Q${n}`));
  return till;
}

describe('a queued sale', () => {
  it('is told so at once, and linked when the code is free, first come first served', () => {
    const till = linkedTo('R1').order(queued('Q1', { number: 9 }), queued('Q2', { number: 8 }));
    expect(till.answersTo(queued('Q1'))).toEqual([{ is: 'queued', requestId: requestId('Q1') }]);
    till.notice('R1').report(settled);
    expect(till.effect).toMatchObject({ run: 'linkRequest', order: { requestId: requestId('Q1') } });
    till
      .report(linked({ number: 9 }))
      .notice('Q1')
      .report(settled)
      .report(linked({ number: 8 }));
    expect(till.answersTo(queued('Q1'))).toEqual([{ is: 'queued', requestId: requestId('Q1') }, isLinked('Q1')]);
    expect(till.answersTo(queued('Q2'))).toEqual([{ is: 'queued', requestId: requestId('Q2') }, isLinked('Q2')]);
  });

  it('is linked without queueing when the code is free', () => {
    expect(new LinkUnderTest().order(queued('Q1')).phase.is).toBe('linking');
  });

  it('is stored first, and from then on its charge is in its row', () => {
    const till = linkedTo('R1').order(queued('Q1'));
    expect(till.state.records).toMatchObject([
      { answer: { is: 'queued' }, order: { charge: { reference: 'cart Q1' } } },
    ]);
    expect(till.state.queue[0]).toHaveProperty('charge');
    till.recorded();
    expect(till.state.queue[0]).not.toHaveProperty('charge');
    expect(till.state.queue[0]).toMatchObject({ amount: 'BRL 24.90', requestId: requestId('Q1') });
  });

  it('keeps its charge when it is linked before it was stored', () => {
    const till = linkedTo('R1').order(queued('Q1')).notice('R1').report(settled);
    expect(till.recorded().effect).toMatchObject({ order: { charge: { reference: 'cart Q1' } } });
  });

  it('is the eleventh: refused', () => {
    const till = fullTill().order(queued('Q10'));
    expect(till.answersTo(queued('Q10'))).toEqual([refused('queue-full')]);
    expect(till.state.queue).toHaveLength(10);
  });

  it('fills the queue while the link is in motion: refused when its turn comes', () => {
    const till = fullTill().notice('R1').order(unlink('Q0'), queued('Q10'), queued('Q11'));
    till.report(alive);
    expect(till.answersTo(queued('Q10')).at(-1)).toEqual(refused('queue-full'));
  });

  it('is cancelled by name, and nothing is asked of the provider', () => {
    const till = linkedTo('R1').order(queued('Q1'), queued('Q2')).order(unlink('Q1'));
    expect(till.answersTo(unlink('Q1'))).toEqual([{ is: 'unlinked', requestId: requestId('Q1'), found: 'cancelled' }]);
    expect(till.answersTo(queued('Q1')).at(-1)).toEqual(refused('cancelled'));
    expect(till.phase.is).toBe('linked');
    expect(till.state.queue.map((order) => order.commandId)).toEqual(['link-Q2']);
  });

  it('keeps a refusal that came while its queueing was being written', () => {
    const till = linkedTo('R1').order(queued('Q1'));
    const written = till.state.records.map(({ order }) => order.commandId);
    till.order(unlink('Q1')).apply({ is: 'recorded', commandIds: written });
    expect(till.state.records.map(({ order, answer }) => [order.commandId, answer.is])).toEqual([
      ['link-Q1', 'refused'],
      ['unlink-Q1', 'unlinked'],
    ]);
  });

  it('has its own place when the same command comes twice', () => {
    const till = linkedTo('R1').order(queued('Q1'), queued('Q1'));
    expect(till.state.queue).toHaveLength(1);
    const told = { is: 'queued', requestId: requestId('Q1') };
    expect(till.answersTo(queued('Q1'))).toEqual([told, told]);
  });

  it('waits through attention, and is linked once the code is clear', () => {
    const till = new LinkUnderTest(stored({ status: 'attention', queue: [queued('Q1')] }));
    expect(till.phase.is).toBe('attention');
    till.notice(undefined, 'check').report({ is: 'checked', code: 'nothing', because: 'clear' });
    expect(till.effect).toMatchObject({ run: 'linkRequest', order: { commandId: 'link-Q1' } });
  });

  it('is overtaken by nobody who does not replace', () => {
    const till = linkedTo('R1').order(queued('Q1')).notice('R1').order(link('R2')).report(settled);
    expect(till.answersTo(link('R2'))).toEqual([{ ...refused('busy'), requestId: requestId('Q1') }]);
    expect(till.effect).toMatchObject({ order: { commandId: 'link-Q1' } });
  });

  it('is refused when the link is retired, each with its reason', () => {
    const till = fullTill().order(operator('retire')).report(unlinked());
    expect(till.state.queue).toEqual([]);
    for (let n = 0; n < 10; n += 1) expect(till.answersTo(queued(`Q${n}`)).at(-1)).toEqual(refused('retired'));
    expect(till.state.records.filter(({ answer }) => answer.is === 'refused')).toHaveLength(10);
  });

  it('is refused also when the retirement is found only at the next wake', () => {
    const till = new LinkUnderTest(stored({ status: 'retired', queue: [queued('Q1')] }));
    expect(till.answersTo(queued('Q1'))).toEqual([refused('retired')]);
    expect(till.state.records).toHaveLength(1);
  });
});

describe('deadlines', () => {
  it('each queued sale has its own, and passing it refuses that one only', () => {
    const till = linkedTo('R1').order(queued('Q1', { notAfter: NOW + 60 }), queued('Q2', { notAfter: NOW + 30 }));
    expect(nextDeadline(till.state)).toBe(NOW + 30);
    till.tick(29);
    expect(till.ignoredBecause).toMatch(/no deadline/);
    till.tick(1);
    expect(till.answersTo(queued('Q2')).at(-1)).toEqual(refused('timed-out'));
    expect(till.state.queue.map((order) => order.commandId)).toEqual(['link-Q1']);
    expect(nextDeadline(till.state)).toBe(NOW + 60);
  });

  it('several that have passed are kept in one look', () => {
    const till = linkedTo('R1', { expiresAt: NOW }).order(
      queued('Q1', { notAfter: NOW }),
      queued('Q2', { notAfter: NOW }),
    );
    till.tick(2_000);
    expect(till.state.queue).toEqual([]);
    expect(till.effect).toMatchObject({ run: 'settleRequest', why: 'deadline' });
  });

  it('a queued sale whose turn comes too late is refused, and the next one is linked', () => {
    const till = linkedTo('R1')
      .order(queued('Q1', { notAfter: NOW + 5 }), queued('Q2'))
      .notice('R1');
    till.now += 6;
    till.report(settled);
    expect(till.answersTo(queued('Q1')).at(-1)).toEqual(refused('timed-out'));
    expect(till.effect).toMatchObject({ order: { commandId: 'link-Q2' } });
  });

  it('the provider is asked once at the expiry of the linked sale, two seconds later', () => {
    const till = linkedTo('R1', { expiresAt: NOW + 100 });
    expect(nextDeadline(till.state)).toBe(NOW + 2_100);
    till.tick(2_099);
    expect(till.ignoredBecause).toMatch(/no deadline/);
    till.tick(1);
    expect(till.effect).toMatchObject({ run: 'settleRequest', requestId: requestId('R1'), why: 'deadline' });
    till.report({ is: 'alive', stored: 'alive', revision: 0, expiresAt: NOW + 100 });
    expect(till.phase.is).toBe('linked');
    expect(nextDeadline(till.state)).toBeUndefined();
    expect(till.tick(60_000).ignoredBecause).toMatch(/no deadline/);
  });

  it('our clock alone never ends a sale', () => {
    const till = linkedTo('R1', { expiresAt: NOW }).tick(86_400_000).report(alive);
    expect(till.phase).toMatchObject({ is: 'linked', sale: { requestId: requestId('R1') } });
  });

  it('another deadline is asked at again', () => {
    const till = linkedTo('R1', { expiresAt: NOW }).tick(2_000);
    till.report({ is: 'alive', stored: 'alive', revision: 1, expiresAt: NOW + 9_000 });
    expect(nextDeadline(till.state)).toBe(NOW + 11_000);
  });

  it('that passes while the link is in motion is kept once it is at rest', () => {
    const till = linkedTo('R1', { expiresAt: NOW }).notice('R1', 'check').tick(5_000);
    expect(till.ignoredBecause).toMatch(/no deadline/);
    expect(till.report(alive).tick(1).effect).toMatchObject({ why: 'deadline' });
  });
});

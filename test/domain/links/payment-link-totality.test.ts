/** Every state meets every event: it is answered, it never throws, and nothing is lost on the way. */
import { describe, expect, it } from '@jest/globals';
import type { EffectResult, LinkEvent } from '../../../domain/links/link-events.ts';
import { describeLink, summaryOf } from '../../../domain/links/link-words.ts';
import type { LinkState, Order } from '../../../domain/links/link-state.ts';
import { nextDeadline, sideReads } from '../../../domain/links/link-effects.ts';
import { aReading } from '../billing/reading-builders.ts';
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
  NOW,
  nothingDue,
  operator,
  rated,
  rebilled,
  requestId,
  settled,
  stepOf,
  stored,
  stranger,
  undead,
  unlink,
  unlinked,
  update,
} from './link-builders.ts';

const LATER = { do: 'nothing', because: 'it is being paid', waits: true } as const;
const replace = link('R2', { onBusy: 'replace', number: 6 });
const queued = (n: number) => link(`Q${n}`, { onBusy: 'queue', number: 20 + n, notAfter: NOW + n });

/** One of each phase, and each motion parked as well. */
const AT_REST: Readonly<Record<string, () => LinkUnderTest>> = {
  free: () => new LinkUnderTest(),
  linked: () => linkedTo('R1', { number: 5, expiresAt: NOW }),
  'linked, with a queue': () => linkedTo('R1', { number: 5 }).order(queued(1), queued(2)),
  attention: inAttention,
  'attention, with a queue': () =>
    new LinkUnderTest(stored({ status: 'attention', queue: [link('Q1', { notAfter: NOW })] })),
  retired: () => new LinkUnderTest(stored({ status: 'retired' })),
  'free and metered': () => new LinkUnderTest(stored({ metered: true })),
  'linked by usage, and rated later': () =>
    new LinkUnderTest()
      .measured()
      .report(rated(billed('R1')))
      .report(linked())
      .measured()
      .report(rated(LATER)),
};
const IN_MOTION: Readonly<Record<string, () => LinkUnderTest>> = {
  opening: () => new LinkUnderTest(stored({ status: 'opening' })).order(operator('open')),
  linking: () => new LinkUnderTest().order(link('R1', { number: 5 })),
  'linking, with much waiting': () =>
    new LinkUnderTest()
      .order(link('R1'), replace, unlink(), update('R1'), operator('retire'))
      .notice('R1')
      .notice('R0'),
  updating: () => linkedTo('R1', { expiresAt: NOW }).order(update('R1')),
  settling: () => linkedTo('R1').notice('R1'),
  'settling, with a sale waiting': () => linkedTo('R1').notice('R1').order(link('R2')),
  unlinking: () => linkedTo('R1').order(unlink()),
  'unlinking nothing': () => new LinkUnderTest().order(unlink()),
  replacing: () => linkedTo('R1').order(replace),
  'cancelling a stray': () => linkedTo('R1').notice('R0', 'check').read('R0', undead),
  'cancelling a stray, from attention': () => inAttention().notice('R0', 'check').read('R0', undead),
  'making room': () => new LinkUnderTest().order(link('R1')).report({ is: 'blocked', by: requestId('R0') }),
  retiring: () => linkedTo('R1').order(operator('retire')),
  resolving: () => linkedTo('R1').order(operator('resolve')),
  'retired, with a stray': () =>
    new LinkUnderTest(stored({ status: 'retired' })).notice('R0', 'check').read('R0', undead),
  checking: () => inAttention().notice(undefined, 'check'),
  rating: () => new LinkUnderTest().measured(),
  'rating what is linked, for a decision': () =>
    linkedTo('R1').measured().order(decision('approve')).report(rated(nothingDue)),
  'rating, retired': () => new LinkUnderTest(stored({ status: 'retired' })).measured(aReading(1, '00120', 3)),
  'linking what was billed': () => new LinkUnderTest().measured().report(rated(billed('R1'))),
  'changing what was billed': () =>
    linkedTo('R1')
      .measured()
      .report(rated(rebilled('R1')))
      .measured(),
  'withdrawing what was billed': () =>
    linkedTo('R1')
      .measured()
      .report(rated({ do: 'withdraw', because: 'held' })),
};
const STATES = [
  ...Object.entries(AT_REST).map(([name, make]) => [name, make] as const),
  ...Object.entries(IN_MOTION).flatMap(([name, make]) => [
    [name, make] as const,
    [`${name}, parked`, () => make().park()] as const,
  ]),
];

const ORDERS: readonly Order[] = [
  link('R1'),
  link('R3', { number: 7 }),
  link('R3', { onBusy: 'replace', commandId: 'another' }),
  link('R4', { onBusy: 'queue', notAfter: NOW + 1 }),
  link('R5', { notAfter: NOW - 1 }),
  update('R1', { expectedRevision: 0 }),
  update('R9', { expectedRevision: 4 }),
  unlink(undefined, { commandId: 'another unlink' }),
  unlink('R1', { number: 8 }),
  unlink('Q1'),
  ...(['approve', 'correct', 'reread'] as const).map((is) => decision(is, { commandId: `another ${is}` })),
  ...(['open', 'retire', 'resolve', 'reconcileNow', 'annotate'] as const).map((is) =>
    operator(is, { commandId: `another ${is}` }),
  ),
];
const RESULTS: readonly EffectResult[] = [
  { is: 'opened' },
  linked({ expiresAt: NOW, number: 5 }),
  { is: 'updated', revision: 1, number: 6 },
  ...(['nothing', 'cancelled', 'paid', 'expired'] as const).map((found) => unlinked(found, 9)),
  ...(['nothing', 'current', 'stray', 'stranger', 'unknown'] as const).flatMap((code): EffectResult[] => [
    { is: 'settled', status: 'underpaid', code },
    { is: 'ended', status: 'refused', code },
    { is: 'checked', code, because: 'looked' },
    { is: 'checked', code, by: requestId('R8'), because: 'looked' },
  ]),
  alive,
  undead,
  settled,
  expired,
  clear,
  stranger,
  inFlight,
  { is: 'nothing', because: 'no such request' },
  rated(billed('R1')),
  rated(rebilled('R1'), { answer: { is: 'decided', billId: requestId('B1') } }),
  rated({ do: 'withdraw', because: 'held' }),
  rated(nothingDue, { metered: false }),
  rated(LATER),
  { is: 'refused', because: 'payment-link-attention', detail: 'a stranger' },
  { is: 'blocked', by: requestId('R8') },
  { is: 'answered', answer: { is: 'retired' }, stored: stored({ status: 'retired' }) },
  { is: 'fenced', stored: stored({ seq: 900, status: 'attention' }) },
  { is: 'fenced', stored: stored({ status: 'opening' }) },
];

function eventsFor({ seq }: LinkState): readonly LinkEvent[] {
  const names = [undefined, 'R0', 'R1', 'R2', 'R9', 'Q1'];
  return [
    ...ORDERS.map((order): LinkEvent => ({ is: 'ordered', order })),
    ...names.flatMap((name) =>
      (['paid', 'expired', 'check'] as const).map((why): LinkEvent => ({
        is: 'noticed',
        why,
        ...(name === undefined ? {} : { requestId: requestId(name) }),
      })),
    ),
    { is: 'ticked' },
    { is: 'measured', readings: [] },
    { is: 'measured', readings: [aReading(1, '00120', 3)] },
    ...[seq, seq - 1, seq + 1].flatMap((at): LinkEvent[] => [
      { is: 'parked', seq: at, because: 'the provider is silent' },
      ...RESULTS.map((result): LinkEvent => ({ is: 'reported', seq: at, result })),
    ]),
    ...['R0', 'R1', 'Q1'].flatMap((name): LinkEvent[] => [
      { is: 'read', requestId: requestId(name) },
      ...RESULTS.map((result): LinkEvent => ({ is: 'read', requestId: requestId(name), result })),
    ]),
    { is: 'recorded', commandIds: ['link-Q1', 'link-R1', 'nobody'] },
  ];
}

describe.each(STATES)('a link that is %s', (_, make) => {
  it('answers every event, and goes on from whatever follows', () => {
    const { state } = make();
    for (const event of eventsFor(state)) {
      for (const now of [NOW, NOW + 10_000]) {
        const outcome = stepOf(state, event, now);
        if (outcome.kind === 'ignored') continue;
        const run = new LinkUnderTest(outcome.to);
        expect(describeLink(run.state)).toMatch(/You may: .+\.$/);
        const told = run.effect === undefined ? 'rests' : summaryOf(run.effect);
        expect([told.length < 200, nextDeadline(run.state), sideReads(run.state), run.state.records][0]).toBe(true);
      }
    }
  });

  it('changes nothing on the report of an older effect', () => {
    const { state } = make();
    for (const result of RESULTS) {
      expect(stepOf(state, { is: 'reported', seq: state.seq - 1, result }, NOW).kind).toBe('ignored');
    }
    expect(stepOf(state, { is: 'parked', seq: state.seq - 1, because: 'late' }, NOW).kind).toBe('ignored');
  });

  it('lets nobody go unanswered whose effect reported, whatever it reported', () => {
    for (const result of RESULTS) {
      const run = make();
      if (run.effect === undefined) continue;
      const { phase } = run.state;
      const carried =
        phase.is === 'unlinking' ? phase.orders : 'order' in phase && phase.order !== undefined ? [phase.order] : [];
      run.report(result);
      const still = [
        ...run.state.waiting,
        ...('order' in run.phase && run.phase.order !== undefined ? [run.phase.order] : []),
      ];
      if (run.phase.is === 'unlinking') still.push(...run.phase.orders, ...(run.phase.then ? [run.phase.then] : []));
      for (const order of carried) {
        const heard = run.answersTo(order).length > 0 || still.some(({ commandId }) => commandId === order.commandId);
        expect({ result, order, heard }).toEqual({ result, order, heard: true });
      }
    }
  });
});

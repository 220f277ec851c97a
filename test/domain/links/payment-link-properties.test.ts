/** Random histories of one link against a small world: whatever happens, everybody is answered and the rows agree. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LinkPlay, type PlayStep } from './link-play.ts';
import { isAlive } from './link-bank.ts';
import { runsOf, sayWhatIsPlayed, SEED } from '../../support/sampling.ts';

/** A million transitions in `npm run prove:properties`. */
const least = runsOf(1_000_000);
/** On average a few more. */
const STEPS_OF_A_HISTORY = 54;

const act: fc.Arbitrary<PlayStep> = fc.record({
  is: fc.oneof(
    { weight: 8, arbitrary: fc.constant('effect' as const) },
    { weight: 4, arbitrary: fc.constant('send' as const) },
    { weight: 3, arbitrary: fc.constant('beside' as const) },
    { weight: 2, arbitrary: fc.constantFrom('notice' as const, 'bank' as const) },
    { weight: 1, arbitrary: fc.constantFrom('again' as const, 'clock' as const, 'restart' as const) },
  ),
  who: fc.nat(999),
  luck: fc.nat(999_999),
});
const history = fc.record({
  begins: fc.constantFrom('free' as const, 'opening' as const),
  acts: fc.array(act, { minLength: 20, maxLength: 120, size: 'max' }),
});

function played({
  begins,
  acts,
}: {
  readonly begins: 'free' | 'opening';
  readonly acts: readonly PlayStep[];
}): LinkPlay {
  const play = new LinkPlay(begins);
  for (const each of acts) play.act(each);
  play.drain();
  return play;
}

/** What must be true in the end, said by the rows and the provider alone. Empty: all of it is. */
function wrongIn({ world, state, heard }: LinkPlay): readonly string[] {
  const wrong: string[] = [];
  for (const [id, { order, outcome, superseded }] of world.commands) {
    if (outcome === undefined) wrong.push(`${id} (${order.is}) has no answer`);
    if (outcome?.is === 'pending' || outcome?.is === 'queued') wrong.push(`${id} is ${outcome.is} for ever`);
    const said = heard.get(id);
    if (said !== undefined && said.is !== outcome?.is) wrong.push(`${id} heard ${said.is}, stored is ${outcome?.is}`);
    if (superseded && outcome?.is === 'linked') wrong.push(`${id} was superseded, and is linked`);
    if (outcome?.is === 'linked' && world.requests.get(outcome.requestId)?.here === 'linking') {
      wrong.push(`${id} is linked, and its request is not`);
    }
  }
  for (const request of world.requests.values()) {
    if (isAlive(request)) wrong.push(`${request.id} is alive at the provider`);
    if (request.here === 'active' || request.here === 'linking') wrong.push(`${request.id} is ${request.here} here`);
    if ((request.there === 'settled') !== world.booked.has(request.id)) wrong.push(`${request.id}: money and ledger`);
  }
  const retired = [...world.commands.values()].some(({ outcome }) => outcome?.is === 'retired');
  if (state.phase.is !== (retired ? 'retired' : 'free')) wrong.push(`it ends ${state.phase.is}`);
  if (world.row.status !== state.phase.is) wrong.push(`the row says ${world.row.status}, the link ${state.phase.is}`);
  const left = [state.waiting, state.queue, state.reads, state.strays, state.records].map((list) => list.length);
  if (left.some((length) => length > 0)) wrong.push(`left over: ${left.join()}`);
  return wrong;
}

const MET =
  'linked updated unlinked retired done opened busy superseded timed-out cancelled not-current already-paid ' +
  'payment-in-flight payment-link-attention linking:blocked linking:answered linking:settled updating:answered ' +
  'unlinking:answered unlinking:fenced unlinking:checked unlinking:refused settling:fenced checking:checked ' +
  'opening:parked linking:parked updating:parked settling:parked unlinking:parked checking:parked';

describe('any history of a link', () => {
  it('ends at rest, everybody answered once and for all, the money booked, and the rows of one mind', () => {
    sayWhatIsPlayed('Histories of a link');
    let transitions = 0;
    const seen = new Set<string>();
    fc.assert(
      fc.property(history, (plan) => {
        const play = played(plan);
        transitions += play.transitions;
        for (const each of play.met) seen.add(each);
        for (const { outcome } of play.world.commands.values()) {
          seen.add(outcome?.is === 'refused' ? outcome.because : (outcome?.is ?? 'none'));
        }
        expect(wrongIn(play)).toEqual([]);
      }),
      { seed: SEED, numRuns: Math.ceil(least / STEPS_OF_A_HISTORY) },
    );
    expect(transitions).toBeGreaterThanOrEqual(least);
    // A world in which little happens would prove little.
    expect([...seen]).toEqual(expect.arrayContaining(MET.split(' ')));
  });
});

/** Turns: never more than so many at once for one link, and nobody waits for another link. */
import { describe, expect, it } from '@jest/globals';
import { createUpdateTurns } from '../../temporal/update-turns.ts';

describe('turns', () => {
  const later = (): number => Date.now() + 10_000;

  /** Work that lasts until it is let go. */
  function held() {
    let release = (): void => undefined;
    const work = new Promise<void>((resolve) => {
      release = resolve;
    });
    return { work: async () => work, release };
  }

  it('let so many in at once and the others as these leave, each once', async () => {
    const turns = createUpdateTurns(3);
    let [inside, most, done] = [0, 0, 0];
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      done += 1;
    };
    await Promise.all(Array.from({ length: 20 }, async () => turns.take('a', later(), work)));
    expect({ most, done, inside }).toEqual({ most: 3, done: 20, inside: 0 });
  });

  it('of one link do not hold up another', async () => {
    const turns = createUpdateTurns(1);
    const first = held();
    const holding = turns.take('a', later(), first.work);
    expect(await turns.take('b', later(), async () => 'through')).toBe('through');
    first.release();
    await holding;
  });

  it('that do not come in time never begin, and cost nobody else a place', async () => {
    const turns = createUpdateTurns(1);
    const first = held();
    const holding = turns.take('a', later(), first.work);
    let begun = false;
    const late = await turns.take('a', Date.now() + 20, async () => {
      begun = true;
    });
    expect({ late, begun }).toEqual({ late: undefined, begun: false });
    const next = turns.take('a', later(), async () => 'next');
    first.release();
    await holding;
    expect(await next).toBe('next');
  });

  it('are given back by work that fails', async () => {
    const turns = createUpdateTurns(1);
    const failing = turns.take('a', later(), async () => Promise.reject(new Error('no')));
    const next = turns.take('a', later(), async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });
});

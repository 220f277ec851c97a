import { describe, expect, it } from '@jest/globals';
import { describeBatch, NO_ROWS, secondsLeft } from '../../../domain/billing/batch-progress.ts';

const rows = (changes: Partial<typeof NO_ROWS>) => ({ ...NO_ROWS, ...changes });

describe('the time that a batch has left', () => {
  it.each<[Partial<typeof NO_ROWS>, number, number | undefined]>([
    [{ waiting: 900, opened: 100 }, 10, 90],
    [{ waiting: 900, opened: 50, reused: 40, failed: 10 }, 10, 90],
    [{ waiting: 1, opened: 3 }, 1, 1],
    [{ waiting: 0, opened: 3 }, 10, 0],
    [{ waiting: 10 }, 10, undefined],
    [{ waiting: 10, opened: 1 }, 0, undefined],
    // A refused line was never work.
    [{ waiting: 10, refused: 1_000 }, 10, undefined],
  ])('of %j after %i s is %p', (counts, seconds, left) => {
    expect(secondsLeft({ rows: rows(counts), seconds })).toBe(left);
  });
});

describe('what operators read of a batch', () => {
  it.each<[Partial<typeof NO_ROWS>, number, string]>([
    [{ waiting: 10 }, 0, '0 of 10 accounts have their code, 0 of them a new one'],
    [
      { waiting: 900, opened: 90, reused: 10 },
      60,
      '100 of 1000 accounts have their code, 90 of them a new one; about 9 min left',
    ],
    [
      { opened: 8, failed: 1, refused: 2 },
      60,
      '9 of 9 accounts have their code, 8 of them a new one; 1 refused by the provider; 2 lines refused before; finished',
    ],
  ])('of %j', (counts, seconds, sentence) => {
    expect(describeBatch({ rows: rows(counts), seconds })).toBe(sentence);
  });
});

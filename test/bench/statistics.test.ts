/** The arithmetic under the published numbers: a wrong percentile would look like a fast product. */
import { describe, expect, it } from '@jest/globals';
import { median, percentile, ratioOfRounds } from '../../bench/statistics.ts';

const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('a percentile', () => {
  it('is the value at the nearest rank, whatever the order of the samples', () => {
    expect([1, 50, 99, 100].map((percent) => percentile(oneToHundred, percent))).toEqual([1, 50, 99, 100]);
  });

  it('is a measured value, never one between two', () => {
    expect(percentile([10, 20], 50)).toBe(10);
    expect(percentile([10, 20], 51)).toBe(20);
  });

  it('of few samples is the worst of them', () => {
    expect(percentile([3, 1, 2], 99)).toBe(3);
  });

  it('sorts by value, not by text', () => {
    expect(percentile([9, 100, 20], 100)).toBe(100);
  });

  it('of nothing is nothing', () => {
    expect(percentile([], 50)).toBeUndefined();
  });

  it.each([0, -1, 101, Number.NaN])('%d does not exist', (percent) => {
    expect(() => percentile([1], percent)).toThrow(RangeError);
  });

  it('leaves the samples in their order', () => {
    const samples = [3, 1, 2];
    percentile(samples, 50);
    expect(samples).toEqual([3, 1, 2]);
  });
});

describe('a median', () => {
  it('is the middle one, or half-way between the middle two', () => {
    expect(median([30, 1, 2])).toBe(2);
    expect(median([4, 1, 30, 2])).toBe(3);
    expect(median([])).toBeUndefined();
  });
});

describe('the ratio of rounds', () => {
  it('is taken round by round: a round that was slow for both changes nothing', () => {
    expect(ratioOfRounds([10, 1, 20], [40, 4, 80])).toEqual({ median: 0.25, least: 0.25, most: 0.25, rounds: 3 });
  });

  it('shows its least and its most', () => {
    expect(ratioOfRounds([1, 2, 9], [1, 1, 3])).toEqual({ median: 2, least: 1, most: 3, rounds: 3 });
  });

  it('leaves out a round in which one side has no number or sold nothing', () => {
    expect(ratioOfRounds([1, undefined, 3, 4], [2, 2, undefined, 0])).toEqual({
      median: 0.5,
      least: 0.5,
      most: 0.5,
      rounds: 1,
    });
  });

  it('of no round is nothing', () => {
    expect(ratioOfRounds([], [])).toBeUndefined();
    expect(ratioOfRounds([1], [0])).toBeUndefined();
  });
});

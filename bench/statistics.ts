/**
 * The arithmetic of the benchmark: percentiles, medians and ratios of rounds. Pure; it refuses to invent a number from
 * nothing.
 */

/** The nearest rank: always a value that was measured, never one between two. Undefined without samples. */
export function percentile(samples: readonly number[], percent: number): number | undefined {
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`there is no percentile ${percent}`);
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1];
}

export function median(samples: readonly number[]): number | undefined {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted.length % 2 === 1 ? upper : sorted[middle - 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/**
 * One ratio per round, because the two sides of a round met the same neighbours; a ratio of two medians would compare
 * minutes that never met. A round in which one side has no number, or the second a zero, says nothing and is left out.
 */
export function ratioOfRounds(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): Ratio | undefined {
  const ratios = ours.flatMap((own, round) => {
    const other = theirs[round];
    return own === undefined || other === undefined || other === 0 ? [] : [own / other];
  });
  const middle = median(ratios);
  if (middle === undefined) return undefined;
  return { median: middle, least: Math.min(...ratios), most: Math.max(...ratios), rounds: ratios.length };
}

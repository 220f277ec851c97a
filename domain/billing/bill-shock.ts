/**
 * Decides whether a measured usage becomes a bill without review. Usage that looks wrong is held for a person, because
 * a payer who gets one absurd bill does not trust the next code either.
 */
import { compareDecimals, decimal, plus, printDecimal, times, type Decimal } from '../decimal.ts';

export interface Period {
  readonly usage: string;
  readonly estimated: boolean;
}

export interface ShockLimits {
  /** Usage above this many times the norm is held: "3". */
  readonly timesTheNorm: string;
  /** The norm is the median of this many earlier periods. */
  readonly periods: number;
  /** Held at this many estimates in a row, the current one included: 3. */
  readonly estimatesInARow: number;
}

export type ShockReason = 'negative' | 'zero' | 'above-the-norm' | 'estimated-too-often';

type Judgement =
  { readonly is: 'bill' } | { readonly is: 'hold'; readonly reason: ShockReason; readonly sentence: string };

interface JudgementInput {
  readonly period: Period;
  /** Earlier periods, the oldest first. */
  readonly before: readonly Period[];
  readonly limits: ShockLimits;
  /** For the sentence: "kWh". */
  readonly unit: string;
}

/** Checks the worst cause first and reports only the first that applies. */
export function judgeUsage({ period, before, limits, unit }: JudgementInput): Judgement {
  const hold = (reason: ShockReason, sentence: string): Judgement => ({ is: 'hold', reason, sentence });
  const usage = decimal(period.usage);
  const told = `${printDecimal(usage)} ${unit}`;
  if (usage.units < 0n) return hold('negative', `The register went backwards: ${told}.`);
  if (usage.units === 0n) return hold('zero', 'Nothing was used since the last bill.');
  const norm = normOf(before.slice(-limits.periods));
  if (norm !== undefined && compareDecimals(usage, times(norm, decimal(limits.timesTheNorm))) > 0) {
    const most = `more than ${limits.timesTheNorm} times the usual ${printDecimal(norm)} ${unit}`;
    return hold('above-the-norm', `${told} is ${most}.`);
  }
  const estimates = estimatesUpTo([...before, period]);
  if (estimates >= limits.estimatesInARow) {
    return hold('estimated-too-often', `This is estimate ${estimates} in a row: somebody has to read the meter.`);
  }
  return { is: 'bill' };
}

/** The median: one wrong period moves it by a place, not by its size. Undefined for an account without a past. */
export function normOf(periods: readonly Period[]): Decimal | undefined {
  const sorted = periods.map(({ usage }) => decimal(usage)).toSorted(compareDecimals);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined || sorted.length % 2 === 1) return middle;
  const below = sorted[sorted.length / 2 - 1];
  return below && times(plus(below, middle), HALF);
}

const HALF: Decimal = { units: 5n, scale: 1 };

function estimatesUpTo(periods: readonly Period[]): number {
  const lastActual = periods.findLastIndex(({ estimated }) => !estimated);
  return periods.length - 1 - lastActual;
}

/** A meter's time at an account, and the consumption between two values of its register. */
import { compareDecimals, minus, plus, readDecimal, times, whole, type Decimal } from '../decimal.ts';

/** A register at a moment. The value is written as the register shows it: "00120". */
export interface RegisterAt {
  readonly value: string;
  /** An instant with its offset: 2026-11-26T07:00:00Z. */
  readonly at: string;
}

/** What a register can show. */
export interface Register {
  /** Before the point: five digits roll over from 99999 to 0. */
  readonly digits: number;
  readonly decimals: number;
}

/** One meter's time at one account. An exchange ends one and begins the next. */
export interface Meter extends Register {
  readonly meterId: string;
  /** Units used for each unit that the register shows: "1", or "40" behind a transformer. */
  readonly multiplier: string;
  readonly installed: RegisterAt;
  readonly removed?: RegisterAt;
}

/** Both ends included: the register is read when a meter comes and when it goes. */
export function inService({ installed, removed }: Meter, at: number): boolean {
  return at >= Date.parse(installed.at) && (removed === undefined || at <= Date.parse(removed.at));
}

/** Undefined for what this register cannot show: more digits than it has, a sign, anything but digits. */
export function registerValue(text: string, { digits, decimals }: Register): Decimal | undefined {
  const [, before, after = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (before === undefined || before.length > digits || after.length > decimals) return undefined;
  return readDecimal(text.replace(/^0+(?=\d)/, ''));
}

/**
 * The step from one register value to the next, the shorter way round: 99990 to 00020 is 30, and 00120 to 00100 is −20,
 * not a rollover of 99980. A mistyped reading between two good ones cancels out, because the next step takes back what
 * it added.
 */
export function stepBetween(from: Decimal, to: Decimal, { digits }: Meter): Decimal {
  const ring = whole(10n ** BigInt(digits));
  const straight = minus(to, from);
  const twice = times(straight, whole(2n));
  if (compareDecimals(plus(twice, ring), whole(0n)) < 0) return plus(straight, ring);
  if (compareDecimals(twice, ring) > 0) return minus(straight, ring);
  return straight;
}

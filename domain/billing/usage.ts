/**
 * Computes the usage since the last bill from register values. The result does not depend on the order or the number of
 * arrivals. Whether unusual usage is billed is decided in bill-shock.ts.
 */
import { decimal, minus, plus, printDecimal, sumOf, times, ZERO, type Decimal } from '../decimal.ts';
import { present } from '../present.ts';
import { inService, registerValue, stepBetween, type Meter, type RegisterAt } from './meter.ts';
import { siftReadings, type BilledUpTo, type MeasurementInput, type ReadingSelection } from './reading-faults.ts';
import { gatherReadings, instantOf, type ReadingCollection, type Reading } from './reading.ts';

/** One meter's share of a period: an exchange makes two. */
export interface UsagePart {
  readonly meterId: string;
  readonly from: RegisterAt;
  readonly to: RegisterAt;
  readonly multiplier: string;
  /** Negative where the register went backwards. */
  readonly usage: string;
  readonly rolledOver: boolean;
}

export interface Usage
  extends Pick<ReadingSelection, 'accepted' | 'lateCorrections' | 'refused'>, Omit<ReadingCollection, 'readings'> {
  /** `nothing`: no register was read since the last bill. */
  readonly is: 'measured' | 'nothing';
  /** In the tariff's unit; the sum of the parts. */
  readonly usage: string;
  readonly parts: readonly UsagePart[];
  /** The period ends on an estimate. */
  readonly estimated: boolean;
  /** Where the next period begins; absent where nothing was read and nothing billed. */
  readonly upTo?: BilledUpTo;
}

export function usageOf(input: MeasurementInput): Usage {
  const { readings, ...gathered } = gatherReadings(input.readings);
  const { standing, correctedEnd, ...sifted } = siftReadings(readings, input);
  // The error of the last bill's closing reading is corrected by an adjustment; measuring from the wrong value would
  // charge it twice.
  const billedUpTo = correctedEnd === undefined ? input.billedUpTo : endOf(correctedEnd);
  const shares = input.meters
    .toSorted((left, right) => Date.parse(left.installed.at) - Date.parse(right.installed.at))
    .map((meter) => shareOf(meter, standing, { now: input.now, billedUpTo }))
    .filter((share) => share !== undefined);
  const last = shares.at(-1);
  const upTo = last?.upTo ?? billedUpTo;
  return {
    is: last === undefined ? 'nothing' : 'measured',
    usage: printDecimal(sumOf(shares.map(({ part }) => decimal(part.usage)))),
    parts: shares.map(({ part }) => part),
    estimated: last?.estimated ?? false,
    ...present({ upTo }),
    ...sifted,
    ...gathered,
  };
}

interface MeterShare {
  readonly part: UsagePart;
  readonly upTo: BilledUpTo;
  readonly estimated: boolean;
}

/** From the end of the last bill, or the installation, to the removal or the last reading. */
function shareOf(
  meter: Meter,
  standing: readonly Reading[],
  { billedUpTo, now }: { readonly billedUpTo: BilledUpTo | undefined; readonly now: string },
): MeterShare | undefined {
  const from = startOf(meter, billedUpTo);
  if (from === undefined) return undefined;
  const start = Date.parse(from.at);
  const read = standing.filter((one) => {
    const at = instantOf(one);
    return one.meterId === meter.meterId && at > start && inService(meter, at);
  });
  const { removed } = meter;
  const gone = removed !== undefined && Date.parse(removed.at) <= Date.parse(now);
  const end = gone && Date.parse(removed.at) > start ? removed : undefined;
  // An estimate counts only if no actual reading follows it.
  const kept = read.filter((one, index) => !isEstimate(one) || (end === undefined && index === read.length - 1));
  const { meterId, multiplier } = meter;
  const ends = [...kept.map(endOf), ...(end === undefined ? [] : [{ meterId, ...end }])];
  const upTo = ends.at(-1);
  if (upTo === undefined) return undefined;
  const { stepped, rolledOver } = registerTravel([from, ...ends], meter);
  const usage = printDecimal(times(stepped, decimal(multiplier)));
  const to = { value: upTo.value, at: upTo.at };
  const last = read.at(-1);
  const estimated = end === undefined && last !== undefined && isEstimate(last);
  return { part: { meterId, from, to, multiplier, usage, rolledOver }, upTo, estimated };
}

function isEstimate({ kind }: Reading): boolean {
  switch (kind) {
    case 'actual':
      return false;
    case 'estimated':
      return true;
  }
}

function endOf({ meterId, value, readAt, deviceId, sequence }: Reading): BilledUpTo {
  return { meterId, value, at: readAt, reading: { deviceId, sequence } };
}

function startOf({ meterId, installed, removed }: Meter, billedUpTo: BilledUpTo | undefined): RegisterAt | undefined {
  if (billedUpTo === undefined) return installed;
  const billedAt = Date.parse(billedUpTo.at);
  if (billedAt < Date.parse(installed.at)) return installed;
  if (billedUpTo.meterId === meterId) return { value: billedUpTo.value, at: billedUpTo.at };
  // Another meter ended the last bill: this one was removed before that, or was installed in its place.
  return removed !== undefined && Date.parse(removed.at) <= billedAt ? undefined : installed;
}

function registerTravel(points: readonly RegisterAt[], meter: Meter) {
  const values = points.map(({ value }) => registerOf(value, meter));
  const stepped = values
    .slice(1)
    .reduce((sum, value, index) => plus(sum, stepBetween(values[index] ?? ZERO, value, meter)), ZERO);
  const straight = minus(values.at(-1) ?? ZERO, values[0] ?? ZERO);
  return { stepped, rolledOver: minus(stepped, straight).units !== 0n };
}

/** Readings were checked already; only a stored register value of the meter itself can still be invalid here. */
function registerOf(value: string, meter: Meter): Decimal {
  const read = registerValue(value, meter);
  if (read === undefined) throw new Error(`meter ${meter.meterId} cannot show ${value.slice(0, 30)}`);
  return read;
}

/**
 * Selects the readings that count for the next bill. An impossible reading is refused with a named cause; it changes no
 * bill and is shown to people.
 */
import { present } from '../present.ts';
import { inService, registerValue, type Meter, type RegisterAt } from './meter.ts';
import { instantOf, type Reading, type ReadingKey, readingKeyOf } from './reading.ts';

/** Where the last bill ended, and so where the next one begins. */
export interface BilledUpTo extends RegisterAt {
  readonly meterId: string;
  /** The reading that ended it; absent where a meter's removal did. */
  readonly reading?: ReadingKey;
}

export interface MeasurementInput {
  /** The meters that followed one another at one account; two meters in service at once are measured separately. */
  readonly meters: readonly Meter[];
  readonly readings: readonly Reading[];
  readonly billedUpTo?: BilledUpTo;
  /** Readings that a bill has used already; with `readings` they may come again and change nothing. */
  readonly billedReadings?: readonly ReadingKey[];
  /** An instant; nothing after it can have been read. */
  readonly now: string;
}

type RefusedReadingKind =
  | 'unknown-meter'
  | 'in-the-future'
  /** The meter was not yet, or no longer, at this account. */
  | 'not-in-service'
  | 'wrong-digits'
  | 'corrects-nothing'
  | 'before-the-last-billed';

interface RefusedReading extends ReadingKey {
  readonly kind: RefusedReadingKind;
  /** For people, with the reading's own numbers. */
  readonly sentence: string;
}

export interface ReadingSelection {
  /** In the order of time, without those that a later one replaced. */
  readonly standing: readonly Reading[];
  /** Readings settled by this bill: those that count, and those that one of them replaced. */
  readonly accepted: readonly Reading[];
  /** Corrections of what a bill holds already: an adjustment on the next bill, never an edit. */
  readonly lateCorrections: readonly Reading[];
  /** The correction of the reading that ended the last bill: the next period begins at its value. */
  readonly correctedEnd?: Reading;
  readonly refused: readonly RefusedReading[];
}

type Fault = Pick<RefusedReading, 'kind' | 'sentence'>;

/** Takes each reading once and in order (`gatherReadings`). */
export function siftReadings(readings: readonly Reading[], input: MeasurementInput): ReadingSelection {
  const billed = new Set((input.billedReadings ?? []).map(readingKeyOf));
  const byKey = new Map(readings.map((reading) => [readingKeyOf(reading), reading]));
  const accepted: Reading[] = [];
  const lateCorrections: Reading[] = [];
  const refused: RefusedReading[] = [];
  for (const reading of readings.filter((one) => !billed.has(readingKeyOf(one)))) {
    const chain = chainOf(reading, byKey);
    const late = isBilled(reading, input);
    const fault = placeFault(reading, input) ?? correctionFault(reading, chain, { byKey, billed });
    const { deviceId, sequence, corrects } = reading;
    if (fault !== undefined) refused.push({ deviceId, sequence, ...fault });
    else if (corrects !== undefined && (late || chain.some((key) => billed.has(key)))) lateCorrections.push(reading);
    else if (late) refused.push({ deviceId, sequence, ...tooLate(reading, input) });
    else accepted.push(reading);
  }
  // A refused correction replaces nothing. One that counts also settles the refusal of the reading that it corrects.
  const replaced = new Set(
    [...accepted, ...lateCorrections].flatMap(({ corrects }) =>
      corrects === undefined ? [] : [readingKeyOf(corrects)],
    ),
  );
  const stands = (key: ReadingKey): boolean => !replaced.has(readingKeyOf(key));
  const late = lateCorrections.filter(stands);
  const end = input.billedUpTo?.reading;
  const correctedEnd = end && late.findLast((one) => chainOf(one, byKey).includes(readingKeyOf(end)));
  return {
    standing: accepted.filter(stands),
    accepted,
    lateCorrections: late,
    ...present({ correctedEnd }),
    refused: refused.filter(stands),
  };
}

/** The chain of corrected readings. Two devices may correct each other, so a cycle must be detected. */
function chainOf(reading: Reading, byKey: ReadonlyMap<string, Reading>): readonly string[] {
  const chain: string[] = [];
  for (let next: Reading | undefined = reading; next?.corrects !== undefined;) {
    const key = readingKeyOf(next.corrects);
    if (chain.includes(key)) break;
    chain.push(key);
    next = byKey.get(key);
  }
  return chain;
}

/** Checks that the meter was in service here at that time and can show that value. */
function placeFault(reading: Reading, { meters, now }: MeasurementInput): Fault | undefined {
  const { meterId, readAt, value } = reading;
  const at = instantOf(reading);
  const known = meters.filter((meter) => meter.meterId === meterId);
  if (known.length === 0) return { kind: 'unknown-meter', sentence: `No meter ${meterId} belongs to this account.` };
  if (at > Date.parse(now)) return { kind: 'in-the-future', sentence: `It was read at ${readAt}, and now is ${now}.` };
  const meter = known.find((one) => inService(one, at));
  if (meter === undefined) {
    return { kind: 'not-in-service', sentence: `Meter ${meterId} was not at this account at ${readAt}.` };
  }
  if (registerValue(value, meter) !== undefined) return undefined;
  const decimals = meter.decimals === 0 ? '' : ` and ${meter.decimals} after the point`;
  return { kind: 'wrong-digits', sentence: `The register has ${meter.digits} digits${decimals}; it says ${value}.` };
}

function correctionFault(
  { deviceId, sequence, corrects }: Reading,
  chain: readonly string[],
  { byKey, billed }: { readonly byKey: ReadonlyMap<string, Reading>; readonly billed: ReadonlySet<string> },
): Fault | undefined {
  if (corrects === undefined) return undefined;
  const named = `Reading ${corrects.sequence} of device ${corrects.deviceId}`;
  const fault = (sentence: string): Fault => ({ kind: 'corrects-nothing', sentence });
  if (!byKey.has(readingKeyOf(corrects)) && !billed.has(readingKeyOf(corrects))) return fault(`${named} is not here.`);
  if (corrects.deviceId === deviceId && corrects.sequence >= sequence) {
    return fault(`${named} does not come before this one.`);
  }
  return chain.includes(readingKeyOf({ deviceId, sequence }))
    ? fault(`${named} and this one correct each other.`)
    : undefined;
}

function isBilled(reading: Reading, { billedUpTo }: MeasurementInput): boolean {
  return billedUpTo !== undefined && instantOf(reading) <= Date.parse(billedUpTo.at);
}

function tooLate({ readAt }: Reading, { billedUpTo }: MeasurementInput): Fault {
  const sentence = `A bill goes up to ${billedUpTo?.at ?? 'here'} already; this was read at ${readAt}.`;
  return { kind: 'before-the-last-billed', sentence };
}

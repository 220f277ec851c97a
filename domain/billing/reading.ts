/**
 * What a device says that a meter showed. A reading is never edited: the same one again is a repeat, another one under
 * its number is a conflict, and a mistake is corrected by a later reading that names it.
 */

/** The device and its own sequence number, from 1: the identity of a reading, however often it is uploaded. */
export interface ReadingKey {
  readonly deviceId: string;
  readonly sequence: number;
}

export const READING_KINDS = ['actual', 'estimated'] as const;

/** JSON as it stands in rows and payloads. */
export interface Reading extends ReadingKey {
  readonly meterId: string;
  /** What the register showed, as written there: "00120" or "120.5". */
  readonly value: string;
  /** An instant with its offset: 2026-11-26T07:00:00Z. */
  readonly readAt: string;
  readonly kind: (typeof READING_KINDS)[number];
  readonly photoSha256?: string;
  /** The reading that this one replaces. */
  readonly corrects?: ReadingKey;
}

type ArrivalVerdict =
  | { readonly is: 'new' }
  | { readonly is: 'repeat' }
  /** The one that came first stays; `fields` says where the other one differs. */
  | { readonly is: 'conflict'; readonly fields: readonly string[] };

/** `known` is what is kept under the arriving reading's key. */
export function judgeArrival(known: Reading | undefined, arriving: Reading): ArrivalVerdict {
  if (known === undefined) return { is: 'new' };
  const fields = differences(known, arriving);
  return fields.length === 0 ? { is: 'repeat' } : { is: 'conflict', fields };
}

interface ReadingConflict extends ReadingKey {
  readonly fields: readonly string[];
}

/** Numbers of a device that never arrived, both ends included: they may still be in its memory. */
export interface SequenceGap {
  readonly deviceId: string;
  readonly from: number;
  readonly to: number;
}

export interface ReadingCollection {
  /** Each once, in the order of time. */
  readonly readings: readonly Reading[];
  readonly repeats: number;
  readonly conflicts: readonly ReadingConflict[];
  readonly gaps: readonly SequenceGap[];
}

/**
 * The result does not depend on the order of arrival. So when two readings claim one number neither is used: taking the
 * first would let the order of arrival decide about money.
 */
export function gatherReadings(arrived: readonly Reading[]): ReadingCollection {
  const byKey = new Map<string, Reading[]>();
  let repeats = 0;
  for (const reading of arrived) {
    const same = byKey.get(readingKeyOf(reading)) ?? [];
    if (same.some((other) => differences(other, reading).length === 0)) repeats += 1;
    else byKey.set(readingKeyOf(reading), [...same, reading]);
  }
  const readings: Reading[] = [];
  const conflicts: ReadingConflict[] = [];
  for (const versions of byKey.values()) {
    const [first, ...others] = versions;
    if (first === undefined) continue;
    const fields = [...new Set(others.flatMap((other) => differences(first, other)))].toSorted(byText);
    if (fields.length === 0) readings.push(first);
    else conflicts.push({ deviceId: first.deviceId, sequence: first.sequence, fields });
  }
  return {
    readings: readings.toSorted(byTime),
    repeats,
    conflicts: conflicts.toSorted(byKeys),
    gaps: gapsOf(arrived),
  };
}

export function readingKeyOf({ deviceId, sequence }: ReadingKey): string {
  return `${sequence} ${deviceId}`;
}

export function instantOf({ readAt }: Pick<Reading, 'readAt'>): number {
  const at = Date.parse(readAt);
  if (Number.isNaN(at)) throw new Error('a reading without an instant should have been refused at the edge');
  return at;
}

/** Orders by `readAt`, then sequence, then device, so that the order is total. */
function byTime(left: Reading, right: Reading): number {
  return instantOf(left) - instantOf(right) || left.sequence - right.sequence || byText(left.deviceId, right.deviceId);
}

/** Instants are compared by value, whatever their notation; other fields as written. */
function differences(left: Reading, right: Reading): readonly string[] {
  const same: Readonly<Record<string, boolean>> = {
    meterId: left.meterId === right.meterId,
    value: left.value === right.value,
    readAt: instantOf(left) === instantOf(right),
    kind: left.kind === right.kind,
    photoSha256: left.photoSha256 === right.photoSha256,
    corrects:
      left.corrects?.deviceId === right.corrects?.deviceId && left.corrects?.sequence === right.corrects?.sequence,
  };
  return Object.keys(same).filter((field) => same[field] === false);
}

/** A number in conflict has arrived and is not a gap. */
function gapsOf(readings: readonly ReadingKey[]): readonly SequenceGap[] {
  const byDevice = new Map<string, Set<number>>();
  for (const { deviceId, sequence } of readings) {
    byDevice.set(deviceId, (byDevice.get(deviceId) ?? new Set<number>()).add(sequence));
  }
  const gaps: SequenceGap[] = [];
  for (const [deviceId, sequences] of [...byDevice].toSorted(([left], [right]) => byText(left, right))) {
    let expected = 1;
    for (const sequence of [...sequences].toSorted((left, right) => left - right)) {
      if (sequence > expected) gaps.push({ deviceId, from: expected, to: sequence - 1 });
      expected = sequence + 1;
    }
  }
  return gaps;
}

function byKeys(left: ReadingKey, right: ReadingKey): number {
  return byText(left.deviceId, right.deviceId) || left.sequence - right.sequence;
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

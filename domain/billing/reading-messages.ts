/**
 * Parses a reading from a device, a file or a Temporal client. It takes `unknown`, never throws, and names every wrong
 * field, so that the sender can correct the row in one pass. Checks against the clock and the meters come afterwards,
 * in `arrivalFaults`.
 */
import { isDeviceInstant } from '../instant.ts';
import { either, isFields, isOneOf, isWhole, type Fields } from '../message-fields.ts';
import { present } from '../present.ts';
import { registerValue, type Register } from './meter.ts';
import { instantOf, READING_KINDS, type Reading } from './reading.ts';

export interface ReadingFault {
  /** "value", "corrects.sequence"; empty where there are no fields at all. */
  readonly field: string;
  readonly because: string;
}

type PartialReading = Partial<Pick<Reading, 'deviceId' | 'sequence' | 'meterId'>>;

export type ParsedReading =
  | { readonly ok: true; readonly value: Reading }
  | {
      readonly ok: false;
      readonly faults: readonly ReadingFault[];
      /** The fields that could be read, so that people can find the row. */
      readonly known: PartialReading;
    };

type FieldTest = (said: unknown) => boolean;

interface FieldRule {
  readonly field: string;
  readonly holds: FieldTest;
  readonly because: string;
}

const DEVICE_ID = /^[\x21-\x7e]{1,64}$/;
const METER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
/** As much as the largest register shows. */
const REGISTER = /^\d{1,12}(\.\d{1,6})?$/;
const SHA256 = /^[0-9a-f]{64}$/i;
const MOST_UNKNOWN_FIELDS = 20;
const LONGEST_NAME = 40;

const KEY_RULES: readonly FieldRule[] = [
  { field: 'deviceId', holds: textLike(DEVICE_ID), because: 'must be 1 to 64 visible ASCII characters' },
  {
    field: 'sequence',
    holds: (said) => isWhole(said, 1, Number.MAX_SAFE_INTEGER),
    because: `must be a whole number from 1 up to ${Number.MAX_SAFE_INTEGER}`,
  },
];

const RULES: readonly FieldRule[] = [
  ...KEY_RULES,
  { field: 'meterId', holds: textLike(METER_ID), because: 'must be the id of a meter' },
  {
    field: 'value',
    holds: textLike(REGISTER),
    because: 'must be what the register shows, as a text: "00120" or "120.5"',
  },
  {
    field: 'readAt',
    holds: (said) => typeof said === 'string' && isDeviceInstant(said),
    because: 'must be an instant of RFC 3339 with its offset: 2026-11-26T07:00:00-03:00',
  },
  { field: 'kind', holds: (said) => isOneOf(said, READING_KINDS), because: `must be ${either(READING_KINDS)}` },
  {
    field: 'photoSha256',
    holds: (said) => said === undefined || textLike(SHA256)(said),
    because: 'must be 64 hex digits, or left out',
  },
];

const FIELDS = [...RULES.map(({ field }) => field), 'corrects'];

export function parseReading(input: unknown): ParsedReading {
  if (!isFields(input)) return { ok: false, faults: [{ field: '', because: 'a reading is an object' }], known: {} };
  const { corrects } = input;
  const faults = [...faultsIn(input, RULES), ...unknownFields(input, FIELDS), ...correctionFaults(corrects)];
  if (faults.length > 0) return { ok: false, faults, known: knownOf(input, faults) };
  const { deviceId, sequence, meterId, value, readAt, kind, photoSha256 } = input as unknown as Reading;
  const key = corrects as Reading['corrects'];
  return {
    ok: true,
    value: {
      deviceId,
      sequence,
      meterId,
      value,
      readAt,
      kind,
      ...present({ photoSha256: photoSha256?.toLowerCase() }),
      ...(key === undefined ? {} : { corrects: { deviceId: key.deviceId, sequence: key.sequence } }),
    },
  };
}

function knownOf(input: Fields, faults: readonly ReadingFault[]): PartialReading {
  const sound = ['deviceId', 'sequence', 'meterId'].filter((name) => faults.every(({ field }) => field !== name));
  return Object.fromEntries(sound.map((name) => [name, input[name]]));
}

function correctionFaults(corrects: unknown): readonly ReadingFault[] {
  if (corrects === undefined) return [];
  if (!isFields(corrects)) return [{ field: 'corrects', because: 'must name a reading: { deviceId, sequence }' }];
  const names = KEY_RULES.map(({ field }) => field);
  return [...faultsIn(corrects, KEY_RULES), ...unknownFields(corrects, names)].map(({ field, because }) => ({
    field: `corrects.${field}`,
    because,
  }));
}

function faultsIn(input: Fields, rules: readonly FieldRule[]): readonly ReadingFault[] {
  return rules
    .filter(({ field, holds }) => !holds(Object.hasOwn(input, field) ? input[field] : undefined))
    .map(({ field, because }) => ({ field, because: input[field] === undefined ? `is needed: ${because}` : because }));
}

/** Unknown fields are refused: a misspelt `corrects` would turn a correction into one more reading. */
function unknownFields(input: object, known: readonly string[]): readonly ReadingFault[] {
  return Object.keys(input)
    .filter((field) => !known.includes(field))
    .slice(0, MOST_UNKNOWN_FIELDS)
    .map((field) => ({ field: field.slice(0, LONGEST_NAME), because: 'this field is not known' }));
}

function textLike(form: RegExp): FieldTest {
  return (said) => typeof said === 'string' && form.test(said);
}

/** Tolerated clock difference of devices. */
const AHEAD_MS = 5 * 60_000;

/** Faults of a well-formed reading. `registers` are those that a meter of this id has had, at any account. */
export function arrivalFaults(reading: Reading, registers: readonly Register[], now: number): readonly ReadingFault[] {
  const { meterId, value, readAt } = reading;
  const faults: ReadingFault[] = [];
  if (registers.length === 0) faults.push({ field: 'meterId', because: `there is no meter ${meterId}` });
  else if (registers.every((register) => registerValue(value, register) === undefined)) {
    faults.push({ field: 'value', because: `${describeRegisters(registers)}; it says ${value}` });
  }
  if (instantOf(reading) > now + AHEAD_MS) {
    faults.push({
      field: 'readAt',
      because: `lies in the future: now is ${new Date(now).toISOString()}, it says ${readAt}`,
    });
  }
  return faults;
}

function describeRegisters(registers: readonly Register[]): string {
  const said = registers.map(({ digits, decimals }) =>
    decimals === 0 ? `${digits} digits` : `${digits} digits and ${decimals} after the point`,
  );
  return `the register has ${[...new Set(said)].join(', or ')}`;
}

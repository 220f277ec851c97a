/**
 * Instants in files and bodies. A text without a time zone is refused, because it would mean another instant on each
 * machine.
 */
import { isCalendarDay } from './calendar.ts';

const FORM = /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
/** Nothing that is metered here is older, and Postgres has no year zero. */
const FIRST = Date.parse('1900-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T00:00:00Z');

/** 2026-11-26T07:00:00Z, or with +03:00 in place of Z, on a day that exists. */
export function isInstant(text: string): boolean {
  const [, day] = FORM.exec(text) ?? [];
  if (day === undefined || !isCalendarDay(day)) return false;
  const at = Date.parse(text);
  return at >= FIRST && at < LAST;
}

/** Stricter for devices: nothing before 1970. */
export function isDeviceInstant(text: string): boolean {
  return isInstant(text) && Date.parse(text) >= 0;
}

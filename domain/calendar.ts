/**
 * Calendar days, YYYY-MM-DD, and the calendar of business days. No clock and no time of day: an instant becomes a day
 * only in `dayIn`, which takes the time zone.
 */

/** 0 is Sunday. */
type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** JSON, so that a merchant's calendar can stand in a row. */
export interface Calendar {
  readonly holidays: readonly string[];
  readonly weekend: readonly Weekday[];
}

/** Where nobody has named a holiday yet. */
export const WEEKENDS_ONLY: Calendar = { holidays: [], weekend: [6, 0] };

/** How days are counted: all of them, or business days only. */
export const DAY_COUNTS = ['calendar', 'business'] as const;
export type DayCount = (typeof DAY_COUNTS)[number];

const DAY_MS = 86_400_000;
/** The Thursday on which Unix time began. */
const WEEKDAY_OF_DAY_ZERO = 4;

/** A day that exists: 2026-02-29 does not. */
export function isCalendarDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}

/** Days are counted in UTC, so daylight saving has no effect. */
function numberOf(day: string): number {
  if (!isCalendarDay(day)) throw new Error(`not a day: ${day}`);
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

export function addDays(day: string, days: number): string {
  return new Date((numberOf(day) + days) * DAY_MS).toISOString().slice(0, 10);
}

/** Negative when `to` comes first. */
export function daysBetween(from: string, to: string): number {
  return numberOf(to) - numberOf(from);
}

export function isBusinessDay(day: string, calendar: Calendar): boolean {
  const weekday = (((numberOf(day) + WEEKDAY_OF_DAY_ZERO) % 7) + 7) % 7;
  return !calendar.weekend.some((off) => off === weekday) && !calendar.holidays.includes(day);
}

/**
 * Business days after `from`, up to and with `to`: from a Friday to the Monday after it is one. None when `to` comes
 * first.
 */
export function businessDaysBetween(from: string, to: string, calendar: Calendar): number {
  let count = 0;
  for (let day = from; day < to;) {
    day = addDays(day, 1);
    if (isBusinessDay(day, calendar)) count += 1;
  }
  return count;
}

/** The day itself, or the first business day after it. */
export function rollForward(date: string, calendar: Calendar): string {
  let day = date;
  // Bounded, so that a calendar without business days cannot loop for ever.
  for (let tries = 0; tries < 366; tries += 1) {
    if (isBusinessDay(day, calendar)) return day;
    day = addDays(day, 1);
  }
  throw new Error(`no business day within a year of ${date}`);
}

/**
 * The last day on which the scheme takes money (provider-contract.md §B.8). A due date on a day off moves, days of
 * grace are calendar days counted from where it moved to, and a last day on a day off moves once more.
 */
export function lastDayOfPayment(dueDate: string, graceDays: number, calendar: Calendar): string {
  return rollForward(addDays(rollForward(dueDate, calendar), graceDays), calendar);
}

/** The local day at an instant; due dates are days in the merchant's time zone. */
export function dayIn(timeZone: string, instantMs: number): string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const parts = format.formatToParts(instantMs);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** Checks a calendar before it is stored: a due date rolls forward to the next business day, so there must be one. */
import { addDays, isBusinessDay, isCalendarDay, type Calendar } from './calendar.ts';

interface CalendarFault {
  /** "holidays[3]" */
  readonly field: string;
  /** A plain sentence. */
  readonly because: string;
}

const FIRST = '2000-01-01';
const LAST = '2199-12-31';
/**
 * Longer than the holidays of any country. A calendar without business days would make the roll-forward search endless.
 */
const LONGEST_REST_DAYS = 60;

/** Every fault, not the first one. */
export function calendarFaults(calendar: Calendar): readonly CalendarFault[] {
  const { holidays, weekend } = calendar;
  const faults = holidays.flatMap((day, index) =>
    isCalendarDay(day) && day >= FIRST && day <= LAST
      ? []
      : [{ field: `holidays[${index}]`, because: `A day from ${FIRST} to ${LAST} is needed, for example 2026-12-25.` }],
  );
  if (new Set(weekend).size >= 7) {
    faults.push({ field: 'weekend', because: 'At least one day of the week is a business day.' });
  }
  if (faults.length > 0) return faults;
  const endless = holidays.findIndex((day) => restFrom(day, calendar) > LONGEST_REST_DAYS);
  if (endless === -1) return [];
  const because = `From here on ${LONGEST_REST_DAYS} days in a row are no business days.`;
  return [{ field: `holidays[${endless}]`, because }];
}

/** Stops counting at the limit. */
function restFrom(first: string, calendar: Calendar): number {
  let days = 0;
  for (let day = first; days <= LONGEST_REST_DAYS && !isBusinessDay(day, calendar); day = addDays(day, 1)) days += 1;
  return days;
}

/** In order and each day once, so that the same days are the same calendar. */
export function tidyCalendar({ holidays, weekend }: Calendar): Calendar {
  const inOrder = [...new Set(holidays)].toSorted((left, right) => (left < right ? -1 : 1));
  return { holidays: inOrder, weekend: [...new Set(weekend)] };
}

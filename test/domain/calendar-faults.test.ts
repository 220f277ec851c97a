/** A calendar in which due dates could roll forward for ever is refused. */
import { describe, expect, it } from '@jest/globals';
import { calendarFaults, tidyCalendar } from '../../domain/calendar-faults.ts';
import { addDays, WEEKENDS_ONLY, type Calendar } from '../../domain/calendar.ts';

const usual = (differences: Partial<Calendar>): Calendar => ({ ...WEEKENDS_ONLY, ...differences });
const fields = (differences: Partial<Calendar>) => calendarFaults(usual(differences)).map(({ field }) => field);
const row = (first: string, days: number) => Array.from({ length: days }, (_, index) => addDays(first, index));

describe('a calendar', () => {
  it('of weekends, holidays and even six days off is fit', () => {
    expect(fields({})).toEqual([]);
    expect(fields({ holidays: ['2026-12-25', '2028-02-29'] })).toEqual([]);
    expect(fields({ weekend: [0, 1, 2, 3, 4, 5] })).toEqual([]);
  });

  it.each(['2026-02-29', '2026-13-01', 'Christmas', '', '1999-12-31', '2200-01-01', '9999-12-31'])(
    'with the holiday %j is not, and every such day is named',
    (day) => {
      expect(fields({ holidays: ['2026-12-25', day, day] })).toEqual(['holidays[1]', 'holidays[2]']);
    },
  );

  it('without a business day in the week is not', () => {
    expect(fields({ weekend: [0, 1, 2, 3, 4, 5, 6] })).toEqual(['weekend']);
    expect(fields({ weekend: [0, 0, 0, 0, 0, 0, 0] })).toEqual([]);
  });

  it('may rest for sixty days in a row, and no day longer', () => {
    // From a Monday on, sixty days end on a Thursday.
    expect(fields({ holidays: row('2026-06-01', 60) })).toEqual([]);
    expect(fields({ holidays: row('2026-06-01', 61) })).toEqual(['holidays[0]']);
    expect(fields({ holidays: ['2026-05-01', ...row('2026-06-01', 400)] })).toEqual(['holidays[1]']);
  });

  it('is the same however its days are written down', () => {
    const days = ['2027-01-01', '2026-12-25', '2027-01-01'];
    const tidy = { holidays: ['2026-12-25', '2027-01-01'], weekend: [6, 0] };
    expect(tidyCalendar(usual({ holidays: days, weekend: [6, 0, 6] }))).toEqual(tidy);
  });
});

/** Days, the days on which money moves, and the last one of them for a bill. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  businessDaysBetween,
  dayIn,
  daysBetween,
  isBusinessDay,
  isCalendarDay,
  lastDayOfPayment,
  rollForward,
  WEEKENDS_ONLY,
  type Calendar,
} from '../../domain/calendar.ts';

const seed = 20260811;
const brazil: Calendar = { ...WEEKENDS_ONLY, holidays: ['2020-12-25', '2021-01-01', '2021-09-07'] };
const days = fc.integer({ min: -40_000, max: 60_000 }).map((number) => addDays('2020-01-01', number));

describe('a day', () => {
  it('exists or does not', () => {
    expect(['2024-02-29', '2000-02-29', '2026-12-31'].map(isCalendarDay)).toEqual([true, true, true]);
    expect(['2026-02-29', '1900-02-29', '2026-04-31', '2026-13-01', '26-01-01', ''].map(isCalendarDay)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });

  it('is followed by the next one across months, years and leap days', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2023-02-28', 1)).toBe('2023-03-01');
    expect(addDays('2100-02-28', 1)).toBe('2100-03-01');
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
  });

  it('that does not exist is a mistake of the program', () => {
    expect(() => addDays('2026-02-30', 1)).toThrow('not a day');
    expect(() => daysBetween('2026-02-01', 'today')).toThrow('not a day');
  });

  it('is as far from another as what was added', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: -2_000, max: 2_000 }), (day, count) => {
        expect(daysBetween(day, addDays(day, count))).toBe(count);
        expect(addDays(day, count) > day).toBe(count > 0);
      }),
      { seed },
    );
  });
});

describe('business days', () => {
  it('are neither weekend nor holiday', () => {
    expect(isBusinessDay('2020-12-24', brazil)).toBe(true);
    expect(['2020-12-25', '2020-12-26', '2020-12-27'].map((day) => isBusinessDay(day, brazil))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('may have another weekend', () => {
    const friday = { holidays: [], weekend: [5] } as const;
    expect([isBusinessDay('2020-12-25', friday), isBusinessDay('2020-12-26', friday)]).toEqual([false, true]);
  });

  it('are counted after the first day, up to and with the last', () => {
    expect(businessDaysBetween('2020-12-23', '2020-12-28', brazil)).toBe(2);
    expect(businessDaysBetween('2020-10-23', '2020-10-26', brazil)).toBe(1);
    expect(businessDaysBetween('2020-10-24', '2020-10-25', brazil)).toBe(0);
    expect(businessDaysBetween('2020-10-26', '2020-10-23', brazil)).toBe(0);
  });

  it('add up over any day between', () => {
    fc.assert(
      fc.property(days, fc.nat(60), fc.nat(60), (day, first, second) => {
        const [middle, end] = [addDays(day, first), addDays(day, first + second)];
        expect(businessDaysBetween(day, end, brazil)).toBe(
          businessDaysBetween(day, middle, brazil) + businessDaysBetween(middle, end, brazil),
        );
      }),
      { seed },
    );
  });

  it('stop a day from rolling: it comes to rest on the first of them', () => {
    fc.assert(
      fc.property(days, (day) => {
        const rolled = rollForward(day, brazil);
        expect(isBusinessDay(rolled, brazil)).toBe(true);
        expect(rolled === day || businessDaysBetween(day, rolled, brazil) === 1).toBe(true);
        expect(rollForward(rolled, brazil)).toBe(rolled);
      }),
      { seed },
    );
  });

  it('that never come are a mistake of the calendar', () => {
    expect(() => rollForward('2026-01-01', { holidays: [], weekend: [0, 1, 2, 3, 4, 5, 6] })).toThrow(
      'no business day',
    );
  });
});

describe('the last day of payment', () => {
  it.each([
    ['A', 'the fourth day is a Saturday', '2020-10-20', 4, '2020-10-26'],
    ['B', 'due on a holiday', '2020-12-25', 0, '2020-12-28'],
    ['C', 'one day after where the due date moved to', '2020-12-25', 1, '2020-12-29'],
    ['D', 'three days after it', '2020-12-25', 3, '2020-12-31'],
    ['E', 'the fourth is a holiday before a weekend', '2020-12-25', 4, '2021-01-04'],
    ['F', 'the weekend between counts', '2021-08-27', 5, '2021-09-01'],
    ['G', 'due on a Saturday, and the last day is one too', '2021-08-28', 5, '2021-09-06'],
  ])('case %s of the scheme: %s', (_case, _why, dueDate, graceDays, last) => {
    expect(lastDayOfPayment(dueDate, graceDays, brazil)).toBe(last);
  });
});

describe('a day somewhere', () => {
  const at = (timeZone: string, instant: string): string => dayIn(timeZone, Date.parse(instant));

  it.each([
    ['the hour before midnight comes twice', '2018-02-18T01:59:59Z', '2018-02-17'],
    ['for the second time', '2018-02-18T02:00:00Z', '2018-02-17'],
    ['and ends', '2018-02-18T02:59:59Z', '2018-02-17'],
    ['the day after', '2018-02-18T03:00:00Z', '2018-02-18'],
    ['the last moment before midnight is skipped', '2018-11-04T02:59:59Z', '2018-11-03'],
    ['and the day begins at one', '2018-11-04T03:00:00Z', '2018-11-04'],
    ['that day is an hour shorter', '2018-11-05T01:59:59Z', '2018-11-04'],
    ['than the day after', '2018-11-05T02:00:00Z', '2018-11-05'],
    ['a month ends at three in UTC', '2026-08-01T02:59:59Z', '2026-07-31'],
    ['and the next begins', '2026-08-01T03:00:00Z', '2026-08-01'],
    ['a leap day has its evening', '2024-03-01T01:00:00Z', '2024-02-29'],
  ])('in São Paulo: %s', (_what, instant, day) => {
    expect(at('America/Sao_Paulo', instant)).toBe(day);
  });

  it.each([
    ['in winter it is midnight with UTC', '2026-03-28T23:59:59Z', '2026-03-28'],
    ['on the day of the change too', '2026-03-29T00:00:00Z', '2026-03-29'],
    ['which ends an hour early', '2026-03-29T22:59:59Z', '2026-03-29'],
    ['by UTC', '2026-03-29T23:00:00Z', '2026-03-30'],
    ['in autumn the day begins early', '2026-10-24T23:00:00Z', '2026-10-25'],
    ['and is an hour longer', '2026-10-25T23:59:59Z', '2026-10-25'],
    ['than the day after', '2026-10-26T00:00:00Z', '2026-10-26'],
    ['a leap day ends at midnight', '2024-02-29T23:59:59Z', '2024-02-29'],
    ['and no later', '2024-03-01T00:00:00Z', '2024-03-01'],
    ['a year ends', '2026-12-31T23:59:59Z', '2026-12-31'],
  ])('in Lisbon: %s', (_what, instant, day) => {
    expect(at('Europe/Lisbon', instant)).toBe(day);
  });

  it('of a time zone that nobody knows is a mistake', () => {
    expect(() => dayIn('Europe/Atlantis', 0)).toThrow('time zone');
  });
});

/** The address of the calendar. */
import { calendar as schema } from './calendar-schemas.ts';
import type { RouteSpec } from '../http/route-spec.ts';
import { noQuery } from '../links/schemas.ts';

const calendar = { description: 'The calendar, its holidays in order.', schema };

export const calendarRoutes = {
  readCalendar: {
    method: 'get',
    path: '/v1/calendar',
    tag: 'Bills',
    summary: 'The days on which no money moves: weekends only, until you say more',
    access: 'key',
    query: noQuery,
    answers: { 200: calendar },
  },
  setCalendar: {
    method: 'put',
    path: '/v1/calendar',
    tag: 'Bills',
    summary: 'Say on which days no money moves: a bill that is worked out from now on falls due on another one',
    access: 'key',
    body: schema,
    answers: { 200: calendar },
  },
} as const satisfies Record<string, RouteSpec>;

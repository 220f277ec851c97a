/** The calendar over HTTP. */
import type pg from 'pg';
import { readCalendar, writeCalendar } from '../../db/billing/calendars.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { calendarFaults, tidyCalendar } from '../../domain/calendar-faults.ts';
import type { HandlersOf } from '../http/call.ts';
import { pointerOf } from '../http/json-body.ts';
import { Problem } from '../http/problems.ts';
import type { calendarRoutes } from './calendar-routes.ts';

export function createCalendarHandlers({ pool }: { readonly pool: pg.Pool }): HandlersOf<typeof calendarRoutes> {
  return {
    async readCalendar({ caller }) {
      return { status: 200, json: await tenantTransaction(pool, caller.merchantId, readCalendar) };
    },

    async setCalendar({ caller: { merchantId, keyId }, body }) {
      const faults = calendarFaults(body);
      if (faults.length > 0) {
        const errors = faults.map(({ field, because }) => ({ pointer: pointerOf(field), detail: because }));
        throw new Problem('validation-failed', 'See errors.', { errors });
      }
      const calendar = tidyCalendar(body);
      await tenantTransaction(pool, merchantId, async (client) =>
        writeCalendar(client, merchantId, calendar, `key ${keyId}`),
      );
      return { status: 200, json: calendar };
    },
  };
}

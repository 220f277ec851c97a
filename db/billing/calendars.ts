/** The one calendar of a merchant. Without a row of its own it is weekends only. */
import type pg from 'pg';
import { z } from 'zod';
import { WEEKENDS_ONLY, type Calendar } from '../../domain/calendar.ts';
import { storedJson, readRows } from '../rows.ts';

const calendarShape = z.object({
  calendar: storedJson<Calendar>(),
});

export async function readCalendar(client: pg.ClientBase): Promise<Calendar> {
  const rows = await readRows(
    client,
    calendarShape,
    'select calendar from merchant_calendar where merchant_id = current_merchant()',
  );
  return rows[0]?.calendar ?? WEEKENDS_ONLY;
}

export async function writeCalendar(
  client: pg.ClientBase,
  merchantId: string,
  calendar: Calendar,
  actor: string,
): Promise<void> {
  await client.query(
    `insert into merchant_calendar (merchant_id, calendar, actor) values ($1, $2, $3)
     on conflict (merchant_id) do update set calendar = excluded.calendar, actor = excluded.actor, updated_at = now()`,
    [merchantId, JSON.stringify(calendar), actor],
  );
}

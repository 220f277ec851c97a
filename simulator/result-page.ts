/**
 * One page of a list and the cursor object beside it. Cursors are opaque to clients; here they hold page size and page.
 */
import { badRequest } from './bank-errors.ts';
import { timestamp } from './records.ts';

interface ResultPage<T> {
  readonly items: readonly T[];
  readonly cursor: {
    readonly first: string;
    readonly prev?: string;
    readonly this: string;
    readonly next?: string;
    readonly goodUntil: string;
  };
}

export function resultPageOf<T>(
  all: Iterable<T>,
  pageSize: number,
  cursor: string | undefined,
  now: number,
): ResultPage<T> {
  const { size, page } = cursor === undefined ? { size: pageSize, page: 1 } : readCursor(cursor);
  const first = (page - 1) * size;
  const items: T[] = [];
  let more = false;
  let place = 0;
  for (const item of all) {
    if (place >= first + size) {
      more = true;
      break;
    }
    if (place >= first) items.push(item);
    place += 1;
  }
  return {
    items,
    cursor: {
      first: writeCursor(size, 1),
      ...(page > 1 ? { prev: writeCursor(size, page - 1) } : {}),
      this: writeCursor(size, page),
      ...(more ? { next: writeCursor(size, page + 1) } : {}),
      goodUntil: timestamp(now + 3_600_000),
    },
  };
}

function writeCursor(size: number, page: number): string {
  return Buffer.from(`${size}|${page}`).toString('base64');
}

function readCursor(cursor: string): { readonly size: number; readonly page: number } {
  const [, size = '', page = ''] = /^(\d{1,2})\|(\d{1,9})$/.exec(Buffer.from(cursor, 'base64').toString()) ?? [];
  if (Number(size) < 1 || Number(page) < 1) {
    throw badRequest([{ code: '10103', message: 'Not a cursor of this list.', field: 'cursor', location: 'QUERY' }]);
  }
  return { size: Number(size), page: Number(page) };
}

/** Pages of rows in order of creation, newest first. A cursor is a place in that order, so new rows shift nothing. */

interface Cursor {
  /** With Postgres' own microseconds, which a JavaScript date would cut off. */
  readonly at: string;
  readonly id: string;
}

export interface PageRequest {
  readonly limit: number;
  readonly after?: Cursor;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** `rows` hold one more than the page, which tells whether there is another. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  cursor: (row: Row) => Cursor,
  view: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(view), ...(more ? { next: encodeCursor(cursor(last)) } : {}) };
}

function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(`${at}|${id}`).toString('base64url');
}

/** Undefined for anything that we did not write. */
export function decodeCursor(text: string): Cursor | undefined {
  const [, at, id] =
    /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?\+00)\|([A-Za-z0-9_-]{1,100})$/.exec(
      Buffer.from(text, 'base64url').toString('latin1'),
    ) ?? [];
  if (at === undefined || id === undefined || Number.isNaN(Date.parse(at.replace(' ', 'T').replace('+00', 'Z')))) {
    return undefined;
  }
  return { at, id };
}

/** Pages over HTTP: what is asked for with `limit` and `after`, and how a page is answered. */
import { decodeCursor, type Page, type PageRequest } from '../../db/read-pages.ts';
import { Problem } from './problems.ts';

/** Rows of a page where the caller names no limit. */
export const USUAL_PAGE = 25;

export function pageRequest(limit: number | undefined, after: string | undefined): PageRequest {
  const page = { limit: limit ?? USUAL_PAGE };
  if (after === undefined) return page;
  const cursor = decodeCursor(after);
  if (cursor !== undefined) return { ...page, after: cursor };
  const errors = [{ parameter: 'after', detail: 'must be the `next` of a page' }];
  throw new Problem('invalid-query', 'See errors.', { errors });
}

export function pageJson<T, J>(page: Page<T>, view: (item: T) => J): { data: J[]; next: string | null } {
  return { data: page.items.map(view), next: page.next ?? null };
}

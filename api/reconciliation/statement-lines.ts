/** What both formats of statements have in common: lines, or errors that name a line and a column. */
import { storable } from '../../db/links/inbox.ts';
import type { StatementLine } from '../../domain/reconciliation/statement.ts';
import type { LineError } from '../http/uploaded-lines.ts';

export type ReadLine = { readonly is: 'line'; readonly line: StatementLine } | ({ readonly is: 'error' } & LineError);

export function failed(line: number, column: string, detail: string): ReadLine {
  return { is: 'error', line, column, detail };
}

const MOST_DESCRIPTION = 500;

export function descriptionOf(text: string | undefined): { readonly description?: string } {
  const kept = storable((text ?? '').replaceAll(/\s+/g, ' ').trim(), MOST_DESCRIPTION);
  return kept === '' ? {} : { description: kept };
}

/** Undefined: no id that a rail would give. An empty one is none. */
export function endToEndIdOf(text: string | undefined): { readonly endToEndId?: string } | undefined {
  const id = (text ?? '').trim();
  if (id === '' || id === 'NOTPROVIDED') return {};
  return /^[\x21-\x7e]{1,100}$/.test(id) ? { endToEndId: id } : undefined;
}

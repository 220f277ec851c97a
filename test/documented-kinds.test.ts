/** People look up the kinds of exceptions and findings by name: each has its row where they look. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { EXCEPTION_KINDS } from '../domain/money/exception.ts';
import { FINDING_KINDS } from '../domain/reconciliation/finding.ts';

/** The names in the first column of the tables under this heading. */
function rowsUnder(heading: string, document: string): readonly string[] {
  const text = readFileSync(path.join(import.meta.dirname, '../docs', document), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const cells = section.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1] ?? ''] : []));
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`([\w-]+)`/g), ([, name = '']) => name)).toSorted();
}

describe('every kind', () => {
  it('of exception has its row in the glossary, and no other has one', () => {
    expect(rowsUnder('Kinds of exception', 'glossary.md')).toEqual(EXCEPTION_KINDS.toSorted());
  });

  it('of finding has its rows in the glossary and in the runbook, and no other has one', () => {
    expect(rowsUnder('Kinds of finding', 'glossary.md')).toEqual(FINDING_KINDS.toSorted());
    expect(rowsUnder('Reconciliation', 'runbook.md')).toEqual(FINDING_KINDS.toSorted());
  });
});

/**
 * Whatever comments and documents cite is there: documents, chapters, rules, invariants, decisions, paths and scripts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { EXCEPTION_KINDS } from '../domain/money/exception.ts';
import { FINDING_KINDS } from '../domain/reconciliation/finding.ts';
import { INVARIANTS } from '../verify/verdict.ts';
import { createCitationReader, type Citation, type SourceText } from './support/tree/citations.ts';

const root = path.resolve(import.meta.dirname, '..');
/** The planted ones stand here. */
const THIS = 'test/citations.test.ts';

const tracked = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .stdout.split('\n')
  .filter((name) => name !== '' && existsSync(path.join(root, name)));
const isText = (file: string): boolean =>
  /\.(?:ts|tsx|js|mjs|cjs|sql|md|yml|html|css)$/.test(file) ||
  (!file.endsWith('.json') && /^\.?[\w.-]+$|^\.ci\//.test(file));
const read = (file: string): SourceText => ({ path: file, text: readFileSync(path.join(root, file), 'utf8') });
const sources = tracked.filter((file) => isText(file) && file !== THIS).map(read);
const textOf = (file: string): string => sources.find((one) => one.path === file)?.text ?? '';

const { scripts } = JSON.parse(read('package.json').text) as { readonly scripts: object };
const citationsIn = createCitationReader({
  files: tracked,
  documents: sources.filter((one) => one.path.endsWith('.md')),
  scripts: Object.keys(scripts),
  ignored: textOf('.gitignore').replaceAll('/', '').split('\n'),
});
const missingIn = (file: string, text: string): readonly string[] => missing(citationsIn({ path: file, text }));
const missing = (citations: readonly Citation[]): readonly string[] => citations.flatMap((one) => one.missing ?? []);

describe('the tree', () => {
  const all = sources.flatMap((source) => citationsIn(source));

  it('has everything that it cites', () => {
    expect(missing(all)).toEqual([]);
  });

  it.each([
    ['document', 100],
    ['chapter', 20],
    ['rule', 80],
    ['invariant', 60],
    ['decision', 10],
    ['path', 150],
    ['script', 20],
  ] as const)('cites more than one %s, so that the reader cannot have gone blind', (what, least) => {
    expect(all.filter((one) => one.what === what).length).toBeGreaterThan(least);
  });
});

describe('a planted citation is caught', () => {
  it.each([
    [
      'domain/money/charge.ts',
      '/** Why: no-such-page.md. */',
      'domain/money/charge.ts:1: cites no-such-page.md, and there is no such document',
    ],
    [
      'README.md',
      'See [it](docs/no-such-page.md).',
      'README.md:1: cites docs/no-such-page.md, and there is no such document',
    ],
    [
      'db/migrations/0009_more.sql',
      '\n-- As no-such-page.md says.',
      'db/migrations/0009_more.sql:2: cites no-such-page.md, and there is no such document',
    ],
    [
      'domain/money/charge.ts',
      '/** (protocol.md §99) */',
      'domain/money/charge.ts:1: cites protocol.md §99, and it has no such chapter',
    ],
    [
      'domain/money/charge.ts',
      '/** (provider-contract.md §A.4, §B.99) */',
      'domain/money/charge.ts:1: cites provider-contract.md §B.99, and it has no such chapter',
    ],
    [
      'domain/money/charge.ts',
      '/** (protocol.md\n * §2, Teleport) */',
      'domain/money/charge.ts:2: cites protocol.md §2, and it has no heading Teleport',
    ],
    [
      'domain/money/charge.ts',
      '/** The sum rule (§B.9). */',
      'domain/money/charge.ts:1: cites §B.9, and no document before it',
    ],
    ['docs/protocol.md', 'As §77 says.', 'docs/protocol.md:1: cites docs/protocol.md §77, and it has no such chapter'],
    ['db/pool.ts', '/** Idempotent (F1, F9). */', 'db/pool.ts:1: cites F9, and docs/protocol.md has no such rule'],
    [
      'docs/runbook.md',
      '| I1, I15 | look |',
      'docs/runbook.md:1: cites I15, and docs/invariants.md has no such invariant',
    ],
    [
      'docs/bills.md',
      'Told by decisions 0016 to 0099.',
      'docs/bills.md:1: cites decisions 0016 to 0099, and docs/decisions/ has none of that number',
    ],
    [
      'api/main.ts',
      '// Decision 99 says why.',
      'api/main.ts:1: cites Decision 99, and docs/decisions/ has none of that number',
    ],
    [
      'docs/next.md',
      'Open (docs/decisions/0099).',
      'docs/next.md:1: cites docs/decisions/0099, and docs/decisions/ has none of that number',
    ],
    [
      'docs/design.md',
      'Told in `domain/no-such-file.ts`.',
      'docs/design.md:1: cites domain/no-such-file.ts, and there is no such file',
    ],
    ['docs/design.md', '`db/no-such-*.ts`', 'docs/design.md:1: cites db/no-such-*.ts, and there is no such file'],
    [
      'docs/design.md',
      'All of `test/no-such-folder/`.',
      'docs/design.md:1: cites test/no-such-folder/, and there is no such file',
    ],
    [
      'docs/design.md',
      'The matrix (`db/no-such-file`).',
      'docs/design.md:1: cites db/no-such-file, and there is no such file',
    ],
    ['docs/design.md', 'Then `no-such-file.ts`.', 'docs/design.md:1: cites no-such-file.ts, and there is no such file'],
    [
      'docs/design.md',
      '![It](no-such-picture.png)',
      'docs/design.md:1: cites no-such-picture.png, and the link leads nowhere',
    ],
    [
      'domain/money/charge.ts',
      '/** Carried out in db/no-such-file.ts. */',
      'domain/money/charge.ts:1: cites db/no-such-file.ts, and there is no such file',
    ],
    [
      'README.md',
      'Type `npm run no-such-script`.',
      'README.md:1: cites no-such-script, and package.json has no such script',
    ],
    [
      'README.md',
      '`npm run bench:sale`, `bench:no-such`',
      'README.md:1: cites bench:no-such, and package.json has no such script',
    ],
  ])('%s: %j', (file, text, sentence) => {
    expect(missingIn(file, text)).toEqual([sentence]);
  });
});

describe('what is there, or is no citation, is not one', () => {
  it.each([
    ['db/pool.ts', '/** protocol.md §5; provider-contract.md §A.4 and §B.9; docs/protocol.md\n * §2, Settle */'],
    ['domain/money/charge.ts', '/** F1 to F7, I1 to I14, decision 14, docs/decisions/0014; `charge.ts`, db/pool.ts */'],
    [
      'db/migrations/0009_more.sql',
      "-- Known by its older name: payments-api.md §B.9.\nselect 'F9';".replace("'F9'", '1'),
    ],
    ['domain/money/charge.ts', '/** ISO/IEC 18004 §7.8.3; https://example.org/no-such-page.md; a film of F10:1. */'],
    ['domain/money/charge.ts', "const planted = 'db/no-such-file.ts';"],
    [
      'docs/design.md',
      '`db/`, `db/pool.ts`, `test/end-to-end`, `pool.ts`, `db/migrations/*.sql`, `.ci/run`, `.relink/env`',
    ],
    [
      'docs/design.md',
      '`text/csv`, `/v1/bills`, `providers/<name>/`, `payment-link:{merchant}`, `npm run bench:sale`, `prove:*`',
    ],
    ['docs/decisions/0099-history.md', '`domain/no-such-file.ts` was there then'],
  ])('%s: %j', (file, text) => {
    expect(missingIn(file, text)).toEqual([]);
  });
});

describe('the invariants', () => {
  it('are the same in docs/invariants.md and in verify', () => {
    const rows = [...textOf('docs/invariants.md').matchAll(/^\| (I\d+) +\| ([^|]+?) +\|/gm)].map(([, id, name]) => [
      id,
      name,
    ]);
    expect(rows).toEqual([...Object.entries(INVARIANTS), ['I14', 'progress']]);
  });
});

describe('the glossary', () => {
  const sections = textOf('docs/glossary.md').split(/^## /m);
  const kindsIn = (title: string): readonly string[] => {
    const section = sections.find((one) => one.startsWith(title)) ?? '';
    return [...section.matchAll(/^\| `([\w-]+)`/gm)].map(([, kind = '']) => kind);
  };

  it('has every kind of exception, and no other', () => {
    expect(kindsIn('Kinds of exception').toSorted()).toEqual(EXCEPTION_KINDS.toSorted());
  });

  it('has every kind of finding, and no other', () => {
    expect(kindsIn('Kinds of finding').toSorted()).toEqual(FINDING_KINDS.toSorted());
  });
});

describe('the runbook', () => {
  it('says what to do about every kind of finding, and of no other', () => {
    const section = textOf('docs/runbook.md').split('\n## Reconciliation\n')[1]?.split('\n## ')[0] ?? '';
    const cells = [...section.matchAll(/^\|([^|]*`[^|]*)\|/gm)].map(([, cell = '']) => cell);
    const kinds = cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, kind = '']) => kind));
    expect(kinds.toSorted()).toEqual(FINDING_KINDS.toSorted());
  });
});

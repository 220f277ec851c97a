/**
 * Who may import whom ("Who may import whom" in docs/design.md) and what no file may hold, as two tables, by layer and
 * by subject, and as functions over the files' texts. The linter says some of it sooner, in the editor; this is the
 * judge.
 */
import type { SourceFile } from './files.ts';
import { importsOf, targetOf, withoutComments } from './imports.ts';
import { LONGEST_LINE, longLines } from './lines.ts';
import { forbiddenSubjects } from './subjects.ts';

interface Rule {
  /** Folders end in a slash, everything else is one file or one package. `node:` stands for all of Node. */
  readonly may: readonly string[];
  /** Only by `import type`, which vanishes before anything runs. */
  readonly typesOf?: readonly string[];
}

const ANYTHING = ['*'];

/** The first part of a path decides; `config` are the files of that name in the root. */
const RULES: Readonly<Record<string, Rule>> = {
  domain: { may: ['domain/'] },
  workflows: { may: ['workflows/', 'domain/', '@temporalio/workflow', '@temporalio/common'], typesOf: ['activities/'] },
  activities: {
    may: [
      'activities/',
      'domain/',
      'db/',
      'providers/',
      '@temporalio/activity',
      '@temporalio/client',
      '@temporalio/common',
      'node:',
    ],
    typesOf: ['workflows/messages.ts', 'pg', 'pino'],
  },
  providers: { may: ['providers/', 'domain/', 'zod', 'undici', 'node:'] },
  db: { may: ['db/', 'domain/', 'pg', 'zod', 'node:'], typesOf: ['providers/provider.ts'] },
  /** Our side of the Temporal client, for those who send messages. */
  temporal: {
    may: ['temporal/', 'domain/', 'workflows/messages.ts', '@temporalio/client', '@temporalio/common', 'node:'],
    typesOf: ['config.ts'],
  },
  api: {
    may: [
      'api/',
      'printing/',
      'domain/',
      'db/',
      'providers/',
      'temporal/',
      'workflows/messages.ts',
      'config.ts',
      'express',
      'zod',
      'pino',
      'swagger-ui-dist',
      'jsqr',
      'csv-parse',
      'saxes',
      '@temporalio/client',
      '@temporalio/common',
      'node:',
    ],
    typesOf: ['pg'],
  },
  worker: {
    may: [
      'worker/',
      'activities/',
      'temporal/',
      'workflows/messages.ts',
      'domain/',
      'db/',
      'providers/',
      'config.ts',
      'pino',
      'node:',
      '@temporalio/worker',
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/activity',
    ],
    typesOf: ['workflows/', 'pg'],
  },
  /**
   * Looks at everything that is stored and writes nothing; it shares no code with what it checks, but words and doors.
   */
  verify: {
    may: [
      'verify/',
      'domain/',
      'db/pool.ts',
      'providers/',
      'temporal/',
      'workflows/messages.ts',
      'config.ts',
      'operations/configured.ts',
      'pg',
      'zod',
      'node:',
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/worker',
    ],
    typesOf: ['activities/', '@temporalio/proto'],
  },
  /** Pictures of bills from plain words: it knows no link, no merchant and no database. */
  printing: { may: ['printing/', 'domain/', 'qrcode', 'pdfkit', 'pngjs', 'node:'] },
  simulator: {
    may: ['simulator/', 'domain/money.ts', 'domain/codes/br-code.ts', 'domain/present.ts', 'express', 'zod', 'node:'],
  },
  /** The pages take their types from what answers them; nothing of it is loaded by a browser. */
  web: { may: ['web/'], typesOf: ['api/', 'domain/', 'simulator/control/', 'zod'] },
  /** Of a provider it knows what it has to be told, and nothing of how it is talked to. */
  config: {
    may: [
      'config-variables.ts',
      'domain/present.ts',
      'providers/configs.ts',
      'providers/provider-config.ts',
      'zod',
      'node:',
    ],
  },
  /** What production runs beside the two processes: schema, merchants, where the configuration is found. */
  operations: { may: ['operations/', 'domain/', 'db/', 'config.ts', 'node:'] },
  embedded: { may: ANYTHING },
  bench: { may: ANYTHING },
  test: { may: ANYTHING },
  jest: { may: ANYTHING },
};

/** The configuration and the processes that stand outside it. */
const MAY_READ_ENVIRONMENT = ['config.ts', 'operations/', 'embedded/', 'bench/', 'test/', 'simulator/main.ts'];
/** `verify/` shares no statement with what it checks; `embedded/database.ts` makes the database itself. */
const MAY_WRITE_SQL = ['db/', 'verify/', 'embedded/database.ts', 'bench/', 'test/'];
const SQL =
  /['"`]\s*(?:select|insert into|update|delete from|with \w+ as)\s(?![^'"`]*\$\{['"`])[^'"`]*\b(?:from|where|values|set|pg_\w+)\b/i;
const BANNED_NAME = /(^|[/.-])(utils?|helpers?|common|managers?|misc)([/.-]|$)/;
const MOST_LINES = 250;

/** Every rule that this file breaks, in plain words. */
export function violationsIn(file: SourceFile): readonly string[] {
  const code = withoutComments(file.text);
  const violations = [...forbiddenImports(file), ...forbiddenSubjects(file)];
  if (BANNED_NAME.test(file.path)) violations.push('its name says nothing: call it after the trade word it owns');
  const lines = code.split('\n').filter((line) => line.trim() !== '').length;
  if (lines > MOST_LINES) violations.push(`${lines} lines of code: split it by noun, ${MOST_LINES} are the most`);
  for (const line of longLines(file.text))
    violations.push(`line ${line} is longer than ${LONGEST_LINE} characters: break it`);
  if (/\bprocess\.env\b/.test(code) && !MAY_READ_ENVIRONMENT.some((owner) => file.path.startsWith(owner))) {
    violations.push('reads process.env: take it from config.ts');
  }
  if (SQL.test(code) && !MAY_WRITE_SQL.some((owner) => file.path.startsWith(owner))) {
    violations.push('writes SQL: a statement is a function of db/, with a name of the trade');
  }
  if (file.path.startsWith('db/') && !['db/rows.ts', 'db/migrate.ts'].includes(file.path) && /\.query</.test(code)) {
    violations.push('trusts a row as it is typed: read it by readRows, with a shape');
  }
  if (
    file.path.startsWith('domain/') &&
    /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.now\b/.test(code)
  ) {
    violations.push('asks a clock or chance: domain/ gets both as arguments');
  }
  return violations.map((violation) => `${file.path}: ${violation}`);
}

function forbiddenImports(file: SourceFile): string[] {
  const top = file.path.includes('/') ? file.path.slice(0, file.path.indexOf('/')) : file.path.replace(/[.-].*$/, '');
  const rule = Object.hasOwn(RULES, top) ? RULES[top] : undefined;
  if (rule === undefined) return ['stands in a folder without a rule: add one to test/support/tree/architecture.ts'];
  return importsOf(file.text)
    .filter(({ specifier, typeOnly }) => {
      const target = targetOf(file.path, specifier);
      return !permits(rule.may, target) && !(typeOnly && permits(rule.typesOf ?? [], target));
    })
    .map(({ specifier }) => `imports ${specifier}; ${top} may import ${rule.may.join(', ') || 'nothing'}`);
}

function permits(allowed: readonly string[], target: string): boolean {
  return allowed.some((entry) => {
    if (entry === '*') return true;
    return entry.endsWith('/') || entry.endsWith(':') ? target.startsWith(entry) : target === entry;
  });
}

/**
 * More files than this side by side are rooms that nobody has drawn yet. Recorded histories are data, one file a case.
 */
const MOST_FILES = 25;
const MAY_BE_FULL = ['test/histories'];

/** Folders that hold too many files directly, and pairs of folders of the first level that import each other. */
export function violationsBetween(files: readonly SourceFile[]): readonly string[] {
  return [...fullFolders(files.map((file) => file.path)), ...circles(files)];
}

function fullFolders(paths: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const file of paths) {
    const folder = file.slice(0, Math.max(0, file.lastIndexOf('/')));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([folder, count]) => count > MOST_FILES && !MAY_BE_FULL.includes(folder))
    .map(([folder, count]) => `${folder}/: ${count} files side by side, ${MOST_FILES} are the most`);
}

/** Types count too: whoever reads a folder must not have to know one that stands above it. */
function circles(files: readonly SourceFile[]): readonly string[] {
  const uses = new Map<string, Set<string>>();
  for (const file of files) {
    const used = uses.get(roomOf(file.path)) ?? new Set<string>();
    for (const { specifier } of importsOf(file.text)) {
      if (specifier.startsWith('.')) used.add(roomOf(targetOf(file.path, specifier)));
    }
    uses.set(roomOf(file.path), used);
  }
  const reached = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of uses.get(from) ?? []) {
      if (next === from || seen.has(next)) continue;
      seen.add(next);
      reached(next, seen);
    }
    return seen;
  };
  return [...uses.keys()]
    .filter((room) => reached(room).has(room))
    .map((room) => `${room}: a circle of imports leads from here back to here`);
}

/** The folder of the first level, or the file in the root. */
function roomOf(file: string): string {
  return file.split('/')[0] ?? file;
}

/**
 * Who may import whom (docs/design.md §8) and what no file may hold, as data and as one function over a file's text. The
 * linter says some of it sooner, in the editor; this is the judge.
 */
import path from 'node:path';

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

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
      'temporal/at-once.ts',
      'bills/',
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
      'bills/',
      'domain/',
      'db/',
      'providers/',
      'temporal/',
      'workflows/messages.ts',
      'config.ts',
      'express',
      'zod',
      'pino',
      'qrcode',
      'pdfkit',
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
  /** Looks at everything that is stored and writes nothing; it shares no code with what it checks, but words and doors. */
  verify: {
    may: [
      'verify/',
      'domain/',
      'db/pool.ts',
      'providers/',
      'temporal/',
      'workflows/messages.ts',
      'config.ts',
      'embedded/configured.ts',
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
  bills: { may: ['bills/', 'domain/', 'qrcode', 'pdfkit', 'pngjs', 'node:'] },
  simulator: { may: ['simulator/', 'domain/money.ts', 'domain/br-code.ts', 'express', 'zod', 'node:'] },
  web: { may: ['web/'] },
  config: { may: ['config-variables.ts', 'zod', 'node:'] },
  embedded: { may: ANYTHING },
  bench: { may: ANYTHING },
  test: { may: ANYTHING },
};

/** The configuration and the processes that stand outside it. */
const MAY_READ_ENVIRONMENT = ['config.ts', 'embedded/', 'bench/', 'test/', 'simulator/main.ts'];
const BANNED_NAME = /(^|[/.-])(utils?|helpers?|common|managers?|misc)([/.-]|$)/;
const MOST_LINES = 250;

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** Static, `export from`, dynamic, `import('…')` in types, and require. */
export function importsOf(text: string): readonly Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  const statement = /(?<![.\w$])(?:import|export)\s+(type\s+)?(?:[\w$*\s{},]*?\sfrom\s*)?['"]([^'"\n]+)['"]/g;
  for (const [, type, specifier] of code.matchAll(statement)) {
    found.push({ specifier: specifier ?? '', typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(/(?<![.\w$])(?:import|require)\s*\(\s*['"`]([^'"`\n]+)['"`]/g)) {
    found.push({ specifier: specifier ?? '', typeOnly: false });
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Every rule that this file breaks, in plain words. */
export function violationsIn(file: SourceFile): readonly string[] {
  const code = withoutComments(file.text);
  const violations = forbiddenImports(file);
  if (BANNED_NAME.test(file.path)) violations.push('its name says nothing: call it after the trade word it owns');
  const lines = code.split('\n').filter((line) => line.trim() !== '').length;
  if (lines > MOST_LINES) violations.push(`${lines} lines of code: split it by noun, ${MOST_LINES} are the most`);
  if (/\bprocess\.env\b/.test(code) && !MAY_READ_ENVIRONMENT.some((owner) => file.path.startsWith(owner))) {
    violations.push('reads process.env: take it from config.ts');
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
  if (rule === undefined) return ['stands in a folder without a rule: add one to test/support/architecture.ts'];
  return importsOf(file.text)
    .filter(({ specifier, typeOnly }) => {
      const target = targetOf(file.path, specifier);
      return !permits(rule.may, target) && !(typeOnly && permits(rule.typesOf ?? [], target));
    })
    .map(({ specifier }) => `imports ${specifier}; ${top} may import ${rule.may.join(', ') || 'nothing'}`);
}

/** A path from the root, a package's name, or `node:…`. */
function targetOf(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(from), specifier);
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function permits(allowed: readonly string[], target: string): boolean {
  return allowed.some((entry) => {
    if (entry === '*') return true;
    return entry.endsWith('/') || entry.endsWith(':') ? target.startsWith(entry) : target === entry;
  });
}

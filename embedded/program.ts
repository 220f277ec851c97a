/**
 * The product's files as plain JavaScript, made once for processes that are started again and again: tsx costs each of
 * them about a second of processor time. A copy for tests and benchmarks, with the same folders; what is read by path
 * is linked.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformFile } from '@swc/core';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Whoever started the run names the copy here, for the processes that its tests start. */
const VARIABLE = 'RELINK_TEST_PROGRAM';
const NO_PROGRAM = new Set(['node_modules', 'test', 'bench', 'docs', 'web', 'coverage']);
const READ_BY_PATH = ['web', 'db/migrations', 'package.json'];
const RELATIVE_TS = /(\b(?:from|import)\s*\(?\s*['"]\.[^'"]*)\.ts(?=['"])/g;

/**
 * Answers the copy's folder; `remove` it in the end. Inside the project, because that is where packages are looked for.
 */
export async function transpileProgram(): Promise<{ readonly dir: string; readonly remove: () => void }> {
  const dir = path.join(ROOT, 'node_modules', '.cache', `relink-program-${process.pid}`);
  await Promise.all(sources('.').map(async (file) => transpile(file, dir)));
  for (const name of READ_BY_PATH) link(path.join(ROOT, name), path.join(dir, name));
  process.env[VARIABLE] = dir;
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** What Node is called with to run `worker/main.ts`: from the copy where there is one. */
export function argumentsOf(entry: string): readonly string[] {
  const copy = path.join(process.env[VARIABLE] ?? '', entry.replace(/\.ts$/, '.js'));
  if (process.env[VARIABLE] !== undefined && existsSync(copy)) return [copy];
  return ['--import', 'tsx', path.join(ROOT, entry)];
}

function sources(folder: string): readonly string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('.') || NO_PROGRAM.has(name) ? [] : sources(name);
    return entry.name.endsWith('.ts') ? [name] : [];
  });
}

async function transpile(file: string, dir: string): Promise<void> {
  const { code } = await transformFile(path.join(ROOT, file), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
    swcrc: false,
  });
  const made = path.join(dir, file.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(made), { recursive: true });
  writeFileSync(made, code.replace(RELATIVE_TS, '$1.js'));
}

/** A system without links for everybody gets a copy. */
function link(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  try {
    symlinkSync(from, to);
  } catch {
    cpSync(from, to, { recursive: true });
  }
}

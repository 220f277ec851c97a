/** The files of the project, as the tests about the tree read them: no packages, nothing generated, nothing hidden. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const ROOT = path.resolve(import.meta.dirname, '../../..');
const NOT_OURS = ['node_modules', 'coverage'];

/** All of them, from the project's root, with forward slashes. */
export function filesOfTheTree(dir = ''): readonly string[] {
  return readdirSync(path.join(ROOT, dir), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(dir, entry.name);
    if (!entry.isDirectory()) return [file];
    return entry.name.startsWith('.') || NOT_OURS.includes(entry.name) ? [] : filesOfTheTree(file);
  });
}

export function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** What is code: all of it is read by the rules of the architecture. */
export function sourceFiles(): readonly SourceFile[] {
  return filesOfTheTree()
    .filter((file) => /\.(ts|js|mjs)$/.test(file))
    .map((file) => ({ path: file, text: textOf(file) }));
}

/**
 * One `npm start` at a time on one data folder. A lock whose holder is dead, also by kill -9 or a power cut, is no
 * lock.
 */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandOf } from './left-over.ts';

interface Lock {
  release(): void;
}

/** Throws one sentence that says who holds it. */
export function lock(dir: string): Lock {
  mkdirSync(dir, { recursive: true });
  const file = path.join(dir, 'lock');
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, JSON.stringify({ pid: process.pid, command: commandOf(process.pid) }));
  try {
    take(aside, file, dir);
  } finally {
    rmSync(aside, { force: true });
  }
  return { release: () => rmSync(file, { force: true }) };
}

function take(aside: string, file: string, dir: string): void {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      // A hard link appears whole or not at all, and only one of two can make it.
      linkSync(aside, file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = livingHolder(file);
      if (holder !== undefined) {
        throw new Error(
          `Relink already runs here (process ${holder}): use it at the addresses in ${path.join(path.basename(dir), 'development.json')}, or stop it with Ctrl-C in its terminal.`,
          { cause: error },
        );
      }
      rmSync(file, { force: true });
    }
  }
  throw new Error('Another npm start is starting at this moment: wait for it.');
}

/**
 * The process that wrote the lock, when it still runs. Its number alone proves nothing: the system gives numbers out
 * again.
 */
function livingHolder(file: string): number | undefined {
  try {
    const { pid, command } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly pid: number;
      readonly command: string;
    };
    return pid !== process.pid && command !== '' && commandOf(pid) === command ? pid : undefined;
  } catch {
    return undefined;
  }
}

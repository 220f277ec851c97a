/**
 * Test only: the process kills itself at a named step, as hard as a power cut. Production refuses the variable
 * (config.ts).
 */
import { readFileSync } from 'node:fs';

/** `link.put`, or `@file`: the file names the step, or none, so that a process that runs already can be told. */
export function createCrash(killAt: string | undefined): (step: string) => void {
  if (killAt === undefined) return () => undefined;
  const named = killAt.startsWith('@') ? () => readFileSync(killAt.slice(1), 'utf8') : () => killAt;
  return (step) => {
    if (step === named()) process.kill(process.pid, 'SIGKILL');
  };
}

/** Waiting while processes die, and for their death. */
import type { RealProcess } from '../../embedded/stack.ts';
import { inTime, until as untilSo } from '../limits/until.ts';

/** Of a process that nobody killed. No wait outlasts it. */
export class Crash extends Error {}

/** Waits until it holds, or says what it waited for. What throws while processes are killed is part of it. */
export async function until(what: string | (() => string), holds: () => Promise<boolean>, everyMs = 50): Promise<void> {
  let trouble = '';
  await untilSo(
    () => `${typeof what === 'string' ? what : what()}${trouble}`,
    async () => {
      try {
        const held = await holds();
        trouble = '';
        return held;
      } catch (error) {
        if (error instanceof Crash) throw error;
        trouble = ` (${String(error)})`;
        return false;
      }
    },
    everyMs,
  );
}

/** Proves that the process killed itself: nobody else sends it this signal. */
export async function untilDead(process: RealProcess, step: string): Promise<string | number> {
  return inTime(
    () => `${process.name} dies at ${step}:\n${process.output()}`,
    async () => process.gone(),
  );
}

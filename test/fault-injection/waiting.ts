/** Waiting with an end, and with a sentence about what never came. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RealProcess } from '../../embedded/stack.ts';

/** Waits until it holds; when it never does, says what it waited for. What throws meanwhile is part of the crash. */
export async function until(
  what: string | (() => string),
  holds: () => Promise<boolean>,
  { withinMs = 45_000, everyMs = 50 }: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + withinMs;
  let trouble = '';
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      trouble = ` (${String(error)})`;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${withinMs} ms until ${typeof what === 'string' ? what : what()}${trouble}`);
    }
    await pause(everyMs);
  }
}

/** Proves that the process killed itself: nobody else sends it this signal. */
export async function untilDead(process: RealProcess, step: string, withinMs = 30_000): Promise<string | number> {
  const late = pause(withinMs, 'still alive', { ref: false });
  const end = await Promise.race([process.gone(), late]);
  if (end !== 'still alive') return end;
  throw new Error(`waited ${withinMs} ms until ${process.name} dies at ${step}: ${end}\n${process.output()}`);
}

/**
 * Servers of ours that outlived a kill -9 of everything above them. Refuses to touch a process that only has the old
 * number.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** The command line of a live process, or an empty text. */
export function commandOf(pid: number): string {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout?.trim() ?? '';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/**
 * Stops the process when its command line holds `mark`, and waits until it is gone. Harmless for one that is stopping
 * already.
 */
export async function endLeftOver(pid: number, mark: string): Promise<void> {
  if (!Number.isInteger(pid) || pid <= 1) return;
  for (let waited = 0; commandOf(pid).includes(mark); waited += 50) {
    if (waited === 0) signal(pid, 'SIGINT');
    if (waited === 15_000) signal(pid, 'SIGKILL');
    await pause(50);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It went in this moment.
  }
}

/**
 * Processor time of processes and of the machine, read from /proc. Elsewhere than on Linux it has no answer, and says
 * so.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux has fixed at 100 for everything it shows to programs. */
const TICKS_A_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended and were waited for. */
  readonly ended: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces: the fields are counted from its end.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0] = fields.slice(1);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
    return { parent, own: (user + system) / TICKS_A_SECOND, ended: (endedUser + endedSystem) / TICKS_A_SECOND };
  } catch {
    return undefined;
  }
}

/** Processor seconds so far. Undefined where the system does not tell. */
export type ProcessorMeter = () => number | undefined;

/** Of one process with all its threads, without its children. */
export function processorMeterOf(pid: number): ProcessorMeter {
  return () => statOf(pid)?.own;
}

/** Of a process and its children, because Postgres works in them. */
export function meterOfFamily(pid: number): ProcessorMeter {
  return () => familySeconds(pid);
}

function familySeconds(pid: number): number | undefined {
  const stat = statOf(pid);
  if (stat === undefined) return undefined;
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((child) => child?.parent === pid);
  return children.reduce((sum, child) => sum + (child?.own ?? 0) + (child?.ended ?? 0), stat.own + stat.ended);
}

/** Seconds in which any processor of the machine was busy, whoever it was. */
export function busySeconds(): number | undefined {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] = line
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + interrupts + softInterrupts + stolen) / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
}

/**
 * What will happen by itself and when, with one timer for the earliest. A binary heap: thousands of bills wait here.
 */
import type { BankClock } from './bank-clock.ts';

interface Agenda {
  /**
   * Asks for `due(id)` at this bank time. An id may stand here twice; whoever is called looks whether it is really due.
   */
  note(at: number, id: string): void;
  close(): void;
}

interface Appointment {
  readonly at: number;
  readonly id: string;
}

/** setTimeout fires at once for anything longer than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createAgenda(clock: BankClock, due: (id: string) => void): Agenda {
  const heap: Appointment[] = [];
  let timer: NodeJS.Timeout | undefined;
  let armedFor = Infinity;
  let closed = false;

  const arm = (): void => {
    const next = heap[0];
    if (closed || next === undefined || next.at >= armedFor) return;
    clearTimeout(timer);
    armedFor = next.at;
    timer = setTimeout(run, Math.min(Math.max(0, next.at - clock.now()), LONGEST_TIMER_MS));
  };
  const run = (): void => {
    armedFor = Infinity;
    for (let next = heap[0]; next !== undefined && next.at <= clock.now(); next = heap[0]) {
      pop(heap);
      due(next.id);
    }
    arm();
  };
  clock.onMove(() => {
    armedFor = Infinity;
    run();
  });
  return {
    note: (at, id) => {
      push(heap, { at, id });
      arm();
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function push(heap: Appointment[], added: Appointment): void {
  heap.push(added);
  let index = heap.length - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!swapIfEarlier(heap, index, parent)) return;
    index = parent;
  }
}

function pop(heap: Appointment[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const right = left + 1;
    const smaller = (heap[right]?.at ?? Infinity) < (heap[left]?.at ?? Infinity) ? right : left;
    if (!swapIfEarlier(heap, smaller, index)) return;
    index = smaller;
  }
}

function swapIfEarlier(heap: Appointment[], lower: number, upper: number): boolean {
  const below = heap[lower];
  const above = heap[upper];
  if (below === undefined || above === undefined || below.at >= above.at) return false;
  heap[lower] = above;
  heap[upper] = below;
  return true;
}

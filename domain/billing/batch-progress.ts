/** How far a batch of bills is, in numbers and in a sentence for operators. */
export const rowStatuses = ['waiting', 'opened', 'reused', 'refused', 'failed'] as const;
export type RowStatus = (typeof rowStatuses)[number];

/** How many rows are in each state. */
export type RowCounts = { readonly [status in RowStatus]: number };

export const NO_ROWS: RowCounts = { waiting: 0, opened: 0, reused: 0, refused: 0, failed: 0 };

export interface Pace {
  readonly rows: RowCounts;
  /** Since it began. */
  readonly seconds: number;
}

/** At the pace so far; undefined before there is one. A refused row was never work, so it is no part of the pace. */
export function secondsLeft({ rows, seconds }: Pace): number | undefined {
  const done = decidedOf(rows);
  if (rows.waiting === 0) return 0;
  if (done === 0 || seconds <= 0) return undefined;
  return Math.ceil((rows.waiting * seconds) / done);
}

export function describeBatch(pace: Pace): string {
  const { rows } = pace;
  const left = secondsLeft(pace);
  const done = decidedOf(rows);
  const told = `${done} of ${done + rows.waiting} accounts have their code, ${rows.opened} of them a new one`;
  const trouble = [
    ...(rows.failed === 0 ? [] : [`${rows.failed} refused by the provider`]),
    ...(rows.refused === 0 ? [] : [`${rows.refused} lines refused before`]),
  ];
  const time = rows.waiting === 0 ? ['finished'] : left === undefined ? [] : [`about ${durationWords(left)} left`];
  return [told, ...trouble, ...time].join('; ');
}

function decidedOf({ opened, reused, failed }: RowCounts): number {
  return opened + reused + failed;
}

function durationWords(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

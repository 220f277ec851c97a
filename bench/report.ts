/** One run as one table in plain words. It shows ratios with their range, and says first what is lost. */
import type { Window } from './load.ts';
import type { TimedSale } from './side.ts';
import { median, percentile, ratioOfRounds, type Ratio } from './statistics.ts';

/** One round of one kind of load, both sides. */
export interface Pair {
  readonly relink: Window;
  readonly bare: Window;
}

export interface BenchmarkRun {
  readonly about: readonly string[];
  readonly links: readonly number[];
  /** By number of links, then by round. */
  readonly closed: ReadonlyMap<number, readonly Pair[]>;
  readonly open: readonly (Pair & { readonly rate: number })[];
}

interface Row {
  readonly name: string;
  readonly relink: string;
  readonly bare: string;
  readonly ratio: string;
}

type SideName = keyof Pair;
type Figure = (window: Window) => number | undefined;

const toPayable = ({ asked, payable }: TimedSale): number => payable - asked;
const toTold = ({ noticed, told }: TimedSale): number | undefined =>
  noticed === undefined ? undefined : told - noticed;
const cpuOf: Figure = ({ cpuPerSale }) => {
  const all = Object.values(cpuPerSale);
  return all.length === 0 ? undefined : all.reduce((sum, each) => sum + each, 0) * 1_000;
};

export function benchmarkReport(run: BenchmarkRun): string {
  const rows = [...speedRows(run), ...latencyRows(run), ...cpuRows(run)];
  return [
    ...run.about,
    '',
    table(
      ['', 'Relink', 'bare', 'Relink / bare'],
      rows.map((line) => [line.name, line.relink, line.bare, line.ratio]),
    ),
    '',
    'Processor milliseconds per sale, by process (medians of the rounds):',
    '',
    processTable(run),
    '',
    ...notes(run),
  ].join('\n');
}

function speedRows({ closed }: BenchmarkRun): readonly Row[] {
  return [...closed].map(([links, pairs]) =>
    row(`sales per second, ${linksOf(links)}`, pairs, ({ salesPerSecond }) => salesPerSecond),
  );
}

function latencyRows(run: BenchmarkRun): readonly Row[] {
  const lone = run.closed.get(1) ?? [];
  const rates = run.open.map(({ rate }) => rate);
  const half = `${rounded(median(rates))}/s`;
  const waits: readonly [string, readonly Pair[]][] = [
    ['one till alone', lone],
    [`at ${half} over ${linksOf(Math.max(...run.links))}`, run.open],
  ];
  return waits.flatMap(([when, pairs]) => [
    wait(`POST to payable, ${when}, p50 ms`, pairs, toPayable, 50),
    wait(`POST to payable, ${when}, p99 ms`, pairs, toPayable, 99),
    wait(`callback to SSE event, ${when}, p50 ms`, pairs, toTold, 50),
    wait(`callback to SSE event, ${when}, p99 ms`, pairs, toTold, 99),
  ]);
}

function cpuRows(run: BenchmarkRun): readonly Row[] {
  const closed = [...run.closed].map(([links, pairs]) => row(`processor ms per sale, ${linksOf(links)}`, pairs, cpuOf));
  return [...closed, row('processor ms per sale, at half load', run.open, cpuOf)];
}

function row(name: string, pairs: readonly Pair[], figure: Figure): Row {
  const [relink, bare] = bothSides(pairs, figure);
  return {
    name,
    relink: rounded(median(defined(relink))),
    bare: rounded(median(defined(bare))),
    ratio: worded(ratioOfRounds(relink, bare)),
  };
}

/**
 * The percentiles are those of all rounds together, because a round alone has too few sales for a p99; ratios are by
 * round.
 */
function wait(
  name: string,
  pairs: readonly Pair[],
  time: (sale: TimedSale) => number | undefined,
  percent: number,
): Row {
  const pooled = (side: SideName): string =>
    rounded(percentile(defined(pairs.flatMap((pair) => pair[side].sales.map(time))), percent));
  const [relink, bare] = bothSides(pairs, ({ sales }) => percentile(defined(sales.map(time)), percent));
  return { name, relink: pooled('relink'), bare: pooled('bare'), ratio: worded(ratioOfRounds(relink, bare)) };
}

function processTable(run: BenchmarkRun): string {
  const loads: readonly [string, readonly Pair[]][] = [
    ...[...run.closed].map(([links, pairs]) => [linksOf(links), pairs] as [string, readonly Pair[]]),
    ['half load', run.open],
  ];
  const lines = (['relink', 'bare'] as const).flatMap((side) => {
    const names = new Set(loads.flatMap(([, pairs]) => pairs.flatMap((pair) => Object.keys(pair[side].cpuPerSale))));
    return [...names].map((name) => [
      `${side === 'relink' ? 'Relink' : 'bare'}: ${name}`,
      ...loads.map(([, pairs]) => {
        const used = pairs.map((pair) => pair[side].cpuPerSale[name]);
        const middle = median(defined(used));
        return middle === undefined ? '-' : rounded(middle * 1_000);
      }),
    ]);
  });
  return table(['', ...loads.map(([name]) => name)], lines);
}

function notes(run: BenchmarkRun): readonly string[] {
  const pairs = [...[...run.closed.values()].flat(), ...run.open];
  const busy = defined(pairs.flatMap(({ relink, bare }) => [relink.othersBusy, bare.othersBusy]));
  const most = Math.max(...run.links);
  const speed = ratio(run.closed.get(most) ?? [], ({ salesPerSecond }) => salesPerSecond);
  const cost = ratio(run.closed.get(most) ?? [], cpuOf);
  const samples = (side: SideName): number => run.open.reduce((sum, pair) => sum + pair[side].sales.length, 0);
  const achieved = (side: SideName): string => rounded(median(run.open.map((pair) => pair[side].salesPerSecond)));
  return [
    'Losses',
    ...(speed === undefined
      ? []
      : [
          `- With ${linksOf(most)} Relink makes ${rounded(speed.median)} of the bare workflow's sales in the same time.`,
        ]),
    ...(cost === undefined
      ? []
      : [`- A sale costs Relink ${rounded(cost.median)} times the bare workflow's processor time.`]),
    ...failuresOf(pairs),
    'What the bare workflow does not do for its speed: no HTTP, no key, no SQL, no ledger, no events for the till, no call to a',
    'bank, no check that the money is there. Its driver speaks gRPC to Temporal and hears of the booking over a pipe.',
    'How to read it',
    `- Half load: ${rounded(median(run.open.map(({ rate }) => rate)))} sales/s offered to both, ${achieved('relink')} (Relink) and ${achieved('bare')} (bare) seen; ${samples('relink')} and ${samples('bare')} sales timed, from their planned moment.`,
    '- Sales per second and processor time are medians of rounds, times are percentiles of all rounds together.',
    '- A sale counts half when it is payable and half when the till knows.',
    '- A ratio is the median of one ratio per round, with the least and the most in parentheses.',
    ...(busy.length === 0
      ? ['- This system does not tell processor time: those rows are empty.']
      : [
          `- Work of others kept ${rounded(median(busy))} processors busy (at most ${rounded(Math.max(...busy))}). Above 0.1 compare ratios only.`,
        ]),
  ];
}

function failuresOf(pairs: readonly Pair[]): readonly string[] {
  return (['relink', 'bare'] as const).map((side) => {
    const failed = pairs.reduce((sum, pair) => sum + pair[side].failed, 0);
    const first = pairs.map((pair) => pair[side].firstFailure).find((because) => because !== undefined);
    return `- Sales that failed, ${side === 'relink' ? 'Relink' : 'bare'}: ${failed}${first === undefined ? '' : ` (the first: ${first})`}.`;
  });
}

function ratio(pairs: readonly Pair[], figure: Figure): Ratio | undefined {
  return ratioOfRounds(...bothSides(pairs, figure));
}

function bothSides(pairs: readonly Pair[], figure: Figure): [(number | undefined)[], (number | undefined)[]] {
  return [pairs.map(({ relink }) => figure(relink)), pairs.map(({ bare }) => figure(bare))];
}

function worded(found: Ratio | undefined): string {
  if (found === undefined) return '-';
  const { median: middle, least, most, rounds } = found;
  return rounds === 1 ? `${rounded(middle)} (one round)` : `${rounded(middle)} (${rounded(least)} to ${rounded(most)})`;
}

const defined = (figures: readonly (number | undefined)[]): number[] =>
  figures.filter((figure) => figure !== undefined);
const linksOf = (count: number): string => (count === 1 ? '1 link' : `${count} links`);

/** Two or three digits that mean something. */
function rounded(figure: number | undefined): string {
  if (figure === undefined) return '-';
  return figure.toFixed(figure >= 99.95 ? 0 : figure >= 9.995 ? 1 : 2);
}

/** Readable in a terminal, and Markdown as it stands. */
function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0), 3),
  );
  const aligned = (line: readonly string[]): string => {
    const cells = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${cells.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [aligned(head), `| ${rule.join(' | ')} |`, ...lines.map(aligned)].join('\n');
}

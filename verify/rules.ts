/** Checks that are one question to Postgres: a rule selects the rows that break it, and only the first few are fetched. */
import type pg from 'pg';
import type { Findings, Invariant } from './verdict.ts';

/** One merchant in one snapshot. */
export interface Looking {
  readonly client: pg.ClientBase;
  readonly merchantId: string;
  readonly findings: Findings;
  /**
   * What was written so many seconds ago may be half done, and what is due for a check is about to be looked after. 0:
   * nothing is in flight, and nothing is excused.
   */
  readonly graceSeconds: number;
}

export interface Rule {
  readonly invariant: Invariant;
  /**
   * Selects `place`, by which the first one is the first, and `sentence`. `$1` is the merchant, `$2` the grace in seconds.
   */
  readonly broken: string;
}

/** In a rule about a request or a link: it was just written, or `watch` is about to look at it. */
export function inFlight(alias: string): string {
  return `(${alias}.updated_at > now() - make_interval(secs => $2) or ($2 > 0 and ${alias}.next_check_at <= now()))`;
}

export function young(column: string): string {
  return `(${column} > now() - make_interval(secs => $2))`;
}

/** Kinds that are money which arrived, said here a second time: the generated column of the table is not believed. */
export const ARRIVED = `('exact', 'over', 'partial', 'second', 'late', 'wrong-currency', 'unknown-request')`;

export async function runRules(looking: Looking, rules: readonly Rule[]): Promise<void> {
  for (const { invariant, broken } of rules) {
    const { rows } = await looking.client.query<{ sentence: string; all: string }>(
      `select sentence, count(*) over () as all from (${broken}) as found
        where $1::text is not null and $2::float8 is not null order by place limit 3`,
      [looking.merchantId, looking.graceSeconds],
    );
    const [first, ...more] = rows;
    if (first === undefined) continue;
    looking.findings.violated(invariant, first.sentence, Number(first.all) - more.length);
    for (const { sentence } of more) looking.findings.violated(invariant, sentence);
  }
}

interface Count {
  readonly invariant: Invariant;
  readonly noun: string;
  /** `$1` is the merchant. */
  readonly of: string;
}

export async function count(looking: Looking, counts: readonly Count[]): Promise<void> {
  for (const { invariant, noun, of } of counts) {
    const { rows } = await looking.client.query<{ count: string }>(`select count(*) as count from ${of}`, [
      looking.merchantId,
    ]);
    looking.findings.looked(invariant, `${rows[0]?.count ?? 0} ${noun}`);
  }
}

/**
 * Checks that are one question to Postgres: a rule selects the rows that break it, and only the first few are fetched.
 */
import type pg from 'pg';
import type { Invariant, VerdictCollector } from './verdict.ts';

/** One merchant in one snapshot. */
export interface MerchantSnapshot {
  readonly client: pg.ClientBase;
  readonly merchantId: string;
  readonly findings: VerdictCollector;
  /**
   * What was written so many seconds ago may be half done, and what is due for a check is about to be looked after. 0:
   * nothing is in flight, and nothing is excused.
   */
  readonly graceSeconds: number;
}

export interface InvariantRule {
  readonly invariant: Invariant;
  /**
   * Selects `place`, by which the first one is the first, and `sentence`. `$1` is the merchant, `$2` the grace in
   * seconds.
   */
  readonly broken: string;
}

/** In a rule about a request or a link: it was just written, or `watch` is about to look at it. */
export function inFlight(alias: string): string {
  return `(${alias}.updated_at > now() - make_interval(secs => $2) or ($2 > 0 and ${alias}.next_check_at <= now()))`;
}

export function youngerThanGrace(column: string): string {
  return `(${column} > now() - make_interval(secs => $2))`;
}

/** Kinds that are money which arrived, said here a second time: the generated column of the table is not believed. */
export const ARRIVAL_KINDS = `('exact', 'over', 'partial', 'second', 'late', 'wrong-currency', 'unknown-request')`;

export async function runRules(snapshot: MerchantSnapshot, rules: readonly InvariantRule[]): Promise<void> {
  for (const { invariant, broken } of rules) {
    const { rows } = await snapshot.client.query<{ sentence: string; all: string }>(
      `select sentence, count(*) over () as all from (${broken}) as found
        where $1::text is not null and $2::float8 is not null order by place limit 3`,
      [snapshot.merchantId, snapshot.graceSeconds],
    );
    const [first, ...more] = rows;
    if (first === undefined) continue;
    snapshot.findings.violated(invariant, first.sentence, Number(first.all) - more.length);
    for (const { sentence } of more) snapshot.findings.violated(invariant, sentence);
  }
}

interface CountRule {
  readonly invariant: Invariant;
  readonly noun: string;
  /** `$1` is the merchant. */
  readonly of: string;
}

export async function count(snapshot: MerchantSnapshot, counts: readonly CountRule[]): Promise<void> {
  for (const { invariant, noun, of } of counts) {
    const { rows } = await snapshot.client.query<{ count: string }>(`select count(*) as count from ${of}`, [
      snapshot.merchantId,
    ]);
    snapshot.findings.looked(invariant, `${rows[0]?.count ?? 0} ${noun}`);
  }
}

/**
 * What was looked at and what was found, by invariant (docs/invariants.md §1). The first few violations are kept in
 * words.
 */

/** The names that docs/invariants.md gives them. I14, progress, is a question of time and asked by the fault tests. */
export const INVARIANTS = {
  I1: 'no lost payment',
  I2: 'no double credit',
  I3: 'no double charge',
  I4: 'sums to zero',
  I5: 'append-only',
  I6: 'link returns to free',
  I7: 'one bill per link',
  I8: 'agreement',
  I9: 'explained money',
  I10: 'effects once',
  I11: 'acked is durable',
  I12: 'history is replayable',
  I13: 'tenant wall',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Verdict {
  readonly invariant: Invariant;
  /** Absent: it is about the database, the provider's account or Temporal as a whole. */
  readonly merchantId?: string;
  /** "123 payments": what there was to look at. */
  readonly looked: readonly string[];
  /** The first few, each in one plain sentence with ids. */
  readonly violations: readonly string[];
  /** All of them. */
  readonly count: number;
  /** Why it was not looked at. */
  readonly skipped?: string;
}

const KEPT = 5;

interface VerdictDraft {
  readonly looked: string[];
  readonly violations: string[];
  count: number;
  skipped?: string;
}

/** Collects what the checks find about one merchant, or about everything that is no merchant's. */
export class VerdictCollector {
  readonly #merchantId: string | undefined;
  readonly #verdicts = new Map<Invariant, VerdictDraft>();

  constructor(merchantId?: string) {
    this.#merchantId = merchantId;
  }

  looked(invariant: Invariant, at: string): void {
    this.#of(invariant).looked.push(at);
  }

  violated(invariant: Invariant, sentence: string, count = 1): void {
    const verdict = this.#of(invariant);
    verdict.count += count;
    if (verdict.violations.length < KEPT) verdict.violations.push(sentence);
  }

  skipped(invariant: Invariant, because: string): void {
    this.#of(invariant).skipped = because;
  }

  verdicts(): readonly Verdict[] {
    const merchant = this.#merchantId === undefined ? {} : { merchantId: this.#merchantId };
    const known = (Object.keys(INVARIANTS) as Invariant[]).filter((invariant) => this.#verdicts.has(invariant));
    return known.map((invariant) => ({ invariant, ...merchant, ...this.#of(invariant) }));
  }

  #of(invariant: Invariant): VerdictDraft {
    const known = this.#verdicts.get(invariant);
    if (known !== undefined) return known;
    const fresh: VerdictDraft = { looked: [], violations: [], count: 0 };
    this.#verdicts.set(invariant, fresh);
    return fresh;
  }
}

/** For tests and logs: one line for each violation that is known in words. */
export function verdictSentences(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.flatMap(({ invariant, merchantId, violations }) =>
    violations.map((sentence) => `${invariant} ${merchantId === undefined ? '' : `${merchantId}: `}${sentence}`),
  );
}

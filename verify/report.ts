/** Verdicts as lines for a person: one for each invariant, by merchant, and the sum of them at the end. */
import { INVARIANTS, type Invariant, type Verdict } from './verdict.ts';

export interface Report {
  readonly lines: readonly string[];
  /** How many of the thirteen are broken for anybody. */
  readonly violated: number;
}

export function report(verdicts: readonly Verdict[]): Report {
  const lines: string[] = [];
  let heading: string | undefined;
  for (const verdict of verdicts) {
    const of = verdict.merchantId === undefined ? 'all together' : `merchant ${verdict.merchantId}`;
    if (of !== heading) lines.push(of);
    heading = of;
    lines.push(`  ${lineOf(verdict)}`);
  }
  const all = Object.keys(INVARIANTS) as readonly Invariant[];
  const any = (holds: (verdict: Verdict) => boolean): readonly Invariant[] =>
    all.filter((invariant) => verdicts.some((verdict) => verdict.invariant === invariant && holds(verdict)));
  const violated = any(({ count }) => count > 0);
  const skipped = any(({ skipped: because }) => because !== undefined).filter((one) => !violated.includes(one));
  const hold = all.length - violated.length - skipped.length;
  const left = skipped.length === 0 ? '' : `, ${skipped.length} not looked at`;
  lines.push(`verify: ${hold} invariants hold, ${violated.length} violated${left}`);
  return { lines, violated: violated.length };
}

function lineOf({ invariant, looked, violations, count, skipped }: Verdict): string {
  const name = `${invariant} ${INVARIANTS[invariant]}`;
  const [first] = violations;
  if (first !== undefined) {
    const more = count > 1 ? ` (and ${count - 1} more)` : '';
    return `${name}: VIOLATED: ${first}${more}`;
  }
  if (skipped !== undefined) return `${name}: not looked at: ${skipped}`;
  return `${name}: ok (${looked.map(inNumber).join(', ')})`;
}

/** "1 payments" is said of one payment as well, until here. */
function inNumber(looked: string): string {
  return looked.replace(/^1 (\w+?)(ies|s)\b/, (_, word: string, end: string) => `1 ${word}${end === 'ies' ? 'y' : ''}`);
}

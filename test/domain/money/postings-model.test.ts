/**
 * The postings against a small reference model: where each cent of a payment is, told without any ledger. Random lives
 * of bills, payments, exceptions and returns; after every step the accounts say what the model says.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isBalanced, type Entry } from '../../../domain/money/ledger.ts';
import type { MoneyJson } from '../../../domain/money.ts';
import { postingsOf, type Movement } from '../../../domain/money/postings.ts';
import { judgeReturn } from '../../../domain/money/returnable.ts';
import { judgeSettlement } from '../../../domain/money/settlement.ts';
import { SEED } from '../../support/sampling.ts';

const lives = 12_000;

const brl = (minor: number): MoneyJson => ({ minorUnits: String(minor), currency: 'BRL' });

/** The reference: one bill, and for each place the cents that lie there. It knows no debits and no credits. */
class MoneyModel {
  readonly places = { bank: 0, bill: 0, nobody: 0, credit: 0, onTheWay: 0, gone: 0, lost: 0, forgiven: 0 };
  covered = false;
  paidBefore = false;

  arrive(asked: number, amount: number, ended: boolean): void {
    this.places.bank += amount;
    const exact = !this.paidBefore && !ended && amount >= asked;
    if (exact) this.places.bill += asked;
    this.places.nobody += exact ? amount - asked : amount;
    this.covered ||= amount >= asked && !this.paidBefore;
    this.paidBefore = true;
  }

  leaveNobody(to: 'bill' | 'credit' | 'lost' | 'onTheWay', amount: number): void {
    this.places.nobody -= amount;
    this.places[to] += amount;
  }
}

interface Step {
  readonly is: 'pay' | 'end' | 'accept' | 'credit' | 'writeOff' | 'return' | 'refund' | 'arrives' | 'fails' | 'bounces';
  readonly amount: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  is: fc.constantFrom<Step['is'][]>(
    'pay',
    'pay',
    'end',
    'accept',
    'credit',
    'writeOff',
    'return',
    'refund',
    'arrives',
    'fails',
    'bounces',
  ),
  amount: fc.integer({ min: 1, max: 6_000 }),
});

/** Plays both sides of each step; answers the entries that it made. */
class PaymentLife {
  readonly purse = new MoneyModel();
  readonly entries: Entry[] = [];
  readonly #asked: number;
  #ended = false;
  #back = 0;

  constructor(asked: number) {
    this.#asked = asked;
  }

  take({ is, amount }: Step): void {
    const { places } = this.purse;
    const part = Math.min(amount, places.nobody);
    switch (is) {
      case 'pay':
        return this.#pay(amount);
      case 'end':
        this.#ended = true;
        return undefined;
      case 'accept':
        return this.#decide(part, 'bill', { is: 'accepted', amount: brl(part) });
      case 'credit':
        return this.#decide(part, 'credit', { is: 'credited', amount: brl(part) });
      case 'writeOff':
        return this.#decide(part, 'lost', { is: 'written-off', amount: brl(part) });
      case 'return':
        return this.#decide(part, 'onTheWay', { is: 'return-begun', from: 'held', amount: brl(part) });
      case 'refund': {
        // What a merchant may give back of collected money is bounded by what was collected and has not gone.
        const left = places.bill - this.#back;
        const verdict = judgeReturn(
          { left: { minorUnits: BigInt(left), currency: 'BRL' }, endToEndId: 'E1' },
          { minorUnits: BigInt(amount), currency: 'BRL' },
        );
        sayIf((verdict.is === 'returnable') !== (left > 0 && amount <= left), `${amount} of ${left}: ${verdict.is}`);
        if (verdict.is === 'refused') return undefined;
        this.#back += amount;
        places.onTheWay += amount;
        return this.#post({ is: 'return-begun', from: 'collected', amount: brl(amount) });
      }
      case 'arrives':
        return this.#end('return-completed', Math.min(amount, places.onTheWay), () => {
          places.bank -= Math.min(amount, places.onTheWay);
          places.gone += Math.min(amount, places.onTheWay);
        });
      case 'fails':
        return this.#end('return-failed', Math.min(amount, places.onTheWay), () => {
          places.nobody += Math.min(amount, places.onTheWay);
        });
      case 'bounces': {
        const back = Math.min(amount, places.gone);
        if (back === 0) return undefined;
        places.gone -= back;
        places.bank += back;
        places.nobody += back;
        return this.#post({ is: 'return-bounced', amount: brl(back) });
      }
    }
  }

  #pay(amount: number): void {
    const { purse } = this;
    const judged = judgeSettlement({
      asked: brl(this.#asked),
      received: brl(amount),
      ended: this.#ended,
      ...(purse.paidBefore ? { before: { covered: purse.covered } } : {}),
    });
    purse.arrive(this.#asked, amount, this.#ended);
    sayIf((judged.status === 'paid') !== purse.covered, `${judged.kind} is called ${judged.status}`);
    sayIf(!isBalanced(judged.entries), `${judged.kind} does not balance`);
    this.entries.push(...judged.entries);
  }

  #decide(part: number, to: 'bill' | 'credit' | 'lost' | 'onTheWay', movement: Movement): void {
    if (part === 0) return;
    this.purse.leaveNobody(to, part);
    this.#post(movement);
  }

  #end(is: 'return-completed' | 'return-failed', amount: number, move: () => void): void {
    if (amount === 0) return;
    move();
    this.purse.places.onTheWay -= amount;
    this.#post({ is, amount: brl(amount) });
  }

  #post(movement: Movement): void {
    const entries = postingsOf(movement);
    sayIf(!isBalanced(entries), `${movement.is} does not balance`);
    this.entries.push(...entries);
  }

  /** The accounts, as the places of the purse have it: what was refunded is collected money that went back. */
  accounts(): object {
    const sum = (account: string) =>
      this.entries.reduce(
        (total, entry) => total + (entry.account === account ? Number(entry.amount.minorUnits) : 0),
        0,
      );
    return {
      bank: sum('provider'),
      bill: -sum('collected'),
      nobody: -sum('unapplied'),
      credit: -sum('credit'),
      onTheWay: -sum('returning'),
      lost: -sum('written-off'),
    };
  }
}

/** Cheaper than an assertion, of which there are millions. */
function sayIf(wrong: boolean, what: string): void {
  if (wrong) throw new Error(what);
}

describe('the postings', () => {
  it('put every cent where the reference model has it, after every step of any life of a bill', () => {
    process.stdout.write(`Lives of a bill: RELINK_SEED=${SEED}\n`);
    let steps = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
        (asked, plan) => {
          const life = new PaymentLife(asked);
          for (const each of plan) {
            life.take(each);
            steps += 1;
            const { bank, bill, nobody, credit, onTheWay, lost } = life.purse.places;
            const told = life.accounts();
            const wanted = { bank, bill, nobody, credit, onTheWay, lost };
            sayIf(
              JSON.stringify(told) !== JSON.stringify(wanted),
              `${JSON.stringify(told)}, not ${JSON.stringify(wanted)}`,
            );
          }
        },
      ),
      { seed: SEED, numRuns: lives },
    );
    expect(steps).toBeGreaterThan(200_000);
  });
});

/** An account that is billed, step by step: readings come, bills go to the code and end there. */
import { USUAL_RULES, type BillingRules } from '../../../domain/billing/billing-rules.ts';
import type { BillContent, StoredBill } from '../../../domain/billing/bill.ts';
import {
  nextBill,
  openBillOf,
  type BillingAccount,
  type BillDecision,
  type NextBill,
} from '../../../domain/billing/billing.ts';
import { WEEKENDS_ONLY, type Calendar } from '../../../domain/calendar.ts';
import type { RequestStatus } from '../../../domain/money/check-schedule.ts';
import type { Meter } from '../../../domain/billing/meter.ts';
import type { Reading } from '../../../domain/billing/reading.ts';
import type { Tariff } from '../../../domain/billing/tariff.ts';
import { present } from '../../../domain/present.ts';
import { aMeter, day } from './reading-builders.ts';

/** One real a unit, and nothing else: amounts are usages. */
export function aTariff(differences: Partial<Tariff> = {}): Tariff {
  return {
    id: 'T',
    version: 1,
    effectiveFrom: '2026-01-01',
    unit: 'kWh',
    currency: 'BRL',
    tiers: { mode: 'step', list: [{ price: '1.00' }] },
    taxes: [],
    rounding: { when: 'each line', rule: 'half-up' },
    ...differences,
  };
}

interface BillingSetup {
  readonly meters?: readonly Meter[];
  readonly tariffs?: readonly Tariff[];
  readonly rules?: Partial<BillingRules>;
  readonly calendar?: Calendar;
  readonly timeZone?: string;
}

type BillProposal = Exclude<NextBill, { readonly is: 'nothing' }>;

export class Billing {
  readonly #setting: BillingSetup;
  readonly readings: Reading[] = [];
  readonly decisions: BillDecision[] = [];
  bills: readonly StoredBill[] = [];
  now = day(30);

  constructor(setting: BillingSetup = {}) {
    this.#setting = setting;
  }

  account(): BillingAccount {
    const {
      meters = [aMeter()],
      tariffs = [aTariff()],
      rules,
      calendar = WEEKENDS_ONLY,
      timeZone = 'UTC',
    } = this.#setting;
    const { readings, bills, decisions } = this;
    return {
      timeZone,
      currency: 'BRL',
      calendar,
      rules: { ...USUAL_RULES, ...rules },
      meters,
      readings,
      tariffs,
      tariffId: 'T',
      bills,
      decisions,
    };
  }

  next(): NextBill {
    return nextBill(this.account(), this.now);
  }

  read(...readings: readonly Reading[]): this {
    this.readings.push(...readings);
    return this;
  }

  /** As the worker stores it. */
  rate(): NextBill {
    const next = this.next();
    if (next.is !== 'nothing') this.#store(next);
    return next;
  }

  #store(next: BillProposal): void {
    const open = openBillOf(this.bills);
    const stays = open !== undefined && (next.is === 'bill' || open.request === undefined);
    const number = stays ? open.number : (this.bills.at(-1)?.number ?? 0) + 1;
    const status = next.is === 'bill' ? 'billed' : next.is === 'hold' ? 'held' : 'nothing-due';
    const applied = { revision: 0, content: next.content };
    const bill: StoredBill = {
      billId: `bill ${number}`,
      number,
      status,
      revision: 0,
      newest: next.content,
      ...(next.is === 'bill' && { request: 'active' as const, applied }),
      ...(next.is === 'hold' && { because: next.because }),
    };
    // One that has to give way is taken off the code.
    const before = stays ? this.bills.slice(0, -1) : this.bills.map((one) => this.#ended(one, open, 'cancelled'));
    this.bills = [...before, bill];
  }

  #ended(one: StoredBill, which: StoredBill | undefined, request: RequestStatus): StoredBill {
    return one === which && one.request === 'active' ? { ...one, request } : one;
  }

  /** The request of the newest bill ends. */
  end(request: RequestStatus, because?: string): this {
    const newest = this.bills.at(-1);
    if (newest === undefined) throw new Error('no bill');
    this.bills = [...this.bills.slice(0, -1), { ...newest, request, ...present({ because }) }];
    return this;
  }

  become(number: number, request: RequestStatus): this {
    this.bills = this.bills.map((bill) => (bill.number === number ? { ...bill, request } : bill));
    return this;
  }

  decide(decision: BillDecision['decision']): this {
    const held = openBillOf(this.bills);
    if (held === undefined) throw new Error('nothing is held');
    this.decisions.push({ billId: held.billId, decision, usage: held.newest.usage });
    return this;
  }
}

export function contentOf(next: NextBill): BillContent {
  if (next.is === 'nothing') throw new Error('there is no bill');
  return next.content;
}

/** "bill 20.00: 20 kWh × 1.00 = 20.00". */
export function told(next: NextBill): string {
  if (next.is === 'nothing') return `nothing: ${next.because}`;
  const { total, lines } = next.content;
  const why = next.is === 'hold' ? ` (${next.because})` : '';
  return `${next.is}${why} ${Number(total.minorUnits) / 100}: ${lines.map(({ text }) => text).join('; ')}`;
}

/**
 * One metered account under faults drawn from a seed: the bank loses answers and attempts die at their named steps,
 * until the faults are switched off.
 */
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../activities/create-activities.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { storeReadings } from '../../db/billing/readings.ts';
import { effectOf, sideReads } from '../../domain/links/link-effects.ts';
import type { LinkEvent } from '../../domain/links/link-events.ts';
import type { LinkState } from '../../domain/links/link-state.ts';
import { transition, wake } from '../../domain/links/payment-link.ts';
import type { Reading } from '../../domain/billing/reading.ts';
import { present } from '../../domain/present.ts';
import { SeededRandom } from '../support/chance.ts';
import { silent } from '../support/silent-messages.ts';
import type { Lane } from './world-lane.ts';
import { perform } from './metered-town.ts';
import { PromptBank } from './prompt-bank.ts';

const HOUR = 3_600_000;
export const START = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 90 * 24 * HOUR;
const QUIET = new DefaultLogger('ERROR', () => undefined);
const ATTEMPTS = 4;

class ProcessDeath extends Error {}

export class UsageWorld {
  readonly bank = new PromptBank();
  readonly chance: SeededRandom;
  readonly told: string[] = [];
  readonly #lane: Lane;
  readonly #name: string;
  readonly #activities: ReturnType<typeof createActivities>;
  #state: LinkState | undefined;
  #runs = 0;
  #stepsLeft = -1;
  #hour = 0;
  #sequence = 0;
  readonly #read: Reading[] = [];
  rough = true;

  constructor(lane: Lane, name: string, seed: string) {
    this.#lane = lane;
    this.#name = name;
    this.chance = new SeededRandom(`${seed} ${name}`);
    this.bank.luck = () => {
      if (!this.rough || !this.chance.happens(0.15)) return 'answered';
      return this.chance.happens(0.5) ? 'lost before' : 'lost after';
    };
    this.#activities = createActivities({
      pool: lane.pool,
      provider: this.bank.provider,
      crash: (step) => {
        this.#stepsLeft -= 1;
        if (this.#stepsLeft === 0) throw new ProcessDeath(`died at ${step}`);
      },
      pause: async () => undefined,
      messages: silent(),
    });
  }

  get #ref() {
    return { merchantId: this.#lane.merchantId, paymentLinkId: `bill-${this.#name}`, kind: 'bill' as const };
  }

  async play(): Promise<void> {
    const happenings = this.chance.between(6, 24);
    for (let count = 0; count < happenings; count += 1) await this.#happen();
    this.rough = false;
    await this.#heal();
    await this.#measure(0);
    await this.#heal();
  }

  async #happen(): Promise<void> {
    const { chance } = this;
    const active = [...this.bank.requests.values()].find(({ status }) => status === 'active');
    const expired = [...this.bank.requests.values()].find(({ status }) => status === 'expired');
    const what = chance.pick([
      'read',
      'read',
      'read',
      'correct',
      'pay',
      'expire',
      'late',
      'unlink',
      'terminate',
      'heal',
    ]);
    this.told.push(what);
    if (what === 'read') await this.#measure(chance.between(-4, 4));
    if (what === 'correct') await this.#correct();
    if (what === 'heal') await this.#heal();
    if (what === 'terminate') this.#state = undefined;
    if (what === 'pay' && active !== undefined) {
      this.bank.pay(active.requestId);
      await this.#notice('paid', active.requestId);
    }
    if (what === 'expire' && active !== undefined && chance.happens(0.5)) {
      this.bank.expire(active.requestId);
      await this.#notice('expired', active.requestId);
    }
    if (what === 'late' && expired !== undefined) {
      this.bank.payLate(expired.requestId);
      await this.#notice('paid', expired.requestId);
    }
    if (what === 'unlink' && chance.happens(0.4)) {
      await this.#tell({
        is: 'ordered',
        order: { is: 'unlink', commandId: `unlink-${this.#name}-${this.told.length}` },
      });
    }
  }

  /** The register shows ten more each hour; whoever reads it may be wrong by less than half of that. */
  async #measure(error: number): Promise<void> {
    this.#hour += 1;
    await this.#store({ value: this.#hour * 10 + error, hour: this.#hour });
  }

  async #correct(): Promise<void> {
    const wrong = this.#read.at(-this.chance.between(1, 4));
    if (wrong === undefined) return;
    const { deviceId, sequence } = wrong;
    const hour = Math.round((Date.parse(wrong.readAt) - START) / HOUR);
    const known = this.#read.some(({ corrects }) => corrects?.sequence === sequence);
    if (!known) await this.#store({ value: hour * 10, hour, corrects: { deviceId, sequence } });
  }

  async #store({
    value,
    hour,
    corrects,
  }: {
    value: number;
    hour: number;
    corrects?: Reading['corrects'];
  }): Promise<void> {
    this.#sequence += 1;
    const reading: Reading = {
      deviceId: `phone-${this.#name}`,
      sequence: this.#sequence,
      meterId: `M${this.#name}`,
      value: String(value).padStart(5, '0'),
      readAt: new Date(START + hour * HOUR).toISOString(),
      kind: 'actual',
      ...present({ corrects }),
    };
    this.#read.push(reading);
    if (this.chance.happens(0.3)) return this.#tell({ is: 'measured', readings: [reading] });
    const { merchantId } = this.#ref;
    await tenantTransaction(this.#lane.pool, merchantId, async (client) =>
      storeReadings(client, merchantId, [reading]),
    );
    // A signal may be lost: the account stays marked.
    if (!this.rough || this.chance.happens(0.7)) await this.#tell({ is: 'measured', readings: [] });
  }

  async #notice(why: 'paid' | 'expired', requestId: string): Promise<void> {
    const copies = this.chance.pick([0, 1, 1, 2]);
    for (let copy = 0; copy < copies; copy += 1) await this.#tell({ is: 'noticed', why, requestId });
  }

  /** As `watch` does it: everything is looked at once more, a few times. */
  async #heal(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      for (const { requestId } of this.bank.requests.values())
        await this.#tell({ is: 'noticed', why: 'check', requestId });
      await this.#tell({ is: 'measured', readings: [] });
    }
  }

  async #tell(event: LinkEvent): Promise<void> {
    const state = this.#state ?? (await this.#wake());
    this.#apply(state, event);
    await this.#drain();
  }

  async #wake(): Promise<LinkState> {
    this.#runs += 1;
    const runId = `${this.#name} ${this.#runs}`;
    const ran = await this.#run(async () => this.#activities.loadLink({ link: this.#ref, runId }), Infinity);
    if (ran === undefined || ran === null) throw new Error('no link');
    const woken = wake(ran, Date.now());
    if (woken.kind === 'ignored') throw new Error(woken.because);
    this.#state = woken.to;
    return woken.to;
  }

  #apply(state: LinkState, event: LinkEvent): void {
    const outcome = transition(state, event, Date.now());
    this.#state = outcome.kind === 'moved' ? outcome.to : state;
  }

  async #drain(): Promise<void> {
    for (;;) {
      const state = this.#state;
      if (state === undefined) return;
      const [read] = sideReads(state);
      const effect = effectOf(state);
      if (effect !== undefined) {
        const result = await this.#run(async () => perform(this.#activities, this.#ref, effect), ATTEMPTS);
        const { seq } = effect;
        this.#apply(
          state,
          result === undefined ? { is: 'parked', seq, because: 'no answer' } : { is: 'reported', seq, result },
        );
      } else if (read !== undefined) {
        const { requestId, why } = read;
        const result = await this.#run(
          async () => this.#activities.settleRequest({ link: this.#ref, requestId, why }),
          3,
        );
        this.#apply(state, { is: 'read', requestId, ...present({ result }) });
      } else if (state.records.length > 0) {
        const { records: outcomes } = state;
        await this.#run(async () => this.#activities.recordOutcomes({ link: this.#ref, outcomes }), Infinity);
        this.#apply(state, { is: 'recorded', commandIds: outcomes.map(({ order }) => order.commandId) });
      } else return;
    }
  }

  /** Undefined: it gave up. */
  async #run<T>(activity: () => Promise<T>, attempts: number): Promise<T | undefined> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      this.#stepsLeft = this.rough && this.chance.happens(0.1) ? this.chance.between(1, 4) : -1;
      try {
        return (await new MockActivityEnvironment({ attempt }, { logger: QUIET }).run(activity)) as T;
      } catch (error) {
        if (!(error instanceof ProcessDeath) && !(error instanceof ApplicationFailure)) throw error;
      }
    }
    return undefined;
  }

  /** Empty: what was received and what is asked for come to what was used. */
  async wrong(): Promise<readonly string[]> {
    const { owner } = this.#lane;
    const account = `A${this.#name}`;
    const { rows } = await owner.query<{ received: string | null; wanted: boolean }>(
      `select (select sum(e.amount_minor) from ledger_transaction t join ledger_entry e using (transaction_id)
                where t.payment_link_id = $2 and t.settles and e.account = 'provider')::text as received,
              (select usage_wanted > usage_rated from service_account where account_id = $1) as wanted`,
      [account, this.#ref.paymentLinkId],
    );
    const received = Number(rows[0]?.received ?? 0);
    const active = [...this.bank.requests.values()].filter(({ status }) => status === 'active');
    const asked = active.reduce((sum, { charge }) => sum + Number(charge.amount.minorUnits), 0);
    const { rows: bills } = await owner.query<{ status: string; total: string; because: string | null }>(
      `select status, total_minor::text as total, held_because as because from bill where account_id = $1 order by number desc limit 1`,
      [account],
    );
    const credit = bills[0]?.status === 'nothing-due' ? Number(bills[0].total) : 0;
    const used = this.#hour * 10 * 100;
    return [
      ...(received + asked + credit === used
        ? []
        : [
            `${used} was used; ${received} received, ${asked} asked, ${credit} in favour; last bill ${JSON.stringify(bills[0])}`,
          ]),
      ...(active.length <= 1 ? [] : [`${active.length} requests can be paid`]),
      ...(rows[0]?.wanted === false ? [] : ['something is still to be rated']),
    ];
  }
}

/**
 * A world: one link, its bank, its payers, its API, its watch, driven in this process from one seed. The core and the
 * activities are the real ones, on real Postgres; the bank stands at our own port, and time is the world's own.
 *
 * Whatever a run did can be played again from its seed: `trace` tells it step by step.
 */
import { silent } from '../support/silent-messages.ts';
import { createHash } from 'node:crypto';
import { createActivities } from '../../activities/create-activities.ts';
import type { LinkRef } from '../../activities/links/link-activities.ts';
import { insertSale, insertCommand, type NewCommand } from '../../db/links/command-intake.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { parseNotice, parseOrder } from '../../domain/links/link-messages.ts';
import type { BusyPolicy, ReadReason } from '../../domain/links/link-state.ts';
import { signalOf } from '../../domain/links/notice-signals.ts';
import { refusalSentence } from '../../domain/message-fields.ts';
import { parseCharge, type ChargeMessage } from '../../domain/money/charge-messages.ts';
import { present } from '../../domain/present.ts';
import type { Provider } from '../../providers/provider.ts';
import { SeededRandom } from '../support/chance.ts';
import { WorldBank, type WorldPaymentOrder } from './world-bank.ts';
import { WorldClock } from './world-clock.ts';
import { insertOpenLink, type Lane } from './world-lane.ts';
import { WorldLink } from './world-link.ts';
import { worldProvider, type ProviderLine } from './world-provider.ts';
import { WorldWorker, type Activities } from './world-worker.ts';

export const BEGINNING = Date.parse('2026-07-28T12:00:00Z');
const WATCH_EVERY_MS = 15_000;
const ROUNDS_AT_MOST = 15;

/** Planted bugs, to see that somebody notices. */
export interface PlantedBug {
  readonly provider?: (provider: Provider) => Provider;
  readonly activities?: (activities: Activities, world: World) => Activities;
}

interface CommandMessage {
  readonly requestId?: string;
  readonly charge?: Partial<ChargeMessage>;
  readonly onBusy?: BusyPolicy;
}

type WorldCommandName = 'link' | 'updateCharge' | 'unlink';

export class World {
  readonly clock = new WorldClock(BEGINNING);
  readonly chance: SeededRandom;
  readonly bank: WorldBank;
  readonly link: WorldLink;
  readonly lane: Lane;
  readonly ref: LinkRef;
  readonly commandIds: string[] = [];
  /** What the payers were told, and what Relink's own notices met: for counting what a run has seen. */
  readonly met = new Set<string>();
  terminated = false;
  readonly #worker: WorldWorker;
  readonly #line: ProviderLine;
  readonly #activities: Activities;
  readonly #told: string[] = [];
  readonly #names = new Map<string, string>();
  #signals = 0;

  private constructor(lane: Lane, paymentLinkId: string, seed: string, sabotage: PlantedBug) {
    const chance = new SeededRandom(seed);
    const tell = (what: string): void => void this.#told.push(`${this.#at()} ${what}`);
    this.lane = lane;
    this.chance = chance;
    this.ref = { merchantId: lane.merchantId, paymentLinkId, kind: 'till' };
    // Half of the worlds are calm: races of healthy parts are won and lost as well.
    const rough = chance.happens(0.5);
    this.bank = new WorldBank(this.clock, chance.pick(['terminal', 'terminal', 'next']));
    this.#line = {
      bank: this.bank,
      clock: this.clock,
      chance,
      tell,
      etags: chance.happens(0.8),
      readLagMs: chance.happens(0.2) ? chance.between(20, 900) : 0,
      withoutPaymentMs: chance.happens(0.15) ? chance.between(20, 2_500) : 0,
      faults: rough ? chance.pick([0.03, 0.08, 0.2]) : 0,
    };
    const deaths = rough ? chance.pick([0, 0.05, 0.2]) : 0;
    this.#worker = new WorldWorker({ clock: this.clock, chance, tell, deaths });
    const provider = worldProvider(this.#line);
    const activities = createActivities({
      pool: lane.pool,
      provider: sabotage.provider?.(provider) ?? provider,
      crash: this.#worker.crash,
      pause: async (ms) => this.clock.sleep(ms),
      messages: { ...silent(), signal: async (name, _, message) => this.#signal(name, message) },
    });
    this.#activities = sabotage.activities?.(activities, this) ?? activities;
    this.bank.onChange = ({ id, status }) => this.#announce(id, status);
    const { clock, ref } = this;
    this.link = new WorldLink({ ref, clock, chance, worker: this.#worker, activities: this.#activities, tell });
  }

  static async open(lane: Lane, seed: string, sabotage: PlantedBug = {}): Promise<World> {
    worlds += 1;
    const paymentLinkId = `pl-${lane.merchantId}-${worlds}`;
    await insertOpenLink(lane, paymentLinkId);
    return new World(lane, paymentLinkId, seed, sabotage);
  }

  get trace(): readonly string[] {
    return this.#told.map((line) => line.replace(/[0-9a-f]{32}/g, (id) => this.#names.get(id) ?? id));
  }

  /** "R1" as a request id of this world's own. */
  requestId(name: string): string {
    const id = createHash('sha256').update(`${this.ref.paymentLinkId}:${name}`).digest('hex').slice(0, 32);
    this.#names.set(id, name);
    return id;
  }

  /** A command through the API: the row first, then the message, which takes its time. */
  order(at: number, kind: WorldCommandName, message: CommandMessage): void {
    this.clock.at(at, () => {
      this.clock.start(0, async () => {
        const commandId = `${this.ref.paymentLinkId}-${this.commandIds.length}`;
        this.commandIds.push(commandId);
        const sent = await this.#takeIn(commandId, kind, message);
        await this.clock.sleep(this.chance.between(1, 60));
        await this.#signal(kind, sent);
        // The same command as a Signal, because its Update had no answer in time.
        if (!this.chance.happens(0.1)) return;
        await this.clock.sleep(this.chance.between(1, 1_500));
        await this.#signal(kind, sent);
      });
    });
  }

  /** A payer who holds on to what the code showed when it was scanned. */
  payer(payer: {
    readonly scansAt: number;
    readonly paysAt: number;
    readonly how?: Omit<WorldPaymentOrder, 'requestId' | 'amount'>;
  }): void {
    this.clock.at(payer.scansAt, () => {
      const shown = this.bank.payable(this.ref.paymentLinkId);
      this.#tell(`payer scans: ${shown === undefined ? 'nothing' : `${shown.id} ${shown.charge.amount.minorUnits}`}`);
      if (shown === undefined) return;
      this.clock.at(payer.paysAt, () => {
        const order = { requestId: shown.id, amount: shown.charge.amount, ...payer.how };
        const refused = this.bank.pay(order);
        this.met.add(refused === undefined ? 'payment taken' : 'payment refused');
        this.#tell(`payer pays ${shown.id} ${shown.charge.amount.minorUnits}: ${refused ?? 'taken'}`);
      });
    });
  }

  terminate(at: number): void {
    this.terminated = true;
    this.clock.at(at, () => this.link.terminate());
  }

  /** Bad luck ends, and whatever is left over is found by `watch`, the real one, until a round finds nothing to do. */
  async rest(): Promise<boolean> {
    this.#line.faults = 0;
    this.#worker.deaths = 0;
    for (let round = 0; round < ROUNDS_AT_MOST; round += 1) {
      const before = this.#signals;
      this.watch(this.clock.now);
      await this.clock.playUntil(this.clock.now + WATCH_EVERY_MS);
      if (this.#signals === before && this.link.rests) return true;
    }
    return false;
  }

  /** A round of `watch` in which everything that is looked after at all is due. */
  watch(at: number): void {
    this.clock.at(at, () => {
      this.clock.start(0, async () => {
        const { merchantId, paymentLinkId } = this.ref;
        for (const statement of MAKE_DUE) await this.lane.owner.query(statement, [merchantId, paymentLinkId]);
        await this.#worker.run('watchRound', async () => this.#activities.watchRound({ merchantId }), { attempts: 1 });
      });
    });
  }

  /** The next world of this lane is not to hear of this one. */
  async close(): Promise<void> {
    const { merchantId, paymentLinkId } = this.ref;
    for (const statement of FORGET) await this.lane.owner.query(statement, [merchantId, paymentLinkId]);
  }

  #at(): string {
    return `+${this.clock.now - BEGINNING} ms`.padStart(11);
  }

  #tell(what: string): void {
    this.#told.push(`${this.#at()} ${what}`);
  }

  async #takeIn(commandId: string, kind: WorldCommandName, message: CommandMessage): Promise<object> {
    const { merchantId, paymentLinkId } = this.ref;
    const { requestId } = message;
    const command: NewCommand = {
      merchantId,
      paymentLinkId,
      commandId,
      kind,
      message: { ...message, commandId },
      route: kind,
      bodySha256: createHash('sha256').update(JSON.stringify(message)).digest(),
      actor: 'caixa 3',
      ...present({ paymentRequestId: requestId }),
    };
    return tenantTransaction(this.lane.pool, merchantId, async (client) => {
      const taken = await insertCommand(client, command);
      if (taken.is !== 'new') throw new Error(`${commandId} was there before`);
      if (kind === 'link' && requestId !== undefined) {
        const parsed = parseCharge(message.charge, 'till', requestId);
        if (!parsed.ok) throw new Error(refusalSentence(parsed));
        await insertSale(client, command, { requestId, charge: parsed.value });
      }
      return taken.command.message;
    });
  }

  /** As workflows/link-messages.ts reads it. */
  async #signal(name: string, message: object): Promise<void> {
    this.#signals += 1;
    if (name === 'paid' || name === 'expired' || name === 'check') return this.#notice(name, message);
    const none = (): string => {
      throw new Error('a command of the API names everything');
    };
    const order = parseOrder(name as WorldCommandName, message, 'till', { commandId: none, requestId: none });
    if (!order.ok) throw new Error(refusalSentence(order));
    this.link.apply({ is: 'ordered', order: order.value });
  }

  #notice(why: ReadReason, message: object): void {
    const notice = parseNotice(message);
    if (!notice.ok) throw new Error(refusalSentence(notice));
    this.link.apply({ is: 'noticed', why, ...notice.value });
  }

  /** Callbacks: soon, late, twice, in any order, or never. */
  #announce(requestId: string, status: Parameters<typeof signalOf>[0]): void {
    const name = signalOf(status, 'active');
    if (name === undefined) return;
    const copies = this.chance.pick([0, 1, 1, 1, 1, 2]);
    for (let copy = 0; copy < copies; copy += 1) {
      const delay = this.chance.happens(0.7) ? this.chance.between(5, 150) : this.chance.between(150, 4_000);
      this.clock.at(this.clock.now + delay, () => void this.#signal(name, { requestId }));
    }
  }
}

let worlds = 0;

/** Only what is looked after at all: what has no next check stays without one (F5). */
const MAKE_DUE = [
  'update payment_request set next_check_at = now() where merchant_id = $1 and payment_link_id = $2 and next_check_at is not null',
  'update payment_link set next_check_at = now() where merchant_id = $1 and payment_link_id = $2 and next_check_at is not null',
  'update command set next_send_at = now() where merchant_id = $1 and payment_link_id = $2 and next_send_at is not null',
];
const FORGET = [
  'update payment_request set next_check_at = null where merchant_id = $1 and payment_link_id = $2',
  'update payment_link set next_check_at = null where merchant_id = $1 and payment_link_id = $2',
  'update command set next_send_at = null where merchant_id = $1 and payment_link_id = $2',
];

export function charge(minorUnits: string, expiresIn = 900): ChargeMessage {
  const value = `${minorUnits.slice(0, -2)}.${minorUnits.slice(-2)}`;
  return { amount: { currency: 'BRL', value }, reference: 'cart 81', expiresIn };
}

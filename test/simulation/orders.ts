/**
 * A request that was created, updated and paid at the bank while our process died before it wrote any of it down: the
 * command rows are claimed, the revision rows are pending, and nothing else. Then what is on its way arrives, in one
 * order.
 */
import { silent } from '../support/silent-messages.ts';
import { createHash } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities } from '../../activities/create-activities.ts';
import type { LinkActivities } from '../../activities/links/link-activities.ts';
import { insertSale, insertCommand, type NewCommand } from '../../db/links/command-intake.ts';
import { tenantTransaction } from '../../db/pool.ts';
import type { Charge } from '../../domain/money/charge.ts';
import type { Answer, LinkOrder, ReadReason, UpdateOrder } from '../../domain/links/link-state.ts';
import { SeededRandom } from '../support/chance.ts';
import { BEGINNING } from './world.ts';
import { etagOf, WorldBank } from './world-bank.ts';
import { WorldClock } from './world-clock.ts';
import { insertOpenLink, type Lane } from './world-lane.ts';
import { worldProvider } from './world-provider.ts';

export const DELIVERIES = ['linked', 'updated', 'settled', 'expired', 'cancelled', 'settled again'] as const;
export type Delivery = (typeof DELIVERIES)[number];

/** How the money came: in time, or after the request had expired and we had written that down. */
export type PaymentTiming = 'paid' | 'expired, and then paid';

export interface BookedRecords {
  /** Over the ledger's rows of this request: what kind, which revision, which entries. */
  readonly hash: string;
  readonly transactions: readonly { readonly kind: string; readonly revision: number }[];
  readonly status: string;
  readonly outcomes: readonly (Answer | null)[];
  readonly told: readonly string[];
  readonly exceptions: readonly string[];
}

export function permutationsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutationsOf(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

const WHY: Readonly<Record<Exclude<Delivery, 'linked' | 'updated'>, ReadReason>> = {
  settled: 'paid',
  expired: 'expired',
  cancelled: 'expired',
  'settled again': 'paid',
};

const before: Charge = {
  amount: { minorUnits: '2490', currency: 'BRL' },
  reference: 'cart 81',
  expiry: { is: 'within', seconds: 1 },
};
const after: Charge = { ...before, amount: { minorUnits: '3000', currency: 'BRL' } };

export async function deliver(lane: Lane, truth: PaymentTiming, order: readonly Delivery[]): Promise<BookedRecords> {
  const name = `${truth} ${order.join()}`;
  const paymentLinkId = `pl-${createHash('sha256').update(name).digest('hex').slice(0, 20)}`;
  const requestId = createHash('sha256').update(`${name} request`).digest('hex').slice(0, 32);
  const commands = { link: `link-${requestId}`, updateCharge: `update-${requestId}` };
  await insertOpenLink(lane, paymentLinkId);
  await insertWhatWasClaimed(lane, paymentLinkId, requestId, commands);

  const clock = new WorldClock(BEGINNING);
  const bank = new WorldBank(clock);
  const activities = activitiesOf(lane, bank, clock);
  const link = { merchantId: lane.merchantId, paymentLinkId, kind: 'till' as const };
  const linkOrder: LinkOrder = {
    is: 'link',
    commandId: commands.link,
    requestId,
    charge: before,
    amount: 'BRL 24.90',
    onBusy: 'reject',
  };
  const updateOrder: UpdateOrder = {
    is: 'updateCharge',
    commandId: commands.updateCharge,
    requestId,
    change: { amount: after.amount },
    amount: 'BRL 30.00',
  };
  const arrive = async (what: Delivery, seq: number): Promise<unknown> => {
    if (what === 'linked') return again(async () => activities.linkRequest({ link, seq, order: linkOrder }));
    if (what === 'updated') return again(async () => activities.updateRequest({ link, seq, order: updateOrder }));
    return again(async () => activities.settleRequest({ link, seq, requestId, why: WHY[what] }));
  };
  clock.start(0, async () => {
    bank.put(requestId, paymentLinkId, before);
    const created = bank.request(requestId);
    bank.put(requestId, paymentLinkId, after, created === undefined ? '' : etagOf(created));
    if (truth === 'expired, and then paid') {
      await clock.sleep(2_000);
      await arrive('expired', 1);
    }
    bank.pay({ requestId, amount: after.amount, promisedMs: 1 });
    await clock.sleep(10);
    for (const [at, what] of order.entries()) await arrive(what, at + 2);
  });
  await clock.playUntil(BEGINNING + 60_000);
  return booksOf(lane, requestId);
}

/** The attempt after the one that died. */
async function again<T>(activity: () => Promise<T>): Promise<unknown> {
  return new MockActivityEnvironment({ attempt: 2 }).run(activity);
}

function activitiesOf(lane: Lane, bank: WorldBank, clock: WorldClock): LinkActivities {
  const provider = worldProvider({
    bank,
    clock,
    chance: new SeededRandom('orders'),
    etags: true,
    readLagMs: 0,
    withoutPaymentMs: 0,
    faults: 0,
    tell: () => undefined,
  });
  const pause = async (ms: number) => clock.sleep(ms);
  return createActivities({ pool: lane.pool, provider, messages: silent(), crash: () => undefined, pause });
}

async function insertWhatWasClaimed(
  { pool, merchantId }: Lane,
  paymentLinkId: string,
  requestId: string,
  commands: Readonly<Record<'link' | 'updateCharge', string>>,
): Promise<void> {
  await tenantTransaction(pool, merchantId, async (client) => {
    for (const kind of ['link', 'updateCharge'] as const) {
      const command: NewCommand = {
        merchantId,
        paymentLinkId,
        paymentRequestId: requestId,
        commandId: commands[kind],
        kind,
        message: {},
        route: kind,
        bodySha256: Buffer.alloc(32),
        actor: 'caixa 3',
      };
      await insertCommand(client, command);
      if (kind === 'link') await insertSale(client, command, { requestId, charge: before });
    }
    await client.query(
      `insert into request_revision (merchant_id, payment_request_id, number, state, charge, amount_minor,
       currency, command_id)
       values ($1, $2, 1, 'pending', $3, $4, 'BRL', $5)`,
      [merchantId, requestId, JSON.stringify(after), after.amount.minorUnits, commands.updateCharge],
    );
    await client.query('update command set claimed_at = now() where payment_request_id = $1', [requestId]);
  });
}

async function booksOf({ owner }: Lane, requestId: string): Promise<BookedRecords> {
  const { rows } = await owner.query<Omit<BookedRecords, 'hash' | 'transactions'> & { ledger: Ledger }>(
    `select status,
        (select jsonb_agg(outcome order by number) from command c where c.merchant_id = r.merchant_id
          and c.payment_request_id = r.payment_request_id) as outcomes,
        (select coalesce(jsonb_agg(name order by position), '[]') from event e
          where e.merchant_id = r.merchant_id and e.payment_link_id = r.payment_link_id
            and e.payment_request_id = r.payment_request_id) as told,
        (select coalesce(jsonb_agg(kind), '[]') from exception x
          where x.payment_request_id = r.payment_request_id) as exceptions,
        (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'revision', revision, 'entries',
            (select jsonb_agg(jsonb_build_array(account, currency, amount_minor) order by line) from ledger_entry e
              where e.transaction_id = t.transaction_id)) order by t.transaction_id), '[]')
           from ledger_transaction t where t.payment_request_id = r.payment_request_id) as ledger
       from payment_request r where payment_request_id = $1`,
    [requestId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the request is gone');
  const { ledger, ...books } = row;
  const lines = ledger.map(({ kind, revision, entries }) => [kind, revision, ...entries].join('|'));
  return {
    ...books,
    hash: createHash('sha256').update(lines.join('\n')).digest('hex'),
    transactions: ledger.map(({ kind, revision }) => ({ kind, revision })),
  };
}

type Ledger = readonly { readonly kind: string; readonly revision: number; readonly entries: readonly unknown[] }[];

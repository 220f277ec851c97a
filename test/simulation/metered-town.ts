/**
 * A town of metered accounts on real Postgres, with the real intake, the real activities and the real core of the
 * link's workflow; the shell around it is played here, without Temporal, so that a year of readings takes seconds.
 * Several readings come at once.
 */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type pg from 'pg';
import { createActivities } from '../../activities/create-activities.ts';
import type { LinkActivities } from '../../activities/links/link-activities.ts';
import { linksToSignal, storeReadings } from '../../db/billing/readings.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { USUAL_RULES } from '../../domain/billing/billing-rules.ts';
import { effectOf, type Effect } from '../../domain/links/link-effects.ts';
import type { EffectResult, LinkEvent } from '../../domain/links/link-events.ts';
import type { LinkState } from '../../domain/links/link-state.ts';
import { transition, wake } from '../../domain/links/payment-link.ts';
import type { Reading } from '../../domain/billing/reading.ts';
import { atOnce } from '../../domain/at-once.ts';
import { silent } from '../support/silent-messages.ts';
import { aTariff } from '../domain/billing/bill-builders.ts';
import { WATER } from '../support/utility.ts';
import { openLanes, type Lane } from './world-lane.ts';
import { PromptBank } from './prompt-bank.ts';

const QUIET = new DefaultLogger('ERROR', () => undefined);
const AT_ONCE = 4;

interface TownOptions {
  readonly accounts: number;
  readonly installedAt: string;
}

export async function openTown({ accounts, installedAt }: TownOptions) {
  const lanes = await openLanes(1);
  const [lane] = lanes.all;
  if (lane === undefined) throw new Error('no lane');
  const { merchantId, pool, owner } = lane;
  await settleAccounts(lane, accounts, installedAt);
  const bank = new PromptBank();
  const activities = createActivities({
    pool,
    provider: bank.provider,
    crash: () => undefined,
    pause: async () => undefined,
    messages: silent(),
  });
  const states = new Map<string, LinkState>();
  const count = { ratings: 0, writes: 0 };

  const run = async <T>(activity: () => Promise<T>): Promise<T> =>
    (await new MockActivityEnvironment({ attempt: 1 }, { logger: QUIET }).run(activity)) as T;

  async function stateOf(paymentLinkId: string): Promise<LinkState> {
    const known = states.get(paymentLinkId);
    if (known !== undefined) return known;
    const stored = await run(async () =>
      activities.loadLink({ link: ref(paymentLinkId), runId: `run ${paymentLinkId}` }),
    );
    if (stored === null) throw new Error(`no link ${paymentLinkId}`);
    const woken = wake(stored, Date.now());
    if (woken.kind === 'ignored') throw new Error(woken.because);
    return woken.to;
  }

  const ref = (paymentLinkId: string) => ({ merchantId, paymentLinkId, kind: 'bill' as const });

  /** One message, and everything that follows from it until the link rests. */
  async function tell(paymentLinkId: string, event?: LinkEvent): Promise<void> {
    let state = await stateOf(paymentLinkId);
    const apply = (one: LinkEvent): void => {
      const outcome = transition(state, one, Date.now());
      if (outcome.kind === 'moved') state = outcome.to;
    };
    if (event !== undefined) apply(event);
    for (let effect = effectOf(state); effect !== undefined; effect = effectOf(state)) {
      const { seq } = effect;
      if (effect.run === 'rateUsage') count.ratings += 1;
      else count.writes += 1;
      const performed = effect;
      apply({ is: 'reported', seq, result: await run(async () => perform(activities, ref(paymentLinkId), performed)) });
    }
    states.set(paymentLinkId, state);
  }

  const work = async <T>(of: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    tenantTransaction(pool, merchantId, of);

  return {
    count,
    /** As the API does: stored in one transaction, then each link is told once. */
    async upload(readings: readonly Reading[], uploadId: string): Promise<void> {
      const links = await work(async (client) => {
        await storeReadings(client, merchantId, readings, uploadId);
        return linksToSignal(client, { uploadId });
      });
      await atOnce(links, AT_ONCE, async ({ paymentLinkId }) => tell(paymentLinkId, { is: 'measured', readings: [] }));
    },

    /** Every payer pays what the code asks for. */
    async payAll(): Promise<number> {
      const due = [...bank.requests.values()].filter(({ status }) => status === 'active');
      await atOnce(due, AT_ONCE, async ({ requestId, providerLinkId }) => {
        bank.pay(requestId);
        await tell(providerLinkId, { is: 'noticed', why: 'paid', requestId });
      });
      return due.length;
    },

    /** Bills that ended or are asked for or held, by account and in order, without the marks of how they came about. */
    async bills(): Promise<readonly object[]> {
      const { rows } = await owner.query<{ bill: object }>(
        `select jsonb_build_object('account', b.account_id, 'status', b.status, 'request', r.status,
                  'because', b.held_because, 'content', b.content - 'readings') as bill
           from bill b left join payment_request r on r.payment_request_id = b.bill_id
          where r.status is null or r.status not in ('cancelled', 'refused')
          order by b.account_id, b.number`,
      );
      return rows.map(({ bill }) => bill);
    },

    async ledger(): Promise<readonly object[]> {
      const { rows } = await owner.query<{ entry: object }>(
        `select jsonb_build_object('account', b.account_id, 'kind', t.kind, 'ledger', e.account, 'currency', e.currency,
                  'minor', e.amount_minor, 'upTo', b.content->'upTo') as entry
           from ledger_transaction t join ledger_entry e using (transaction_id)
             join bill b on b.bill_id = t.payment_request_id
          order by b.account_id, b.content->'upTo'->>'at', e.line`,
      );
      return rows.map(({ entry }) => entry);
    },

    async stored(): Promise<number> {
      const { rows } = await owner.query<{ count: string }>('select count(*) from meter_reading');
      return Number(rows[0]?.count);
    },
    close: async () => lanes.close(),
  };
}

export async function perform(
  activities: LinkActivities,
  link: Parameters<LinkActivities['loadLink']>[0]['link'],
  effect: Effect,
): Promise<EffectResult> {
  switch (effect.run) {
    case 'openLink':
      throw new Error('the links of a town are open');
    case 'linkRequest':
      return activities.linkRequest({ link, ...effect });
    case 'updateRequest':
      return activities.updateRequest({ link, ...effect });
    case 'cancelRequest':
      return activities.cancelRequest({ link, ...effect });
    case 'settleRequest':
      return activities.settleRequest({ link, ...effect });
    case 'rateUsage':
      return activities.rateUsage({ link, ...effect });
    case 'checkLink':
      return activities.checkLink({ link, ...effect });
  }
}

/** `linear`: one real a unit and nothing else, so that amounts are usages; and nothing is ever strange. */
export async function settleAccounts(
  { owner, merchantId }: Lane,
  accounts: number,
  installedAt: string,
  { linear = false }: { readonly linear?: boolean } = {},
): Promise<void> {
  const tariff = linear ? { ...aTariff(), id: 'water' } : WATER;
  const limits = { timesTheNorm: '100000', periods: 6, estimatesInARow: 100 };
  const rules = linear ? { ...USUAL_RULES, limits } : USUAL_RULES;
  const numbers = Array.from({ length: accounts }, (_, account) => String(account).padStart(5, '0'));
  await owner.query(
    `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider, provider_link_id, url,
     next_check_at)
     select $1, 'bill-' || n, 'bill', 'Account ' || n, 'free', 'jpmorgan', 'bill-' || n, 'bank.example/' || n, null
       from unnest($2::text[]) n`,
    [merchantId, numbers],
  );
  await owner.query(
    `insert into tariff (merchant_id, tariff_id, version, effective_from, content, actor) values ($1, 'water', 1, '2020-01-01', $2, 'test')`,
    [merchantId, JSON.stringify(tariff)],
  );
  await owner.query(
    `insert into service_account (merchant_id, account_id, holder, address, language, tariff_id, rules, payment_link_id,
     actor)
     select $1, 'A' || n, 'Maria', '["Rua A, 1"]', 'pt', 'water', $3, 'bill-' || n, 'test' from unnest($2::text[]) n`,
    [merchantId, numbers, JSON.stringify(rules)],
  );
  await owner.query(
    `insert into meter (merchant_id, meter_id, account_id, digits, decimals, multiplier, installed_value,
     installed_at, actor)
     select $1, 'M' || n, 'A' || n, 5, 0, '1', '00000', $3, 'test' from unnest($2::text[]) n`,
    [merchantId, numbers, installedAt],
  );
}

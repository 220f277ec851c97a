/**
 * Every path of a link workflow, walked once against the real engine: what the recorded histories are made of
 * (test/histories/) and what the running code must still be able to replay.
 */
import { MERCHANT, type Engine } from './engine.ts';
import { eventually } from '../limits/until.ts';
import { aReadingOf, daysAgo, openUtility, type BillRow } from './utility.ts';
import { call } from '../providers/builders.ts';

interface LinkPath {
  readonly name: string;
  /** Answers the link whose workflow walked the path. */
  readonly walk: (engine: Engine) => Promise<string>;
  readonly continueAsNewAfter?: number;
  /** A till's when left out. */
  readonly kind?: 'bill';
}

const charge = { amount: { currency: 'BRL', value: '24.90' }, reference: 'recorded' };

export async function linked(engine: Engine, link: string, more: object = {}): Promise<string> {
  const answer = await engine.update(link, 'link', { charge, ...more });
  if (answer.is !== 'linked') throw new Error(JSON.stringify(answer));
  return answer.requestId;
}

async function phase(engine: Engine, link: string, is: string): Promise<void> {
  await eventually(async () => (await engine.state(link)).phase.is === is);
}

async function paid(engine: Engine, link: string, requestId: string): Promise<void> {
  await engine.control('pay', { paymentRequestId: requestId });
  await engine.signal(link, 'paid', { requestId });
  await phase(engine, link, 'free');
}

export const paths: readonly LinkPath[] = [
  {
    name: 'paid',
    async walk(engine) {
      const link = await engine.openLink();
      await paid(engine, link, await linked(engine, link));
      await paid(engine, link, await linked(engine, link));
      return link;
    },
  },
  {
    name: 'expired',
    async walk(engine) {
      const link = await engine.openLink();
      const answer = await engine.update(link, 'link', { charge: { ...charge, expiresIn: 1 } });
      if (answer.is !== 'linked') throw new Error(JSON.stringify(answer));
      await phase(engine, link, 'free');
      return link;
    },
  },
  {
    name: 'updated',
    async walk(engine) {
      const link = await engine.openLink();
      const requestId = await linked(engine, link);
      const amount = { currency: 'BRL', value: '30.00' };
      await engine.update(link, 'updateCharge', { requestId, charge: { amount } });
      await engine.signal(link, 'updateCharge', { requestId, charge: { amount: { ...amount, value: '31.00' } } });
      await eventually(async () => {
        const state = await engine.state(link);
        return state.phase.is === 'linked' && state.phase.sale.revision === 2;
      });
      await paid(engine, link, requestId);
      return link;
    },
  },
  {
    name: 'replaced',
    async walk(engine) {
      const link = await engine.openLink();
      await linked(engine, link);
      const second = await linked(engine, link, { onBusy: 'replace' });
      const queued = await engine.update(link, 'link', { charge, onBusy: 'queue' });
      if (queued.is !== 'queued') throw new Error(JSON.stringify(queued));
      await engine.control('pay', { paymentRequestId: second });
      await engine.signal(link, 'paid', { requestId: second });
      await eventually(async () => {
        const state = await engine.state(link);
        return state.phase.is === 'linked' && state.phase.sale.requestId === queued.requestId;
      });
      return link;
    },
  },
  {
    name: 'cancelled',
    async walk(engine) {
      const link = await engine.openLink();
      const requestId = await linked(engine, link);
      await engine.signal(link, 'link', { charge }); // Refused: busy, and recorded.
      await engine.update(link, 'unlink', { requestId, reason: 'the customer left' });
      await engine.update(link, 'annotate', { operator: 'ana', reason: 'a note' });
      await engine.update(link, 'retire', { reason: 'the shop closed' });
      return link;
    },
  },
  {
    name: 'continued-as-new',
    continueAsNewAfter: 40,
    async walk(engine) {
      const link = await engine.openLink();
      for (let sale = 0; sale < 5; sale += 1) await paid(engine, link, await linked(engine, link));
      await linked(engine, link);
      return link;
    },
  },
  {
    name: 'attention',
    async walk(engine) {
      const link = await engine.openLink();
      await putStranger(engine, link);
      const refused = await engine.update(link, 'link', { charge });
      if (refused.is !== 'refused' || refused.because !== 'payment-link-attention') {
        throw new Error(`expected attention: ${JSON.stringify(refused)}`);
      }
      await phase(engine, link, 'attention');
      await cancelStranger(engine);
      await linked(engine, link);
      return link;
    },
  },
  {
    name: 'late-money',
    async walk(engine) {
      const link = await engine.openLink();
      const requestId = await linked(engine, link);
      await engine.update(link, 'unlink', {});
      await linked(engine, link);
      await engine.control('pay', { paymentRequestId: requestId, how: 'late' });
      await engine.signal(link, 'paid', { requestId });
      await eventually(
        async () =>
          (await engine.query('select from ledger_transaction where payment_request_id = $1', [requestId])).length ===
          1,
      );
      return link;
    },
  },
  { name: 'metered', kind: 'bill', walk: metered },
];

/** Billed, changed, paid, held, approved, withdrawn: a year of a metered code. */
async function metered(engine: Engine): Promise<string> {
  const { databaseUrl } = engine;
  const utility = openUtility({ databaseUrl, merchantId: MERCHANT, openBill: async () => engine.openLink('bill') });
  try {
    const flat = await utility.supply();
    const { paymentLinkId: link } = flat;
    const read = async (sequence: number, value: string, days: number): Promise<void> => {
      const readings = [aReadingOf(flat, sequence, value, { readAt: daysAgo(days) })];
      await engine.signal(link, 'usage', { readings }, 'bill');
    };
    const newest = async (is: (bill: BillRow) => boolean): Promise<BillRow> => {
      await eventually(async () => (await utility.bills(flat)).slice(-1).some(is));
      const found = (await utility.bills(flat)).at(-1);
      if (found === undefined) throw new Error('there is no bill');
      return found;
    };
    await read(1, '00010', 9);
    await newest(({ request }) => request === 'active');
    await read(2, '00020', 8);
    const { bill_id: first } = await newest(({ revision }) => revision === 1);
    await eventually(async () => (await engine.state(link, 'bill')).phase.is === 'linked');
    await engine.control('pay', { paymentRequestId: first });
    await engine.signal(link, 'paid', { requestId: first }, 'bill');
    await newest(({ request }) => request === 'paid');
    await read(3, '00020', 7);
    const { bill_id: billId } = await newest(({ status }) => status === 'held');
    const decided = { billId, operator: 'ana', reason: 'an empty flat' };
    await engine.update(link, 'approve', decided, undefined, 'bill');
    await newest(({ request }) => request === 'active');
    await read(4, '00019', 6);
    await newest(({ held_because: because }) => because === 'negative');
    await eventually(async () => (await engine.state(link, 'bill')).phase.is === 'free');
    await engine.signal(link, 'usage', {}, 'bill');
    return link;
  } finally {
    await utility.close();
  }
}

const STRANGER = 'f'.repeat(32);

/** Somebody else's request on our link, put there past Relink. */
async function putStranger(engine: Engine, link: string): Promise<void> {
  const [row] = await engine.query<{ provider_link_id: string }>(
    'select provider_link_id from payment_link where payment_link_id = $1',
    [link],
  );
  await engine.provider.putRequest(
    {
      requestId: STRANGER,
      providerLinkId: row?.provider_link_id ?? '',
      kind: 'till',
      charge: {
        amount: { minorUnits: '100', currency: 'BRL' },
        reference: 'x',
        expiry: { is: 'within', seconds: 900 },
      },
    },
    call(),
  );
}

async function cancelStranger(engine: Engine): Promise<void> {
  await engine.provider.cancelRequest(STRANGER, 'gone', call());
}

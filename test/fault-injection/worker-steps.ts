/**
 * Where the worker kills itself: each flow with each of its steps, and how the flow must have ended once it is back.
 */
import { idIn, type ProductShop } from './shop.ts';

type ActivityName = 'link' | 'update' | 'cancel' | 'settle' | 'open' | 'return' | 'exception';

interface Flow {
  readonly name: string;
  /** The activities that it still has to run after the crash; no other case may be armed for them meanwhile. */
  readonly runs: readonly ActivityName[];
  /** With a sound worker; answers what the order is about: a sale on the till. */
  readonly prepare: (shop: ProductShop, till: string) => Promise<string>;
  /** The order that meets the crash; answers what it made or changed. */
  readonly order: (shop: ProductShop, till: string, sale: string) => Promise<string>;
  /** Waits until the order is carried out. */
  readonly ended: (shop: ProductShop, at: SalePlace) => Promise<void>;
  /** The same where the payer was faster, while nobody looked. */
  readonly endedPaid?: (shop: ProductShop, at: SalePlace) => Promise<void>;
}

interface SalePlace {
  readonly till: string;
  /** The sale that was on the till before the order; empty where there was none. */
  readonly sale: string;
  readonly result: string;
}

const nothing: Flow['prepare'] = async () => Promise.resolve('');
const aSale: Flow['prepare'] = async (shop, till) => shop.sold(till);

const isPaid = async (shop: ProductShop, { till }: SalePlace, id: string): Promise<void> => {
  await shop.untilRequest(id, 'paid');
  await shop.untilFree(till);
};

const link: Flow = {
  name: 'Link',
  runs: ['link'],
  prepare: nothing,
  order: async (shop, till) => idIn(await shop.sell(till)),
  ended: async (shop, { result }) => shop.untilPayable(result, '24.90'),
  endedPaid: async (shop, at) => isPaid(shop, at, at.result),
};

const update: Flow = {
  name: 'Charge update',
  runs: ['update'],
  prepare: aSale,
  order: async (shop, _till, sale) => idIn(await shop.change(sale, '31.70')),
  ended: async (shop, { sale }) => shop.untilPayable(sale, '31.70'),
  endedPaid: async (shop, at) => isPaid(shop, at, at.sale),
};

const unlink: Flow = {
  name: 'Unlink',
  runs: ['cancel'],
  prepare: aSale,
  order: async (shop, till, sale) => shop.unlink(till).then(() => sale),
  async ended(shop, { till, sale }) {
    await shop.untilRequest(sale, 'cancelled');
    await shop.untilFree(till);
  },
  endedPaid: async (shop, at) => isPaid(shop, at, at.sale),
};

const settle: Flow = {
  name: 'Settle',
  runs: ['settle'],
  prepare: aSale,
  order: async (shop, _till, sale) => shop.pay(sale).then(() => sale),
  ended: async (shop, at) => isPaid(shop, at, at.sale),
};

const replace: Flow = {
  name: 'Replace',
  runs: ['cancel', 'link'],
  prepare: aSale,
  order: async (shop, till) => idIn(await shop.sell(till, { onBusy: 'replace' })),
  async ended(shop, { sale, result }) {
    await shop.untilRequest(sale, 'cancelled');
    await shop.untilPayable(result, '24.90');
  },
};

const open: Flow = {
  name: 'Open',
  runs: ['open'],
  prepare: nothing,
  order: async (shop) => shop.askForTill('Till that opens late'),
  ended: async (shop, { result }) => shop.untilFree(result),
};

const giveBack: Flow = {
  name: 'Return',
  runs: ['return'],
  async prepare(shop, till) {
    const sale = await shop.sold(till);
    await shop.pay(sale);
    await shop.untilRequest(sale, 'paid');
    return sale;
  },
  order: async (shop, _till, sale) =>
    idIn(await shop.post(`/v1/payment-requests/${sale}/returns`, { reason: 'broken cup' })),
  ended: async (shop, { result }) => shop.untilShown(`/v1/returns/${result}`, 'completed'),
};

const decide: Flow = {
  name: 'Decision',
  runs: ['exception'],
  async prepare(shop, till) {
    const sale = await shop.sold(till);
    await shop.unlink(till);
    await shop.untilRequest(sale, 'cancelled');
    await shop.pay(sale, { how: 'late' });
    await shop.untilRequest(sale, 'paid');
    return sale;
  },
  async order(shop, _till, sale) {
    const list = await shop.call('GET', `/v1/exceptions?paymentRequestId=${sale}`);
    const [exception] = list.body['data'] as readonly { readonly id: string }[];
    const decision = { decision: 'acceptAsIs', operator: 'ana', reason: 'the customer took the coffee' };
    return idIn(await shop.post(`/v1/exceptions/${exception?.id}/resolve`, decision));
  },
  ended: async (shop, { result }) => shop.untilShown(`/v1/exceptions/${result}`, 'resolved'),
};

export interface Case {
  readonly flow: Flow;
  readonly step: string;
  readonly meanwhile?: 'the payer pays';
}

const steps = {
  link: ['before-claim', 'claimed', 'put', 'stored'],
  update: ['before-claim', 'claimed', 'put', 'stored'],
  cancel: ['before-claim', 'claimed', 'cancelled', 'read', 'stored'],
  settle: ['before-read', 'read', 'booked'],
  open: ['before-write', 'written', 'stored'],
  return: ['begun', 'marked', 'sent'],
  exception: ['decided'],
} as const satisfies Record<ActivityName, readonly string[]>;

const every = (flow: Flow, activity: ActivityName): Case[] =>
  steps[activity].map((step) => ({ flow, step: `${activity}.${step}` }));

const paid = (flow: Flow, step: string): Case => ({ flow, step, meanwhile: 'the payer pays' });

/** Evenly mixed, so that what one crash has left is put right while cases of other activities die. */
export const cases: readonly Case[] = mixed([
  [...inTurns(every(replace, 'cancel'), every(unlink, 'cancel')), paid(unlink, 'cancel.claimed')],
  [...inTurns(every(link, 'link'), every(replace, 'link')), paid(link, 'link.put')],
  [...every(update, 'update'), paid(update, 'update.put')],
  every(settle, 'settle'),
  every(open, 'open'),
  every(giveBack, 'return'),
  every(decide, 'exception'),
]);

function inTurns(left: readonly Case[], right: readonly Case[]): Case[] {
  return left.flatMap((each, index) => [each, ...right.slice(index, index + 1)]);
}

function mixed(groups: readonly (readonly Case[])[]): Case[] {
  return groups
    .flatMap((group) => group.map((each, index) => ({ each, place: (index + 0.5) / group.length })))
    .toSorted((one, other) => one.place - other.place)
    .map(({ each }) => each);
}

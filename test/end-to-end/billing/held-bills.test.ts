/** A bill that nobody should pay unseen: held, it can be paid by no route; decided, it can within seconds. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';
import { aReadingOf, daysAgo, openUtility, type SuppliedAccount, type Utility } from '../../support/utility.ts';

let shop: Shop;
let utility: Utility;

beforeAll(async () => {
  shop = await openShop();
  utility = openUtility(shop);
});
afterAll(async () => {
  await utility.close();
  await shop.close();
});

async function read(
  supplied: SuppliedAccount,
  sequence: number,
  value: string,
  days: number,
  more: object = {},
): Promise<void> {
  await utility.store(aReadingOf(supplied, sequence, value, { readAt: daysAgo(days), ...more }));
  await shop.signalUsage(supplied.paymentLinkId);
}

async function codeOf({ paymentLinkId }: SuppliedAccount): Promise<string> {
  const { qr } = await shop.link(paymentLinkId);
  return (qr as { readonly text: string }).text;
}

const scan = async (supplied: SuppliedAccount) => shop.scan(await codeOf(supplied));

async function asks(supplied: SuppliedAccount, value: string): Promise<string> {
  await eventually(async () => {
    const { amount } = await scan(supplied);
    return (amount as { readonly value: string } | undefined)?.value === value;
  });
  return String((await scan(supplied))['paymentRequestId']);
}

/** A held bill of the account; answers it with its exception. */
async function held(supplied: SuppliedAccount, because: string) {
  await eventually(async () => (await utility.bills(supplied)).at(-1)?.held_because === because);
  const bill = (await utility.bills(supplied)).at(-1);
  const { body } = await shop.pos.get(`/v1/exceptions?kind=held-bill&status=open&limit=100`);
  const all = body['data'] as readonly { id: string; paymentLinkId: string; sentence: string }[];
  const exception = all.find((one) => one.paymentLinkId === supplied.paymentLinkId);
  return { billId: bill?.bill_id ?? '', exception };
}

async function resolve(exceptionId: string | undefined, decision: object) {
  return shop.pos.post(
    `/v1/exceptions/${exceptionId}/resolve`,
    { operator: 'ana', reason: 'looked at it', ...decision },
    { 'idempotency-key': randomUUID() },
  );
}

async function notPayable(supplied: SuppliedAccount, requestId?: string): Promise<void> {
  expect(await scan(supplied)).toMatchObject({ payable: false });
  const orders = [
    { text: await codeOf(supplied) },
    ...(requestId === undefined ? [] : [{ paymentRequestId: requestId }]),
  ];
  for (const order of orders) await expect(shop.control('pay', order)).rejects.toThrow('pay');
}

describe('a held bill', () => {
  it('can be paid by no route, and once approved asks for exactly what was measured', async () => {
    const flat = await utility.supply();
    await read(flat, 1, '00000', 2);
    const { exception } = await held(flat, 'zero');
    expect(exception?.sentence).toBe(
      `Bill of account ${flat.accountId} is held: Nothing was used since the last bill.`,
    );
    await notPayable(flat);
    const asked = performance.now();
    const answer = await resolve(exception?.id, { decision: 'approve' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'resolved' });
    await asks(flat, '10.00');
    console.info(`payable ${Math.round(performance.now() - asked)} ms after it was approved`);
  });

  it('takes a request off the code that had come there before the reading which holds it', async () => {
    const flat = await utility.supply();
    await read(flat, 1, '00050', 3);
    const requestId = await asks(flat, '35.00');
    const text = String(((await shop.request(requestId))['qr'] as { text: string } | null)?.text);
    // Backwards: 50 and then 40.
    await read(flat, 2, '00040', 2, { corrects: { deviceId: `phone-${flat.meterId}`, sequence: 1 } });
    await asks(flat, '30.00');
    await read(flat, 3, '00000', 1);
    await held(flat, 'zero');
    await shop.untilRequest(requestId, 'cancelled');
    await notPayable(flat, requestId);
    await expect(shop.control('pay', { text })).rejects.toThrow('pay');
  });

  it('is judged afresh by another reading, which closes its exception', async () => {
    const flat = await utility.supply();
    await read(flat, 1, '00000', 3);
    const { exception } = await held(flat, 'zero');
    await read(flat, 2, '00020', 2);
    await asks(flat, '20.00');
    const { body } = await shop.pos.get(`/v1/exceptions/${exception?.id}`);
    expect(body).toMatchObject({ status: 'resolved', resolution: { decision: 'remeasured' } });
  });

  it('is billed by the value that an operator corrects', async () => {
    const flat = await utility.supply();
    await read(flat, 1, '00000', 2);
    const { exception } = await held(flat, 'zero');
    const wrong = await resolve(exception?.id, { decision: 'correct', value: '1234567' });
    expect(wrong).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/wrong-value' } });
    expect((await resolve(exception?.id, { decision: 'correct', value: '00060' })).status).toBe(200);
    await asks(flat, '40.00');
  });

  it('waits for another reading when it is to be read again, and asks nobody meanwhile', async () => {
    const flat = await utility.supply();
    await read(flat, 1, '00000', 3);
    const { exception } = await held(flat, 'zero');
    expect((await resolve(exception?.id, { decision: 'reread' })).status).toBe(200);
    expect(await held(flat, 'reread')).toMatchObject({ exception: undefined });
    await notPayable(flat);
    await read(flat, 2, '00070', 2);
    await asks(flat, '45.00');
  });

  it('is never approved when the register ran backwards', async () => {
    const flat = await utility.supply();
    await read(flat, 1, '00050', 8);
    const first = await asks(flat, '35.00');
    await shop.pay(first);
    await shop.untilRequest(first, 'paid');
    await read(flat, 2, '00030', 2);
    const { exception } = await held(flat, 'negative');
    expect(await resolve(exception?.id, { decision: 'approve' })).toMatchObject({
      status: 409,
      body: { type: 'https://relink.dev/problems/decision-unfit' },
    });
    await notPayable(flat);
  });

  it('is decided by an Update of its link as well, and only by what fits it', async () => {
    const flat = await utility.supply();
    await read(flat, 1, '00000', 2);
    const { billId, exception } = await held(flat, 'zero');
    const unfit = await resolve(exception?.id, { decision: 'writeOff' });
    expect(unfit).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/decision-unfit' } });
    const handle = shop.client.workflow.getHandle(shop.workflowId(flat.paymentLinkId, 'bill'));
    const answer = await handle.executeUpdate('approve', {
      args: [{ billId, operator: 'ana', reason: 'an empty flat' }],
    });
    expect(answer).toEqual({ is: 'decided', billId });
    await asks(flat, '10.00');
    expect(await resolve(exception?.id, { decision: 'approve' })).toMatchObject({
      status: 409,
      body: { type: 'https://relink.dev/problems/exception-resolved' },
    });
  });
});

describe('a held bill that nobody decides', () => {
  it('stays held at its deadline, and those above are told', async () => {
    const policy = { policy: 'hold', deadlineSeconds: 1, owner: 'the office', reason: 'a test' };
    expect((await shop.pos.put('/v1/exception-policies/held-bill', policy)).status).toBe(200);
    const flat = await utility.supply();
    await read(flat, 1, '00000', 2);
    const { exception } = await held(flat, 'zero');
    const overdue = async () =>
      shop.rows(`select from event where name = 'exception.overdue' and cause = $1`, [exception?.id]);
    await eventually(async () => (await overdue()).length === 1);
    await notPayable(flat);
    expect((await shop.pos.get(`/v1/exceptions/${exception?.id}`)).body).toMatchObject({
      status: 'open',
      escalated: true,
    });
  });
});

describe('every promise', () => {
  it('still holds', async () => {
    expect(await shop.violations('with its histories')).toEqual([]);
  });
});

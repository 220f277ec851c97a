/** A bill costs more when it is late and less when it is early, as it says, by the calendar of the bank. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, openShop, type Shop } from '../../support/shop.ts';

const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
/** The first Tuesday that is two days away at least: neither it nor the two days after it are a weekend. */
const tuesday = (): string => {
  let day = addDays(new Date().toISOString().slice(0, 10), 2);
  while (new Date(day).getUTCDay() !== 2) day = addDays(day, 1);
  return day;
};

describe('a bill with terms', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const late = { penalty: { percentage: '3.00' }, interest: { percentage: '1.00', per: 'day', days: 'calendar' } };
  const dueDate = tuesday();
  const bill = { amount: brl('100.00'), reference: 'flat 12', dueDate };

  async function billed(terms: object): Promise<{ readonly id: string; readonly text: string; readonly link: string }> {
    const link = await shop.openBill();
    const { text } = (await shop.link(link))['qr'] as { readonly text: string };
    return { id: await shop.sold(link, { ...bill, terms }), text, link };
  }

  /** Ten in the morning in São Paulo, by the clock of the bank. */
  async function paidOn(day: string, text: string, scanned: object): Promise<void> {
    await shop.control('clock', { advanceSeconds: (Date.parse(`${day}T13:00:00Z`) - Date.now()) / 1_000 });
    expect(await shop.scan(text)).toMatchObject(scanned);
    await shop.control('pay', { text });
    await shop.reset();
  }

  const accounts = async (id: string) =>
    (await shop.ledger(id)).map(({ account, amount_minor: minor }) => `${account} ${minor}`);

  it('paid two days late is paid exactly, with its fine and its interest on accounts of their own', async () => {
    const { id, text } = await billed({ ...late, graceDays: 5 });
    expect(await shop.request(id)).toMatchObject({ status: 'active', dueDate, terms: { ...late, graceDays: 5 } });
    const parts = { interest: '2.00', penalty: '3.00' };
    await paidOn(addDays(dueDate, 2), text, { payable: true, amount: brl('105.00'), parts });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({
      amount: brl('100.00'),
      settlement: { amount: brl('105.00'), payments: [{ outcome: 'exact' }] },
      exceptions: [],
    });
    expect(await accounts(id)).toEqual(['provider 10500', 'collected -10000', 'interest -200', 'penalty -300']);
  });

  it('is the same for a bank that shows the face value beside the parts', async () => {
    const { id, text } = await billed({ ...late, graceDays: 5 });
    await shop.control('clock', {
      advanceSeconds: (Date.parse(`${addDays(dueDate, 2)}T13:00:00Z`) - Date.now()) / 1_000,
    });
    await shop.control('behaviour', { settlementAmount: 'face' });
    await shop.control('pay', { text });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ settlement: { payments: [{ outcome: 'exact' }] } });
    await shop.reset();
    expect(await accounts(id)).toEqual(['provider 10500', 'collected -10000', 'interest -200', 'penalty -300']);
  });

  it('paid early is paid exactly, less its discount', async () => {
    const discount = {
      until: [
        { date: addDays(dueDate, -1), percentage: '10.00' },
        { date: dueDate, percentage: '5.00' },
      ],
    };
    const { id, text } = await billed({ discount, reduction: { amount: brl('20.00') } });
    const parts = { discount: '8.00', reduction: '20.00' };
    await paidOn(addDays(dueDate, -1), text, { amount: brl('72.00'), parts });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({
      settlement: { amount: brl('72.00'), payments: [{ outcome: 'exact' }] },
      exceptions: [],
    });
    expect(await accounts(id)).toEqual(['provider 7200', 'discount 800', 'reduction 2000', 'collected -10000']);
  });

  it('has them changed without its amount: one is added, one is taken away, one stays', async () => {
    const { id, text } = await billed({ ...late, graceDays: 5 });
    const terms = { penalty: null, reduction: { percentage: '10.00' } };
    const changed = await shop.pos.patch(`/v1/payment-requests/${id}`, { terms }, { 'if-match': '"0"' });
    expect(changed).toMatchObject({ status: 200, body: { revision: 1, amount: brl('100.00'), dueDate } });
    const inForce = { graceDays: 5, interest: late.interest, reduction: { percentage: '10.00' } };
    expect(changed.body['terms']).toEqual(inForce);
    expect((await shop.request(id))['terms']).toEqual(inForce);
    const parts = { interest: '1.80', reduction: '10.00' };
    await paidOn(addDays(dueDate, 2), text, { revision: 1, amount: brl('91.80'), parts });
    expect(await shop.untilRequest(id, 'paid')).toMatchObject({ settlement: { payments: [{ outcome: 'exact' }] } });
  });

  it('keeps them when it falls due on another day', async () => {
    const { id } = await billed({ ...late, graceDays: 5 });
    const body = { dueDate: addDays(dueDate, 1), terms: { graceDays: 3 } };
    const changed = await shop.pos.patch(`/v1/payment-requests/${id}`, body, { 'if-match': '"0"' });
    expect(changed).toMatchObject({ status: 200, body: { dueDate: body.dueDate, terms: { ...late, graceDays: 3 } } });
  });

  it('is refused by the member that is wrong', async () => {
    const path = `/v1/payment-links/${await shop.openBill()}/payment-requests`;
    for (const [terms, pointer] of [
      [{ penalty: { percentage: '2.00', amount: brl('1.00') } }, '/terms/penalty/percentage'],
      [{ penalty: { percentage: '0.00' } }, '/terms/penalty/percentage'],
      [{ penalty: { amount: brl('1.0') } }, '/terms/penalty/amount/value'],
      [{ interest: { percentage: '1.00' } }, '/terms/interest/per'],
      [{ interest: { percentage: '1.00', per: 'hour' } }, '/terms/interest/per'],
      [{ interest: null }, '/terms/interest'],
      [{ reduction: { amount: brl('100.00') } }, '/terms/reduction/amount'],
      [{ reduction: { amount: { currency: 'EUR', value: '1.00' } } }, '/terms/reduction/amount/currency'],
      [{ discount: { until: [] } }, '/terms/discount/until'],
      [{ discount: { until: [{ date: '2999-01-01', percentage: '1.00' }] } }, '/terms/discount/until/0/date'],
    ] as const) {
      const answer = await shop.pos.post(path, { ...bill, terms });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    }
  });

  it('cannot be changed to terms in another currency, or to nothing', async () => {
    const { id } = await billed(late);
    const change = async (terms: object) =>
      shop.pos.patch(`/v1/payment-requests/${id}`, { terms }, { 'if-match': '"0"' });
    const foreign = { penalty: { amount: { currency: 'EUR', value: '1.00' } } };
    expect(await change(foreign)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/terms/penalty/amount/currency' }] },
    });
    expect(await change({})).toMatchObject({ status: 422 });
  });

  it('is not changed to a charge whose parts do not fit each other', async () => {
    const { id } = await billed({ reduction: { amount: brl('20.00') } });
    for (const [change, detail] of [
      [
        { terms: { discount: { until: [{ date: addDays(dueDate, 1), percentage: '1.00' }] } } },
        'not after the due date',
      ],
      [{ amount: brl('20.00') }, 'less than the amount of the charge'],
    ] as const) {
      const answer = await shop.pos.patch(`/v1/payment-requests/${id}`, change, { 'if-match': '"0"' });
      expect(answer).toMatchObject({
        status: 409,
        body: { type: 'https://relink.dev/problems/refused-by-provider', detail: expect.stringContaining(detail) },
      });
    }
    expect(await shop.request(id)).toMatchObject({ status: 'active', revision: 0, amount: brl('100.00') });
  });
});

/** A code is printed once: whatever is sold on it, its text and its pictures stay the same bytes. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brl, openShop, type Shop } from '../../support/shop.ts';

describe('the printed code', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const printedText = async (link: string) => (await shop.link(link))['qr'] as { readonly text: string };

  /** The bytes as a printer fetches them. */
  async function bytesOf(link: string, picture: string): Promise<string> {
    const { key } = shop;
    const answer = await fetch(`${shop.api.url}/v1/payment-links/${link}/${picture}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
    return createHash('sha256')
      .update(Buffer.from(await answer.arrayBuffer()))
      .digest('hex');
  }

  async function printed(link: string) {
    const pictures = ['qr.svg', 'qr.png', 'qr.pdf', 'qr.svg?level=H&size=12', 'qr.png?level=L', 'qr.pdf?size=40'];
    return { qr: await printedText(link), bytes: await Promise.all(pictures.map(async (one) => bytesOf(link, one))) };
  }

  it('asks for the second sale of another amount without being printed again', async () => {
    const till = await shop.openTill();
    const { text } = await printedText(till);
    const first = await shop.sold(till, { amount: brl('24.90') });
    expect(await shop.scan(text)).toMatchObject({ payable: true, amount: brl('24.90'), paymentRequestId: first });
    await shop.control('pay', { text });
    await shop.untilLink(till, 'free');
    expect(await shop.scan(text)).toMatchObject({ payable: false });
    const second = await shop.sold(till, { amount: brl('1199.05') });
    expect(await shop.scan(text)).toMatchObject({ payable: true, amount: brl('1199.05'), paymentRequestId: second });
    await shop.control('pay', { text });
    await shop.untilRequest(second, 'paid');
    expect((await printedText(till)).text).toBe(text);
    expect(await shop.request(first)).toMatchObject({ status: 'paid', amount: brl('24.90') });
  });

  it('carries no amount, and is another one than the code of a request', async () => {
    const till = await shop.openTill();
    const { text } = await printedText(till);
    const sale = await shop.request(await shop.sold(till, { amount: brl('8.15') }));
    const { text: requestCode } = sale['qr'] as { readonly text: string };
    expect(text).not.toContain('54048.15');
    expect(requestCode).not.toBe(text);
    expect(await shop.scan(requestCode)).toMatchObject({ payable: true, amount: brl('8.15') });
  });

  it('is byte for byte the same after 100 sales, and each sale is in the ledger once', async () => {
    const till = await shop.openTill();
    const before = await printed(till);
    const sales: string[] = [];
    for (let n = 1; n <= 100; n += 1) {
      const id = await shop.sold(till, { amount: brl(`${n}.07`), reference: `sale ${n}` });
      sales.push(id);
      await shop.control('pay', { text: before.qr.text, amount: brl(`${n}.07`) });
      const paid = await shop.pos.get(`/v1/payment-requests/${id}`, { prefer: 'wait=25' });
      expect(paid.body).toMatchObject({ status: 'paid', settlement: { amount: brl(`${n}.07`) } });
    }
    expect(await printed(till)).toEqual(before);
    const booked = await shop.rows<{ id: string; minor: string }>(
      `select payment_request_id as id, -amount_minor as minor from ledger_transaction join ledger_entry
        using (transaction_id)
        where payment_link_id = $1 and account = 'collected' order by booked_at`,
      [till],
    );
    expect(booked).toEqual(sales.map((id, index) => ({ id, minor: String((index + 1) * 100 + 7) })));
  });
});

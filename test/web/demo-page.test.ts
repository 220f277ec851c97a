/** The page's own manners, in a real browser, against a shop and a bank played in memory. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { browserNote, describeInBrowser, launchBrowser } from './browser.ts';
import { openFakeShop, problem, type FakeShop } from './fake-shop.ts';
import { LIMIT_MS } from '../limits/limits.ts';
import { eventually } from '../limits/until.ts';

let browser: Browser;
let shop: FakeShop;
let page: Page;
let complaints: string[];

async function openPage(): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself notes every 4xx and every cut connection; those are part of the tests.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
  });
  await page.goto(shop.url);
  await page.locator('#connection[data-is=live]').waitFor();
}

const button = (name: string | RegExp) => page.getByRole('button', { name });
const headline = async (text: string) => page.locator('#headline', { hasText: text }).waitFor();
/** Waits until it says something: an empty line is hidden. */
const textOf = async (selector: string) => {
  await page.locator(selector).waitFor();
  return page.locator(selector).textContent();
};

async function sell(amount = '24.90'): Promise<void> {
  await page.getByLabel('Amount').fill(amount);
  await button('New sale').click();
  await headline('Waiting for payment');
}

describeInBrowser(`the demo page${browserNote}`, () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => browser?.close());

  beforeEach(async () => {
    complaints = [];
    shop = await openFakeShop();
    await openPage();
  });
  afterEach(async () => {
    await page.close();
    shop.close();
    if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('; ')}`);
  });

  it('shows a sale from its beginning to PAID without a reload', async () => {
    await headline('Free');
    await sell();
    expect(await textOf('#countdown')).toMatch(/^Payable for 0[45]:\d\d$/);
    await button('Scan').click();
    expect(await textOf('#payee')).toBe('Padaria Aurora');
    await button('Pay BRL 24.90').click();
    await headline('PAID');
    expect(await textOf('#asked')).toBe('BRL 24.90');
    await page.locator('#timeline li').nth(1).waitFor();
    expect(await page.locator('#timeline .what').allTextContents()).toEqual([
      'BRL 24.90 settled (exact).',
      'BRL 24.90 linked.',
    ]);
  });

  it('sends a comma as a point, money as text, and a key that names the sale', async () => {
    await sell(' 7,50 ');
    const [order] = shop.asked('POST', '/payment-requests');
    expect(order?.body).toMatchObject({ amount: { currency: 'BRL', value: '7.50' }, expiresIn: 300 });
    expect(order?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says what the API says of a wrong amount, at the field', async () => {
    shop.refuse(problem(422, 'must have two digits after the point', '/amount/value'));
    await page.getByLabel('Amount').fill('1.2.3');
    await button('New sale').click();
    expect(await textOf('#till-problem')).toBe('Amount: must have two digits after the point.');
    expect(await page.getByLabel('Amount').getAttribute('aria-invalid')).toBe('true');
    expect(shop.sales).toEqual([]);
  });

  it('changes the amount of the revision that it shows', async () => {
    await sell();
    await page.getByLabel('Amount').fill('30');
    await button('Change amount').click();
    await page.locator('#asked', { hasText: 'BRL 30' }).waitFor();
    await page.getByLabel('Amount').fill('31');
    await button('Change amount').click();
    await page.locator('#asked', { hasText: 'BRL 31' }).waitFor();
    expect(shop.asked('PATCH', '1').map(({ headers }) => headers['if-match'])).toEqual(['"0"', '"1"']);
  });

  it('does not let the phone pay an amount that has changed since it was scanned', async () => {
    await sell();
    await button('Scan').click();
    await page.getByLabel('Amount').fill('30.00');
    await button('Change amount').click();
    await page.locator('#asked', { hasText: 'BRL 30.00' }).waitFor();
    await button('Pay BRL 24.90').click();
    await page.locator('#verdict', { hasText: 'Scan again.' }).waitFor();
    await button('Scan again').click();
    await page.locator('#sheet[data-is=offer]').waitFor();
    expect(await textOf('#price')).toBe('BRL 30.00');
  });

  it('cancels, and the phone says in plain words that there is nothing to pay', async () => {
    await sell();
    await button('Cancel').click();
    await headline('Cancelled');
    await button('Scan').click();
    expect(await textOf('#verdict')).toBe('There is nothing to pay here right now.');
    expect(await button('Cancel').isDisabled()).toBe(true);
  });

  it('follows a sale that came another way', async () => {
    shop.sales.push({
      id: 'f'.repeat(32),
      status: 'active',
      revision: 0,
      amount: { currency: 'BRL', value: '99.00' },
      reference: 'by Temporal alone',
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    });
    shop.tell('linked', 'BRL 99.00 linked');
    await headline('Waiting for payment');
    expect(await textOf('#asked-reference')).toBe('by Temporal alone');
  });

  it('shows what needs attention, in the words of the link', async () => {
    shop.link.status = 'attention';
    shop.link.because = 'the code holds a payment request that Relink did not put there';
    shop.tell('attention', 'a stranger');
    await headline('Needs attention');
    expect(await textOf('#note')).toContain('The code holds a payment request that Relink did not put there.');
  });

  it('reconnects by itself, resumes after the last event and shows what it missed', async () => {
    await sell();
    shop.goDown();
    await page.locator('#connection', { hasText: 'reconnecting' }).waitFor();
    for (const sale of shop.sales) shop.end(sale, 'paid');
    shop.comeBack();
    await headline('PAID');
    await page.locator('#connection[data-is=live]').waitFor();
    expect(shop.asked('GET', '/events').at(-1)?.headers['last-event-id']).toBe('1');
  });

  it('repeats a sale that got no answer under the same key', async () => {
    shop.refuse({ status: 503, body: {} });
    await button('New sale').click();
    await eventually(() => shop.asked('POST', '/payment-requests').length > 0);
    shop.refuse(undefined);
    await headline('Waiting for payment');
    const keys = shop.asked('POST', '/payment-requests').map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('keeps the printed code while sales go by, and would say so if it changed', async () => {
    await page.locator('#printed-code').waitFor();
    const picture = await page.locator('#printed-code').getAttribute('src');
    expect(await textOf('#crc')).toBe('B14F');
    for (const sale of [1, 2]) {
      await sell(`${sale}.00`);
      await button('Cancel').click();
      await headline('Cancelled');
    }
    await page.locator('#constancy', { hasText: 'Byte for byte the same after 2 sales.' }).waitFor();
    expect(await page.locator('#printed-code').getAttribute('src')).toBe(picture);
    shop.link.text = shop.link.text.replace('B14F', 'B14E');
    await sell();
    await page.locator('#constancy[data-is=changed]').waitFor();
  });

  it('is used with the keyboard alone', async () => {
    await page.getByLabel('Amount').focus();
    await page.keyboard.press('Enter');
    await headline('Waiting for payment');
    await button('Scan').focus();
    await page.keyboard.press('Enter');
    await button('Pay BRL 24.90').waitFor();
    await page.keyboard.press('Enter');
    await headline('PAID');
    expect(shop.sales.map(({ status }) => status)).toEqual(['paid']);
  });

  it('leads to the workflow in Temporal UI', async () => {
    expect(await page.getByRole('link', { name: /workflow in Temporal UI/ }).getAttribute('href')).toBe(
      'http://127.0.0.1:8233/namespaces/default/workflows/payment-link%3Apadaria-aurora%3Atill%3Atill-1',
    );
  });

  it('fits a phone 390 pixels wide', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });
});

describeInBrowser(`the reader of event streams${browserNote}`, () => {
  const stream = ': beat\nid: 7\nevent: paid\ndata: a\ndata: b\r\n\r\ndata:c\rid\r\revent: lost\n\ndata: unfinished\n';
  const wanted = [
    { id: '7', name: 'paid', data: 'a\nb' },
    { id: '', name: 'message', data: 'c' },
  ];

  beforeAll(async () => {
    browser = await launchBrowser();
    shop = await openFakeShop();
    page = await browser.newPage();
    await page.goto(`${shop.url}/icon.svg`);
  });
  afterAll(async () => {
    shop?.close();
    await browser?.close();
  });

  it.each([1, 2, 3, 7, 1000])('reads pieces of %i characters', async (size) => {
    const events = await page.evaluate(`(async () => {
      const { createEventParser } = await import('/demo/event-stream.js');
      const read = createEventParser();
      const stream = ${JSON.stringify(stream)};
      const events = [];
      for (let at = 0; at < stream.length; at += ${size}) events.push(...read(stream.slice(at, at + ${size})));
      return events;
    })()`);
    expect(events).toEqual(wanted);
  });
});

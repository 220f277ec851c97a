/** The operator's page on the real product, in a real browser: money that fits nowhere is decided, money goes back. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { LIMIT_MS } from '../../limits/limits.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';
import { browserNote, describeInBrowser, launchBrowser } from '../../web/browser.ts';

let shop: Shop;
let till: string;
let browser: Browser;
let page: Page;
let complaints: string[];
let sales = 0;

async function openPage(view = ''): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself notes every 4xx; those are part of the tests.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
  });
  // `npm start` gives the page its key; here it is the test.
  const config = { apiKey: shop.key, temporalUiUrl: 'http://127.0.0.1:8233' };
  await page.route('**/demo/config.json', async (route) => route.fulfill({ json: config }));
  await page.goto(`${shop.api.url}/office${view}`);
  await page.locator('#connection[data-is=live]').waitFor();
}

/** A sale under a reference of its own. */
async function sold(value = '24.90'): Promise<{ readonly id: string; readonly reference: string }> {
  sales += 1;
  await shop.untilLink(till, 'free');
  const reference = `sale ${sales}`;
  return { id: await shop.sold(till, { amount: brl(value), reference }), reference };
}

async function paid(value = '24.90') {
  const sale = await sold(value);
  await shop.pay(sale.id);
  await shop.untilRequest(sale.id, 'paid');
  await shop.untilLink(till, 'free');
  return sale;
}

/** Money that comes after its sale was cancelled. */
async function late(value = '24.90') {
  const sale = await sold(value);
  await shop.cancel(sale.id);
  await shop.pay(sale.id, { how: 'late' });
  await eventually(async () => (await openOf(sale.id)).length === 1);
  const [exception] = await openOf(sale.id);
  return { ...sale, exceptionId: exception?.id ?? '' };
}

async function openOf(id: string): Promise<readonly { readonly id: string }[]> {
  const answer = await shop.pos.get(`/v1/exceptions?status=open&paymentRequestId=${id}`);
  return answer.body['data'] as readonly { readonly id: string }[];
}

const card = (payment: { readonly exceptionId: string }) =>
  page.locator('.card', { has: page.locator(`#opened-${payment.exceptionId}`) });
/** As the page shows it; an account without bookings has no row. */
async function balance(account: string): Promise<number> {
  const cell = page.locator(`[data-account="${account}"] td`);
  if ((await cell.count()) === 0) return 0;
  return Number((await cell.textContent())?.replace('−', '-'));
}

async function decide(payment: { readonly exceptionId: string }, choice: string, button: string | RegExp) {
  const one = card(payment);
  if ((await one.locator('.opener').getAttribute('aria-expanded')) === 'false') await one.locator('.opener').click();
  await one.getByRole('radio', { name: choice }).check();
  await one.getByLabel('Who decides').fill('ana');
  await one.getByLabel('Why').fill('the customer called');
  await one.getByRole('button', { name: button }).click();
}

describeInBrowser(`the office page on the real product${browserNote}`, () => {
  beforeAll(async () => {
    [browser, shop] = await Promise.all([launchBrowser(), openShop({ RELINK_DEMO: 'true' })]);
    till = await shop.openTill();
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });
  beforeEach(() => {
    complaints = [];
  });
  afterEach(async () => {
    await page.close();
    if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('; ')}`);
  });

  it('shows a late payment that comes while it is open, and its money moves when it is accepted', async () => {
    await openPage();
    await page.getByText('None: nothing waits for a decision.').waitFor();
    const payment = await late();
    const one = card(payment);
    await one.waitFor();
    await page.locator('#open-count', { hasText: '1' }).waitFor();
    expect(await one.textContent()).toMatch(/Paid too late.*BRL 24\.90.*For operations to decide in 23 h/s);
    expect(await one.getByRole('link', { name: 'workflow' }).getAttribute('href')).toContain(payment.exceptionId);
    await page.locator('[data-account=unapplied] td', { hasText: '24.90' }).waitFor();
    await one.locator('.opener').click();
    await one.getByText(`${payment.reference}: BRL 24.90`).waitFor();
    await one.getByText('BRL 24.90 counts as paid for this bill.').waitFor();
    await decide(payment, 'Accept as it is', 'Accept as it is');
    await one.getByText('Decided by ana, because: the customer called').waitFor();
    await page.locator('[data-account=collected] td', { hasText: '24.90' }).waitFor();
    expect(await balance('unapplied')).toBe(0);
    expect(await balance('provider')).toBe(24.9);
    await page.getByRole('button', { name: 'Resolved' }).click();
    await one.waitFor();
    expect(await one.getAttribute('data-is')).toBe('resolved');
  });

  it('says in the words of the API that somebody else was faster, and sends a double click once', async () => {
    const payment = await late();
    await openPage();
    const one = card(payment);
    await one.locator('.opener').click();
    // The list is not read again meanwhile, as on a slow line.
    await page.route('**/v1/exceptions?*', async (route) => route.abort());
    const faster = { decision: 'keepAsCredit', operator: 'bo', reason: 'asked by mail' };
    expect(await shop.pos.post(`/v1/exceptions/${payment.exceptionId}/resolve`, faster)).toMatchObject({ status: 200 });
    await decide(payment, 'Give it back', 'Give back BRL 24.90');
    await one.getByText('It was decided before.').waitFor();
    expect(await one.getByRole('alert').textContent()).toBe('It was decided before.');
    await page.unroute('**/v1/exceptions?*');
    await one.getByText('Decided by bo, because: asked by mail').waitFor();

    const other = await late('3.00');
    await card(other).waitFor();
    const sent: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/resolve')) sent.push(request.headers()['idempotency-key']);
    });
    await card(other).locator('.opener').click();
    expect(await card(other).getByLabel('Who decides').inputValue()).toBe('ana');
    await card(other).getByRole('radio', { name: 'Write it off' }).check();
    await card(other).getByLabel('Why').fill('nobody claims it');
    await card(other).getByRole('button', { name: 'Write it off' }).dblclick();
    await card(other).getByText('Decided by ana, because: nobody claims it').waitFor();
    expect(sent).toHaveLength(1);
  });

  it('gives back a part, and pays another bill with the rest', async () => {
    const payment = await late();
    const other = await sold('19.90');
    await openPage();
    const one = card(payment);
    await one.locator('.opener').click();
    await one.getByRole('radio', { name: 'Give it back' }).check();
    await one.getByLabel('Amount').fill('5,00');
    await decide(payment, 'Give it back', 'Give back BRL 5.00');
    await one.getByText('Done. BRL 19.90 of it is still undecided.').waitFor();
    await one.getByRole('radio', { name: 'Pay another bill with it' }).check();
    await one.getByLabel('Reference of the bill').fill(other.reference);
    await page.keyboard.press('Enter');
    await one.getByRole('radio', { name: `BRL 19.90 ${other.reference}` }).check();
    await decide(payment, 'Pay another bill with it', `Pay ${other.reference} with it`);
    await one.getByText('Decided by ana').last().waitFor();
    expect(await shop.request(other.id)).toMatchObject({ status: 'paid', because: 'applied' });
  });

  it('shows in red what nobody decided in time', async () => {
    await shop.pos.put('/v1/exception-policies/late', { policy: 'hold', reason: 'test', deadlineSeconds: 1 });
    const payment = await late();
    await shop.pos.put('/v1/exception-policies/late', { policy: 'hold', reason: 'test' });
    await openPage();
    await card(payment).getByText('Escalated: operations let the deadline pass').waitFor();
    expect(await card(payment).getAttribute('data-is')).toBe('overdue');
  });

  it('gives back what was paid, by its reference, and follows the return', async () => {
    const sale = await paid('30.00');
    await openPage('#give-back');
    await page.locator('[data-account=provider]').waitFor();
    const before = await balance('refunded');
    const view = page.locator('section[data-is=give-back]');
    const send = async (amount: string, why: string) => {
      await view.getByLabel('Amount').fill(amount);
      await view.getByLabel('Why').fill(why);
      await view.getByRole('button', { name: 'Give it back' }).click();
    };
    await view.getByLabel('Reference of the bill').fill(sale.reference);
    await view.getByRole('button', { name: 'Find' }).click();
    await view.getByRole('radio', { name: 'BRL 30.00' }).check();
    await send('12.00', 'one cup was broken');
    await view.getByText('BRL 12.00 has arrived').waitFor();
    await eventually(async () => (await balance('refunded')) === before - 12);
    await send('20.00', 'too much');
    await view.getByRole('alert').filter({ hasText: 'BRL 18.00' }).waitFor();
    expect(await shop.request(sale.id)).toMatchObject({ returns: [{ amount: brl('12.00'), status: 'completed' }] });
  });

  it('tells the story of a code, and what had been booked before it', async () => {
    const began = new Date(Date.now() - 3_600_000);
    await openPage(`#history/${till}`);
    const first = page.locator('.story li').last();
    await first.getByText('Opened at the provider').waitFor();
    await page.locator('.story', { hasText: 'the customer called' }).waitFor();
    await page.locator('.story .by', { hasText: 'evidence' }).first().waitFor();
    await page.getByLabel('Step through what happened').fill('0');
    await page.locator('#moment-answer').waitFor();
    expect(await page.locator('.story li:not(.later)').count()).toBe(1);
    await page.getByRole('button', { name: 'Back to now' }).click();
    expect(await page.locator('.story .later').count()).toBe(0);
    await page.locator('#balances-at').fill(began.toISOString().slice(0, 19));
    await page.getByText('Nothing had been booked.').waitFor();
    await page.getByRole('button', { name: 'Now', exact: true }).click();
    await page.locator('[data-account=provider]').waitFor();
  });

  it('says when it cannot reach the server, and goes on by itself', async () => {
    await openPage();
    await page.route('**/v1/**', async (route) => route.abort());
    await page.getByText('Relink does not answer. What you see is as it was at').waitFor();
    await page.unroute('**/v1/**');
    await page.locator('#connection[data-is=live]').waitFor();
    expect(await page.locator('#notice').isVisible()).toBe(false);
  });
});

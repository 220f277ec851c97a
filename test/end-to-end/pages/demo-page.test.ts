/**
 * The demo page on the real thing: bank, worker and API as processes of their own, Temporal, Postgres, and a browser.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { DEMO_MERCHANT, ensureMerchant } from '../../../embedded/merchant.ts';
import { startStack, type Stack } from '../../../embedded/stack.ts';
import { freshDatabase } from '../../support/database.ts';
import { LIMIT_MS, PATIENT_MS } from '../../limits/limits.ts';
import { testTemporal, workflowBundlePath } from '../../support/temporal.ts';
import { browserNote, describeInBrowser, launchBrowser } from '../../web/browser.ts';

let dir: string;
let stack: Stack;
let browser: Browser;
let page: Page;
let apiKey: string;
const complaints: string[] = [];

async function openShop(): Promise<void> {
  dir = mkdtempSync(path.join(tmpdir(), 'relink-demo-page-'));
  const databaseUrl = await freshDatabase();
  apiKey = await ensureMerchant(databaseUrl, DEMO_MERCHANT);
  const { address, taskQueue } = testTemporal();
  const env = { RELINK_WORKFLOW_BUNDLE: workflowBundlePath(), API_UPDATE_TIMEOUT_MS: String(PATIENT_MS) };
  stack = await startStack({ databaseUrl, temporalAddress: address, taskQueue, dir, env });
}

async function openPage(): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  // `npm start` gives the page its key; here it is the test. The page opens its link itself.
  const config = { apiKey, simulatorUrl: stack.simulatorUrl, temporalUiUrl: 'http://127.0.0.1:8233' };
  await page.route('**/demo/config.json', async (route) => route.fulfill({ json: config }));
  await page.goto(`${stack.apiUrl}/demo`);
  await page.locator('#connection[data-is=live]').waitFor();
}

const button = (name: string | RegExp) => page.getByRole('button', { name });
const headline = async (text: string) => page.locator('#headline', { hasText: text }).waitFor();
/** Waits until it says something: an empty line is hidden. */
const textOf = async (selector: string) => {
  await page.locator(selector).waitFor();
  return page.locator(selector).textContent();
};

async function sell(amount: string): Promise<void> {
  await page.getByLabel('Amount').fill(amount);
  await button('New sale').click();
  await headline('Waiting for payment');
  await page.locator('#asked', { hasText: `BRL ${amount}` }).waitFor();
}

async function scan(): Promise<void> {
  await button('Scan').click();
  await page.locator('#sheet:not([data-is=idle])').waitFor();
}

/** The bytes that the API serves, and the picture on the counter: a blob never changes under its address. */
async function printedCode(): Promise<{ readonly served: string; readonly shown: string | null }> {
  await page.locator('#printed-code').waitFor();
  const link = await page.locator('#workflow').getAttribute('href');
  const id = decodeURIComponent(link ?? '')
    .split(':')
    .at(-1);
  const answer = await fetch(`${stack.apiUrl}/v1/payment-links/${id}/qr.svg`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  const shown = await page.locator('#printed-code').getAttribute('src');
  return { served: await answer.text(), shown };
}

describeInBrowser(`the demo page on the real product${browserNote}`, () => {
  beforeAll(async () => {
    browser = await launchBrowser();
    await openShop();
    await openPage();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  });

  it('opens a link by itself and shows a free till', async () => {
    await headline('Free');
    expect(await textOf('#crc')).toMatch(/^[0-9A-F]{4}$/);
    expect(await page.locator('#workflow').getAttribute('href')).toMatch(
      /workflows\/payment-link%3Apadaria-aurora%3Atill%3A/,
    );
  });

  it('sells: new sale, scan, pay, and PAID without a reload', async () => {
    await sell('24.90');
    await scan();
    expect(await textOf('#payee')).toBe(DEMO_MERCHANT.name);
    await button('Pay BRL 24.90').click();
    await page.locator('#verdict', { hasText: 'You paid BRL 24.90.' }).waitFor();
    await headline('PAID');
    await page.locator('#timeline [data-what=paid]').waitFor();
    expect(await page.locator('#timeline li').first().getAttribute('data-what')).toBe('paid');
  });

  it('shows the payer a changed amount, and the bank refuses the old one', async () => {
    const printed = await printedCode();
    expect(printed).toMatchObject({ served: expect.stringMatching(/^<svg /), shown: expect.stringMatching(/^blob:/) });
    await sell('7.00');
    await scan();
    await button('Pay BRL 7.00').waitFor();
    await page.getByLabel('Amount').fill('8,50');
    await button('Change amount').click();
    await page.locator('#asked', { hasText: 'BRL 8.50' }).waitFor();
    await button('Pay BRL 7.00').click();
    await page.locator('#verdict', { hasText: 'Scan again.' }).waitFor();
    await scan();
    await button('Pay BRL 8.50').click();
    await headline('PAID');
    await page.locator('#constancy', { hasText: 'Byte for byte the same after 2 sales.' }).waitFor();
    expect(await printedCode()).toEqual(printed);
  });

  it('plays bad luck: a second payment of a paid sale is shown as one that fits no bill', async () => {
    await page.getByText('Bad luck').click();
    await button('Pay again').click();
    const row = page.locator('#timeline .what', { hasText: '(second)' }).first();
    await row.waitFor();
    expect(await row.textContent()).toContain('BRL 8.50');
  });

  it('cancels a sale, and the phone finds nothing to pay', async () => {
    await sell('3.00');
    await button('Cancel').click();
    await headline('Cancelled');
    await scan();
    expect(await textOf('#verdict')).toBe('There is nothing to pay here right now.');
  });

  it('says in the words of the API what is wrong with an amount', async () => {
    await page.getByLabel('Amount').fill('1.2.3');
    await button('New sale').click();
    expect(await textOf('#till-problem')).toMatch(/^Amount: .+\.$/);
    await headline('Cancelled');
  });

  it('survives a restart of the API without a reload', async () => {
    await sell('5.00');
    await stack.api.kill();
    await page.locator('#connection', { hasText: 'reconnecting' }).waitFor();
    await stack.api.start();
    await page.locator('#connection[data-is=live]').waitFor();
    await scan();
    await button('Pay BRL 5.00').click();
    await headline('PAID');
    const unexpected = complaints.filter((complaint) => !complaint.startsWith('Failed to load resource'));
    expect(unexpected).toEqual([]);
  });
});

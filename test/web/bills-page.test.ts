/**
 * The office's page for bills: its key, printing, and that it fits; against a utility played in memory. What the
 * addresses really do is shown in test/end-to-end/.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { fileOf, openDesk, sendReadings, type BrowserDesk } from './bills-in-browser.ts';
import { browserNote, describeInBrowser, launchBrowser } from './browser.ts';
import { FILE, KEY, openFakeBilling, problem, type FakeBilling } from './fake-billing.ts';

const ACCOUNTS = 'account,holder\n1001,Ana\n,Bruno\n1003,Carla\n1004,Davi\n';

let browser: Browser;
let desk: BrowserDesk;
let utility: FakeBilling;
let page: Page;

async function openPage(opening: Parameters<typeof openDesk>[1] = {}): Promise<void> {
  desk = await openDesk(browser, opening);
  ({ page, utility } = desk);
}

const button = (name: string | RegExp) => page.getByRole('button', { name });
const cells = async (row: string) => page.locator(`${row} td`).allInnerTexts();

async function sendAccounts(text = ACCOUNTS): Promise<void> {
  await page.locator('#accounts-file').setInputFiles(fileOf(text, 'accounts.csv'));
  await page.getByLabel('Name of the batch').fill('December, north side');
  await button('Open the codes').click();
}

describe('the page for bills', () => {
  it('is served with its parts under a strict policy, and no other page with it', async () => {
    const served = await openFakeBilling();
    const statusOf = async (path: string) => (await fetch(`${served.url}${path}`)).status;
    const answer = await fetch(served.url);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(await statusOf('/web/bills/bills.js')).toBe(200);
    expect(await statusOf('/web/api-call.js')).toBe(200);
    for (const path of ['/web/index.html', '/web/office/index.html', '/web/contract.ts', '/web/../package.json']) {
      expect(await statusOf(path)).toBe(404);
    }
    served.close();
  });
});

describeInBrowser(`the office's page for bills${browserNote}`, () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => browser?.close());
  afterEach(async () => desk.close());

  it('asks for the key where none is handed out, and keeps a good one for as long as the tab is open', async () => {
    await openPage({ handsOutKey: false });
    await page.getByLabel('API key').fill('rk_wrong');
    await button('Open').click();
    await page.getByText('Relink does not know this key.').waitFor();
    expect(await page.locator('#view-print').isVisible()).toBe(false);
    await page.getByLabel('API key').fill(KEY);
    await page.keyboard.press('Enter');
    await button('Open the codes').waitFor();
    await page.reload();
    await button('Open the codes').waitFor();
    expect(await page.evaluate('JSON.stringify(localStorage)')).toBe('{}');
  });

  it('asks for another key as soon as its own is refused', async () => {
    await openPage();
    utility.refuse('GET', problem(401, 'The key was revoked.'));
    await page.locator('.views').getByText('Bills', { exact: true }).click();
    await page.getByText('The key was revoked.').waitFor();
    expect(await page.locator('#view-bills').isVisible()).toBe(false);
    utility.refuse('GET');
    await page.getByLabel('API key').fill(KEY);
    await button('Open').click();
    await page.getByRole('link', { name: '1001, bill 10' }).waitFor();
  });

  it('sends the accounts with their layout, shows each line that is wrong, and takes the file again', async () => {
    await openPage();
    await button('Open the codes').click();
    expect(utility.asked('POST', '/bill-batches')).toEqual([]);
    await page.getByRole('radio', { name: 'Stickers' }).check();
    await page.getByLabel('How much of a code may be lost').selectOption('H');
    await page.getByLabel('Due after, in days').fill('14');
    await sendAccounts('conta\n1001\n');
    await page.locator('#batch-problem td').first().waitFor();
    expect(await page.locator('#batch-problem p').textContent()).toBe('Nothing of it was stored. See errors.');
    expect(await cells('#batch-problem')).toEqual(['1', 'account', 'The header has no column of this name.']);
    await sendAccounts();
    await page.locator('#batch-title', { hasText: 'December, north side' }).waitFor();
    const [refused, taken] = utility.asked('POST', '/bill-batches');
    expect(Object.fromEntries(taken?.query ?? [])).toEqual({
      name: 'December, north side',
      kind: 'stickers',
      level: 'H',
      tariffId: 'residential',
      dueInDays: '14',
    });
    expect(taken).toMatchObject({ body: ACCOUNTS, headers: { 'content-type': 'text/csv' } });
    expect(taken?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(taken?.headers['idempotency-key']).not.toBe(refused?.headers['idempotency-key']);
  });

  it('shows how far a batch is, which rows get no bill and why, and saves the finished files', async () => {
    await openPage();
    await sendAccounts();
    await page.locator('#batch-left', { hasText: '4 accounts, not begun yet' }).waitFor();
    const rows = { total: 4, waiting: 1, opened: 1, reused: 1, refused: 1, failed: 0 };
    utility.change('batch-1', { status: 'running', rows, secondsLeft: 240 });
    await page.locator('#batch-left', { hasText: 'about 4 minutes left' }).waitFor();
    expect(await page.getByRole('progressbar', { name: 'Codes' }).getAttribute('aria-valuenow')).toBe('75');
    expect(await page.locator('#batch-counts li').allInnerTexts()).toEqual([
      '1 opened',
      '1 had their code before',
      '1 refused',
      '0 failed',
      '1 waiting',
    ]);
    expect(await cells('#batch-faults tr')).toEqual(['3', '', 'account', 'Is needed.']);
    const errors = [{ column: '', detail: 'the provider refused it' }];
    utility.faults.push({ line: 5, accountId: '1004', status: 'failed', errors });
    const files = [{ number: 1, bills: 2, url: '/elsewhere' }];
    utility.change('batch-1', { status: 'finished', rows: { ...rows, waiting: 0, failed: 1 }, files });
    await page.locator('#batch-left', { hasText: '2 bills' }).waitFor();
    await page.locator('#batch-faults tr', { hasText: 'The provider refused it.' }).waitFor();
    expect(await cells('#batch-faults tr:last-child')).toEqual(['5', '1004', '', 'The provider refused it.']);
    const arriving = page.waitForEvent('download');
    await button('Save: 2 bills').click();
    const download = await arriving;
    expect(download.suggestedFilename()).toBe('December-north-side-1.pdf');
    expect(readFileSync(await download.path()).equals(FILE)).toBe(true);
    await page.getByText('64 kB').waitFor();
    await page.getByRole('link', { name: 'Print others' }).click();
    await page.locator('#batches', { hasText: 'ready to print' }).waitFor();
  });

  it('sends a batch that stopped once more, under the same key, and names the characters of a spreadsheet', async () => {
    await openPage();
    const buffer = Buffer.from('account,holder\n1001,Jo\xe3o\n', 'latin1');
    await page.locator('#accounts-file').setInputFiles({ name: 'accounts.csv', mimeType: '', buffer });
    await page.getByLabel('Name of the batch').fill('December');
    await button('Open the codes').click();
    await page.locator('#batch-title').waitFor();
    expect(await button('Go on').isVisible()).toBe(false);
    utility.change('batch-1', { status: 'failed', because: 'the provider does not answer' });
    await page.getByText('The provider does not answer.').waitFor();
    await button('Go on').click();
    await page.locator('#batch-status', { hasText: 'Opening codes' }).waitFor();
    const [first, second] = utility.asked('POST', '/bill-batches');
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(second?.query.get('name')).toBe('December');
    expect(second?.headers['content-type']).toBe('text/csv; charset=windows-1252');
  });

  it('takes a file that is dropped, and shows a hundred of many wrong rows until more are asked for', async () => {
    await openPage();
    const dropped = await page.evaluateHandle<unknown>(`(() => {
      const carried = new DataTransfer();
      carried.items.add(new File(['account\\n' + ',x\\n'.repeat(150)], 'dropped.csv'));
      return carried;
    })()`);
    await page.locator('#accounts-drop').dispatchEvent('drop', { dataTransfer: dropped });
    await page.getByText('dropped.csv, 458 bytes').waitFor();
    await page.getByLabel('Name of the batch').fill('Dropped');
    await button('Open the codes').click();
    await page.locator('#batch-faults tr').nth(99).waitFor();
    expect(await page.locator('#batch-faults tr').count()).toBe(100);
    await button('Show more rows').click();
    await page.locator('#batch-faults tr').nth(149).waitFor();
    expect(await button('Show more rows').count()).toBe(0);
  });

  it('makes example files on the spot, which can be sent as they are', async () => {
    await openPage();
    await page.getByLabel('Tariff').selectOption('business');
    const exampleOf = async (link: string) => {
      const arriving = page.waitForEvent('download');
      await page.locator(link).click();
      return readFileSync(await (await arriving).path(), 'utf8');
    };
    const [header, first] = (await exampleOf('#accounts-sample')).split('\n');
    expect(header).toMatch(/^account,holder,taxId,address,language,tariff,meter,digits,decimals,multiplier,/);
    expect(first).toContain(',business,M-1001,5,0,1,00100,');
    await page.locator('.views').getByText('Readings').click();
    const readings = await exampleOf('#readings-sample');
    expect(readings).toMatch(/^deviceId,sequence,meterId,value,readAt,kind,/);
    await page.locator('#readings-file').setInputFiles(fileOf('{"readings": []}'));
    await button('Send the readings').click();
    await page.locator('#upload-title').waitFor();
    expect(utility.asked('POST', '/meter-readings')[0]?.headers['content-type']).toBe('application/json');
  });

  it('fits a phone: nothing is wider than its screen', async () => {
    await openPage();
    await page.setViewportSize({ width: 390, height: 844 });
    const fits = async (where: string) => {
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect({ where, width }).toEqual({ where, width: 390 });
    };
    await fits('print');
    await sendAccounts('conta\n');
    await page.locator('#batch-problem td').first().waitFor();
    await fits('problem');
    await sendAccounts();
    const files = [{ number: 1, bills: 3, url: '' }];
    await page.locator('#batch-title').waitFor();
    utility.change('batch-1', { status: 'finished', files, name: 'a'.repeat(200) });
    await button('Save: 3 bills').waitFor();
    await fits('batch');
    await page.locator('.views').getByText('Readings').click();
    await sendReadings(page);
    await fits('readings');
    await page.locator('.views').getByText('Held').click();
    await page.locator('.bars li').nth(6).waitFor();
    await fits('held');
    await page.locator('.views').getByText('Bills', { exact: true }).click();
    await page.getByRole('link', { name: '1002, bill 10' }).click();
    await page.locator('.paper-bill').waitFor();
    await fits('bill');
  });
});

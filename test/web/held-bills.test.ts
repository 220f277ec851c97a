/**
 * What becomes of readings, what is held and decided, and a bill itself, on the office's page, against a utility in
 * memory.
 */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openDesk, sendReadings, type BrowserDesk } from './bills-in-browser.ts';
import { browserNote, describeInBrowser, launchBrowser } from './browser.ts';
import { problem, type FakeBilling } from './fake-billing.ts';
import { ABOVE, BILLED, brl } from './utility-day.ts';

let browser: Browser;
let desk: BrowserDesk;
let utility: FakeBilling;
let page: Page;

async function openPage(opening: Parameters<typeof openDesk>[1] = {}): Promise<void> {
  desk = await openDesk(browser, opening);
  ({ page, utility } = desk);
}

const button = (name: string | RegExp) => page.getByRole('button', { name });

async function decide(choice: string, act: string): Promise<void> {
  const card = page.locator('.card').first();
  await card.getByRole('radio', { name: choice }).check();
  if (choice === 'Correct') await card.getByRole('textbox', { name: 'What the register shows' }).fill('04120,5');
  await card.getByLabel('Who decides').fill('ana');
  await card.getByLabel('Why').fill('the factory runs again');
  await card.getByRole('button', { name: act }).click();
}

describeInBrowser(`readings and bills on the office's page${browserNote}`, () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => browser?.close());
  afterEach(async () => desk.close());

  it('tells what was stored, what never arrived, and watches what becomes of each reading', async () => {
    await openPage({ view: '#readings' });
    await sendReadings(page);
    expect(await page.locator('#upload-results li').allInnerTexts()).toEqual([
      '4 stored',
      '1 sent before',
      '1 in conflict',
      '1 refused',
    ]);
    expect(await page.locator('#gaps li').allInnerTexts()).toEqual([
      'Phone 7: 41 to 43 never arrived.',
      'Phone 9: 12 never arrived.',
    ]);
    await page.getByRole('link', { name: 'BRL 101.44' }).waitFor();
    const details = await page.locator('#outcome-rows [data-column=Details]').allInnerTexts();
    expect(details.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      'BRL 101.44',
      '4120 kWh is more than 3 times the usual 120 kWh. Decide',
      'Not worked out yet.',
      'Phone 7, 47 corrects it.',
      'The value differs from the one that came first.',
      'sequence: must be a whole number. readAt: must be an instant with its offset.',
      'The register has 5 digits, and 120034 has 6.',
    ]);
    await button('Refused 2').click();
    await page.locator('#outcome-rows tr').nth(2).waitFor({ state: 'detached' });
    await button('Waiting 1').click();
    utility.setRows(
      utility.rows().map((row) => (row.outcome === 'waiting' ? { ...row, outcome: 'billed', billId: BILLED.id } : row)),
    );
    await page.getByText('No reading of this kind.').waitFor();
    await button('Billed 2').click();
    await page.getByRole('link', { name: 'BRL 101.44' }).nth(1).waitFor();
    await page.reload();
    await page.getByText('Phone 7: 41 to 43 never arrived.').waitFor();
  });

  it('reads an upload page by page, and again only the pages on which something can still change', async () => {
    await openPage({ view: '#readings' });
    const [billed] = utility.rows();
    if (billed === undefined) throw new Error('the day has no readings');
    const rows = Array.from({ length: 250 }, (_, index) => ({ ...billed, line: index + 2, outcome: 'replaced' }));
    const last = { ...billed, line: 252, outcome: 'waiting' };
    utility.setRows([...rows, last]);
    await sendReadings(page);
    await button('All 251').waitFor();
    expect(await page.locator('#outcome-rows tr').count()).toBe(100);
    await button('Show more rows').click();
    await page.locator('#outcome-rows tr').nth(199).waitFor();
    utility.setRows([...rows, { ...last, outcome: 'billed' }]);
    await button('Waiting 0').waitFor();
    const asked = utility.asked('GET', '/rows').map(({ query }) => query.get('after') ?? 'the first page');
    expect(asked.slice(0, 3)).toEqual(['the first page', '100', '200']);
    expect(new Set(asked.slice(3))).toEqual(new Set(['200']));
  });

  it('shows a held bill with its lines and what was used before, sends an approval once, and lets the card go', async () => {
    await openPage({ view: '#held' });
    const card = page.locator('.card').first();
    await card.getByText('4120 kWh is more than 3 times the usual 120 kWh.').waitFor();
    await card.locator('.bars li').nth(6).waitFor();
    expect(await card.locator('.bars strong').allInnerTexts()).toEqual([
      '120',
      '122',
      '109',
      '124',
      '118',
      '131',
      '4120',
    ]);
    expect(await card.locator('.lines td').allInnerTexts()).toContain('4120 kWh × 0.61 = 2513.20');
    utility.refuse('POST', problem(503, 'The command is stored and not yet sent.'));
    await decide('Approve', 'Approve BRL 2525.20');
    await card.getByText('The command is stored and not yet sent.').waitFor();
    utility.refuse('POST');
    await button('Approve BRL 2525.20').click();
    await page.getByText('Approved by ana. BRL 2525.20 goes on the code.').waitFor();
    await page.getByText('Account 1002').waitFor({ state: 'detached' });
    expect(await page.locator('#held-count').textContent()).toBe('1');
    const orders = utility.asked('POST', `${ABOVE.exceptionId}/resolve`);
    expect(new Set(orders.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(JSON.parse(orders.at(-1)?.body ?? '')).toEqual({
      decision: 'approve',
      operator: 'ana',
      reason: 'the factory runs again',
    });
    expect(await page.evaluate('document.activeElement.id')).toBe('held-name');
  });

  it('sends a correction with its value, has a meter read again, and says what the API refuses', async () => {
    await openPage({ view: '#held' });
    utility.refuse('POST', problem(422, 'See errors.', [{ pointer: '/value', detail: 'the register has 5 digits' }]));
    await decide('Correct', 'Correct the reading');
    await page.getByText('Value: the register has 5 digits.').waitFor();
    utility.refuse('POST');
    await button('Correct the reading').click();
    await page.getByText('Corrected by ana. The bill is worked out from 04120.5.').waitFor();
    const [, corrected] = utility.asked('POST', '/resolve');
    expect(JSON.parse(corrected?.body ?? '')).toMatchObject({ decision: 'correct', value: '04120.5' });
    const other = page.locator('.card').last();
    await other.getByRole('button', { name: 'Account 1003' }).click();
    // Who and why are remembered.
    expect(await other.getByLabel('Why').inputValue()).toBe('the factory runs again');
    await other.getByRole('radio', { name: 'Have it read again' }).check();
    await other.getByRole('button', { name: 'Have it read again' }).click();
    await page.getByText('To be read again by ana. The next reading judges the bill afresh.').waitFor();
  });

  it('shows a bill with its lines, its tariff and its request, and finds it by its account', async () => {
    await openPage({ view: '#bills' });
    await page.getByRole('textbox', { name: 'Account' }).fill('1001');
    await button('Find').click();
    await page.locator('#bills-rows tr').nth(1).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: '1001, bill 10' }).click();
    const facts = await page.locator('.paper-bill').innerText();
    for (const text of ['120 kWh', '20 Oct 2026, 13:00', 'residential, version 3', '7 December 2026', 'active']) {
      expect(facts).toContain(text);
    }
    expect(facts).toMatch(/Total\s+BRL 101\.44/);
    expect(await page.getByRole('link', { name: 'History of its code' }).getAttribute('href')).toBe(
      '/office#history/bill-1001',
    );
    await page.goto(`${utility.url}#bills/unknown`);
    await page.getByText('There is no bill of this number.').waitFor();
  });

  it('leads from a bill to its own card, and offers no approval of what cannot be a bill', async () => {
    await openPage({ view: '#bills' });
    const held = [...utility.bills.values()].find(({ accountId, status }) => accountId === '1003' && status === 'held');
    if (held === undefined) throw new Error('one of account 1003 is held');
    utility.bills.set(held.id, { ...held, because: 'negative', lines: [], total: brl('0.00') });
    await page.goto(`${utility.url}#bills/${held.id}`);
    await page.getByText('The register went backwards.').waitFor();
    await page.getByRole('link', { name: 'Decide about it' }).click();
    const card = page.locator('.card').last();
    await card.getByRole('radio', { name: 'Have it read again' }).waitFor();
    expect(await page.locator('.opener').first().getAttribute('aria-expanded')).toBe('false');
    expect(await page.locator('.opener').last().getAttribute('aria-expanded')).toBe('true');
    await card.locator('.left', { hasText: '–' }).waitFor();
    expect(await card.getByRole('radio', { name: 'Approve' }).isVisible()).toBe(false);
  });

  it('is worked with the keyboard alone', async () => {
    await openPage({ view: '#held' });
    await page.locator('.card .opener').first().focus();
    for (const key of ['Tab', 'Tab', 'Tab', 'Space', 'Tab']) await page.keyboard.press(key);
    await page.keyboard.type('ana');
    await page.keyboard.press('Tab');
    await page.keyboard.type('seen');
    await page.keyboard.press('Enter');
    await page.getByText('Approved by ana.').waitFor();
    expect(await page.evaluate('document.activeElement.dataset.part')).toBe('outcome');
  });
});

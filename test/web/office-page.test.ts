/**
 * The operator's page against answers that are played by the browser itself: what a real shop shows seldom, or late.
 * What becomes of the money is shown in test/end-to-end/pages/office-page.test.ts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser, Page, Request } from 'playwright-core';
import { browserNote, describeInBrowser, launchBrowser } from './browser.ts';
import { LIMIT_MS } from '../limits/limits.ts';

const web = path.resolve(import.meta.dirname, '../../web');
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
const NOW = '2026-11-26T06:00:00.000Z';
const brl = (value: string) => ({ currency: 'BRL', value });
const LINK = {
  id: 'till-1',
  kind: 'till',
  label: 'Till 1',
  reference: null,
  status: 'free',
  workflowId: 'w',
  createdAt: NOW,
};
const ENTRY = { at: NOW, actor: 'key 1', paymentRequestId: null, evidence: null };
const RUN = {
  id: 'a'.repeat(32),
  kind: 'nightly',
  status: 'finished',
  from: '2026-10-27T06:00:00.000Z',
  to: NOW,
  explained: '99.999',
  money: [{ currency: 'BRL', seen: brl('100000.00'), booked: brl('99999.00'), explained: '99.999' }],
  counts: { requests: 120, 'requests-agreed': 119 },
  createdAt: NOW,
  finishedAt: NOW,
};
const STRANGER = {
  id: 'b'.repeat(32),
  kind: 'stranger',
  status: 'open',
  sentence: 'the code holds a payment request that Relink did not put there',
  amount: null,
  left: null,
  paymentLinkId: 'till-1',
  paymentRequestId: null,
  policy: 'hold',
  owner: 'operations',
  deadlineAt: null,
  escalated: false,
  may: ['acceptAsIs', 'writeOff'],
  resolution: null,
  workflowId: 'exception:1',
  openedAt: NOW,
};

type FakeAnswer = { readonly status?: number; readonly json: unknown };
let answers: Record<string, (request: Request) => FakeAnswer>;
let asked: Request[];
let browser: Browser;
let page: Page;
let complaints: string[];

const list = (...data: readonly unknown[]) => ({ json: { data, next: null } });
const notFound = { status: 404, json: { title: 'Not found', detail: 'There is no such address.' } };

/** The page in its folder, and the API as `answers` says; of what is not there 404, as the API does. */
async function openPage(view = ''): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, timezoneId: 'UTC' });
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.route('http://localhost/**', async (route) => {
    const request = route.request();
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/v1/')) {
      asked.push(request);
      const answer = answers[`${request.method()} ${pathname.slice(4)}`]?.(request) ?? notFound;
      return route.fulfill({ status: answer.status ?? 200, json: answer.json });
    }
    if (pathname === '/demo/config.json') return route.fulfill({ json: { apiKey: 'rk_test' } });
    const file = pathname === '/office' ? 'office/index.html' : pathname.replace('/demo/', '');
    const contentType = TYPES[file.split('.').at(-1) ?? ''] ?? 'image/svg+xml';
    return route.fulfill({ body: readFileSync(path.join(web, file)), contentType });
  });
  await page.goto(`http://localhost/office${view}`);
  await page.locator('#connection[data-is=live]').waitFor();
}

const sent = (address: string) =>
  asked.filter((request) => request.method() === 'POST' && request.url().includes(address));

describeInBrowser(`the office page${browserNote}`, () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => browser?.close());
  beforeEach(() => {
    complaints = [];
    asked = [];
    answers = {
      'GET exceptions': () => list(),
      'GET balances': () => ({ json: { at: NOW, data: [{ account: 'provider', amount: brl('24.90') }], next: null } }),
      'GET payment-links': () => list(LINK),
      'GET payment-links/till-1': () => ({ json: LINK }),
    };
  });
  afterEach(async () => {
    await page.close();
    if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('; ')}`);
  });

  it('hides reconciliation where the API does not know it', async () => {
    await openPage();
    await page.getByText('None: nothing waits for a decision.').waitFor();
    expect(await page.locator('#reconciliation-link').isVisible()).toBe(false);
  });

  it('says that no money moves where an exception holds none', async () => {
    answers['GET exceptions'] = () => list(STRANGER);
    await openPage();
    await page.getByRole('button', { name: 'A bill on the code that is not ours' }).click();
    await page.getByText('It stays as it is. No money moves.').waitFor();
    expect(await page.getByRole('radio').count()).toBe(2);
    expect(await page.locator('.duty').textContent()).toBe('For operations, without a deadline');
  });

  it('leaves what is decided about a held bill to the page for bills', async () => {
    const may = ['approve', 'correct', 'reread'];
    answers['GET exceptions'] = () => list({ ...STRANGER, kind: 'held-bill', may });
    await openPage();
    await page.getByRole('button', { name: 'A bill that is held' }).click();
    const link = page.getByRole('link', { name: 'Decide about the bill' });
    expect(await link.getAttribute('href')).toBe(`/bills#held/${STRANGER.id}`);
    expect(await page.getByRole('radio').count()).toBe(0);
  });

  it('repeats a decision that got no answer under the same key, and takes another one after a refusal', async () => {
    answers['GET exceptions'] = () => list(STRANGER);
    const said = [503, 503, 503, 409, 200];
    answers['POST exceptions/' + STRANGER.id + '/resolve'] = () => {
      const status = said.shift() ?? 200;
      const json = status === 200 ? STRANGER : { detail: `The answer is ${status}.` };
      return { status, json };
    };
    await openPage();
    await page.getByRole('button', { name: 'A bill on the code that is not ours' }).click();
    await page.getByRole('radio', { name: 'Accept as it is' }).check();
    await page.getByLabel('Who decides').fill('ana');
    await page.locator('.card').getByLabel('Why').fill('seen');
    for (const text of ['The answer is 503.', 'The answer is 409.', 'Taken down.']) {
      await page.getByRole('button', { name: 'Accept as it is' }).click();
      await page.locator('.card .problem', { hasText: text }).waitFor();
    }
    const keys = sent('/resolve').map((request) => request.headers()['idempotency-key']);
    expect(keys).toHaveLength(5);
    expect(new Set(keys.slice(0, 4)).size).toBe(1);
    expect(keys[4]).not.toBe(keys[0]);
  });

  it('asks nothing of the API while who or why is missing', async () => {
    answers['GET exceptions'] = () => list(STRANGER);
    await openPage();
    await page.getByRole('button', { name: 'A bill on the code that is not ours' }).click();
    await page.getByRole('radio', { name: 'Write it off' }).check();
    await page.getByRole('button', { name: 'Write it off' }).click();
    expect(await page.locator('[data-part=operator]:focus').count()).toBe(1);
    expect(sent('/resolve')).toEqual([]);
  });

  it('tells what a code showed at an instant, in the words of the API', async () => {
    const entries = [
      { ...ENTRY, id: 1, what: 'opened', sentence: 'opened' },
      { ...ENTRY, id: 2, what: 'linked', sentence: 'BRL 24.90 linked', at: '2026-11-26T06:01:00.000Z' },
    ];
    answers['GET payment-links/till-1/history'] = (request) => {
      const at = new URL(request.url()).searchParams.get('at');
      if (at === null) return list(...entries);
      const shows = { amount: brl('24.90'), reference: 'coffee', statusNow: 'paid' };
      const because = 'BRL 24.90 for coffee, revision 0';
      const payments = [{ amount: brl('24.90'), outcome: 'exact', bookedAt: '2026-11-26T06:02:00.000Z' }];
      return { json: { at, shows, payable: true, because, payments, returns: [] } };
    };
    await openPage('#history');
    await page.locator('.story li').nth(1).waitFor();
    await page.getByLabel('As it was at').first().fill('2026-11-26T06:01:30');
    await page.getByText('Whoever scanned it saw BRL 24.90 for coffee, revision 0. It could be paid.').waitFor();
    expect(await page.locator('#moment-answer').textContent()).toMatch(
      /BRL 24\.90 came for it, 26 Nov, 06:02:00 \(exact\)\. Now it is paid\.$/,
    );
  });

  it('shows the share that is explained, what was counted and what was found, and begins a run', async () => {
    const words = 'BRL 1.00 is there and not booked here';
    const finding = { id: 1, kind: 'missing-here', sentence: words, paymentLinkId: 'till-1', exceptionId: null };
    let runs = [RUN];
    answers['GET reconciliations'] = () => list(...runs);
    answers[`GET reconciliations/${RUN.id}/findings`] = () => list({ ...finding, healed: false });
    const next = { ...RUN, id: 'c'.repeat(32), kind: 'asked', explained: '100.000' };
    answers['POST reconciliations'] = () => {
      runs = [next, RUN];
      return { status: 202, json: next };
    };
    answers[`GET reconciliations/${next.id}/findings`] = () => list();
    await openPage('#reconciliation');
    await page.getByText('99.999 % explained').waitFor();
    await page.getByText('missing here').waitFor();
    await page.getByText('BRL 99999.00 of BRL 100000.00 is booked to the cent.').waitFor();
    await page.getByRole('button', { name: 'Reconcile now' }).click();
    await page.getByText('100.000 % explained').waitFor();
    await page.getByText('None: both sides say the same.').waitFor();
    expect(sent('/reconciliations')[0]?.headers()['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('imports a bank statement with the columns that are named, and shows what is wrong with it', async () => {
    answers['GET reconciliations'] = () => list(RUN);
    answers[`GET reconciliations/${RUN.id}/findings`] = () => list();
    const wrong = { detail: 'See errors.', errors: [{ line: 2, column: 'amount', detail: 'line 2 has no amount' }] };
    answers['POST statements'] = (request) =>
      (request.postData() ?? '').includes('24.90')
        ? { status: 202, json: { lines: 1, reconciliationId: RUN.id } }
        : { status: 422, json: wrong };
    await openPage('#reconciliation');
    await page.getByText('Import a bank statement').click();
    const take = async (text: string) => {
      const buffer = Buffer.from(text);
      await page.getByLabel('Statement').setInputFiles({ name: 'day.csv', mimeType: 'text/csv', buffer });
      await page.getByRole('button', { name: 'Import and match' }).click();
    };
    await page.locator('#csv-columns').getByLabel('Amount').fill('valor');
    await take('data;valor\n2026-11-26;\n');
    await page.getByText('Line 2 has no amount.').waitFor();
    await take('data;valor\n2026-11-26;24.90\n');
    await page.getByText('1 line is stored. It is being matched.').waitFor();
    const [, call] = sent('/statements');
    expect(call?.headers()['content-type']).toBe('text/csv');
    expect(new URL(call?.url() ?? '').searchParams.get('amount')).toBe('valor');
  });

  it('fits a phone: nothing is wider than its screen', async () => {
    answers['GET exceptions'] = () => list(STRANGER);
    answers['GET reconciliations'] = () => list(RUN);
    answers[`GET reconciliations/${RUN.id}/findings`] = () => list();
    answers['GET payment-links/till-1/history'] = () => list({ ...ENTRY, id: 1, what: 'opened', sentence: 'opened' });
    await openPage();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const view of ['exceptions', 'balances', 'history', 'give-back', 'reconciliation']) {
      await page.locator(`.views a[href="#${view}"]`).click();
      await page.locator(`#${view}-name`).waitFor();
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect({ view, width }).toEqual({ view, width: 390 });
    }
  });
});

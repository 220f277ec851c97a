/**
 * A utility's day on the real product, through its pages alone: the office prints codes, an agent reads meters where
 * there is no network, the office decides about what is held, and a payer scans what was printed weeks before.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { needs, readBack } from '../../printing/scanners.ts';
import { accountLine, csvOf } from '../../../bench/samples/bill-batches.ts';
import { LIMIT_MS } from '../../limits/limits.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';
import { keep, standsAt, typeOnKeys } from '../../web/agent-phone.ts';
import { fileOf } from '../../web/bills-in-browser.ts';
import { browserNote, describeInBrowser, launchBrowser } from '../../web/browser.ts';

/** 10.00 a bill, 0.50 for each unit up to 100 and 1.00 above. */
const WATER = {
  effectiveFrom: '2020-01-01',
  unit: 'm³',
  currency: 'BRL',
  fixed: brl('10.00'),
  tiers: { mode: 'step', list: [{ upTo: '100', price: '0.50' }, { price: '1.00' }] },
  taxes: [],
  rounding: { when: 'each line', rule: 'half-up' },
};
const HOLDERS = ['Ana Souza', 'João da Silva', 'Carla Dias'];
const lines = HOLDERS.map((holder, index) => accountLine(index + 1, { holder, tariff: '', installedValue: '00100' }));
const WRONG = accountLine(4, { tariff: '', taxId: '529.982.247-24' });
const FILE = csvOf([...lines.slice(0, 1), WRONG, ...lines.slice(1)]);
const [ANA, JOAO, CARLA] = lines.map(({ account }) => account);

/** So fine that the smallest part of a code is seen. */
const DOTS_PER_INCH = 200;
const WHOLE_PAGE = { x: 0, y: 0, width: 1, height: 1 };

let shop: Shop;
let browser: Browser;
let phone: BrowserContext;
let office: Page;
let agent: Page;
/** What the printed pages say to a camera, in the order of the accounts. */
let printed: readonly string[] = [];
const complaints: string[] = [];

async function openPage(context: BrowserContext, address: string): Promise<Page> {
  context.setDefaultTimeout(LIMIT_MS);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself notes that no key is handed out here, and every cut connection.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
  });
  await page.goto(`${shop.api.url}${address}`);
  return page;
}

const billRow = (account: string | undefined) => office.locator('#bills-rows tr', { hasText: `${account}, bill 1` });

/** The payer's banking app, at the code of a printed page. */
async function scans(page: number): Promise<Readonly<Record<string, unknown>>> {
  return shop.scan(printed[page]);
}

const program = needs('pdftoppm', 'zbarimg');
const describeDay = program === describe ? describeInBrowser : describe.skip;

describeDay(`a day of a utility${browserNote}`, () => {
  beforeAll(async () => {
    [browser, shop] = await Promise.all([launchBrowser(), openShop()]);
    const put = await shop.pos.put('/v1/tariffs/water/versions/1', WATER);
    if (put.status !== 200) throw new Error(put.text);
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
  });

  it('begins with a file of accounts: the row that is wrong is named, the others get codes and are printed', async () => {
    office = await openPage(await browser.newContext({ viewport: { width: 1280, height: 900 } }), '/bills');
    await office.getByRole('textbox', { name: 'API key' }).fill(shop.key);
    await office.getByRole('button', { name: 'Open', exact: true }).click();
    await office.locator('#accounts-file').setInputFiles(fileOf(FILE, 'december.csv'));
    await office.getByLabel('Name of the batch').fill('December');
    expect(await office.locator('#batch-tariff').inputValue()).toBe('water');
    await office.getByRole('button', { name: 'Open the codes' }).click();
    await office.getByText('Ready to print').first().waitFor();
    expect(await office.locator('#batch-counts').textContent()).toMatch(/3 opened.*1 refused/s);
    const [fault, ...others] = await office.locator('#batch-faults tr').allTextContents();
    expect(others).toEqual([]);
    expect(fault).toMatch(new RegExp(`^3${WRONG.account}taxId.*check digits`));

    const [download] = await Promise.all([
      office.waitForEvent('download'),
      office.getByRole('button', { name: 'Save' }).click(),
    ]);
    const pdf = readFileSync(await download.path());
    printed = readBack({ pdf, dotsPerInch: DOTS_PER_INCH, areas: [WHOLE_PAGE] }).zbar;
    const accounts = await Promise.all(
      lines.map(async ({ account }) => (await shop.pos.get(`/v1/service-accounts/${account}`)).body['paymentLinkId']),
    );
    const codes = await Promise.all(accounts.map(async (id) => (await shop.link(String(id)))['qr']));
    expect(printed).toEqual(codes.map((qr) => (qr as { readonly text: string }).text));
  });

  it('has nothing to pay on a printed code that nobody has read a meter for', async () => {
    for (const page of HOLDERS.keys()) expect(await scans(page)).toMatchObject({ payable: false });
  });

  it('is read on a phone that has lost its network, and everything arrives when that is back', async () => {
    phone = await browser.newContext({ viewport: { width: 390, height: 740 } });
    agent = await openPage(phone, '/agent');
    await agent.getByLabel('Key', { exact: true }).fill(shop.key);
    await agent.getByRole('button', { name: 'Set up this phone' }).click();
    await agent.getByText('This page is kept on the phone').waitFor();
    await agent.locator('#batch option', { hasText: 'December' }).waitFor({ state: 'attached' });
    await agent.locator('#batch').selectOption({ index: 1 });
    await agent.getByRole('button', { name: 'Take along' }).click();
    await agent.getByText('0 of 3 accounts read').waitFor();

    await phone.setOffline(true);
    await agent.reload();
    await agent.locator('#network[data-is=offline]').waitFor();
    const { shortCode } = (await shop.pos.get(`/v1/service-accounts/${ANA}`)).body;
    await agent.locator('#short-code').fill(String(shortCode).toLowerCase());
    await agent.getByRole('heading', { name: 'Ana Souza' }).waitFor();
    await typeOnKeys(agent, '00220');
    await keep(agent);
    for (const [typed, holder, register] of [
      ['joao', 'João da Silva', '00130'],
      ['carla dias', 'Carla Dias', '00100'],
    ] as const) {
      await agent.locator('#search').fill(typed);
      await agent.getByRole('link', { name: holder }).click();
      await typeOnKeys(agent, register);
      await keep(agent);
    }
    await agent.getByText('3 of 3 accounts read').waitFor();
    await standsAt(agent, { waiting: 3, arrived: 0 });
    expect((await shop.pos.get('/v1/bills')).body['data']).toEqual([]);

    await phone.setOffline(false);
    await standsAt(agent, { waiting: 0, arrived: 3, refused: 0 });
  });

  it('shows the office what each reading came to, and which bill is held and why', async () => {
    await office.getByRole('link', { name: 'Bills', exact: true }).click();
    await billRow(ANA).getByText('BRL 80.00').waitFor();
    await billRow(JOAO).getByText('BRL 25.00').waitFor();
    await billRow(CARLA).getByText('held').waitFor();
    expect(await billRow(ANA).textContent()).toContain('120 m³');
    await billRow(CARLA).getByRole('link').click();
    await office.getByText('Nothing was used since the last bill.').waitFor();
    await eventually(async () => (await scans(0))['payable'] === true);
    expect(await scans(0)).toMatchObject({ payable: true, amount: brl('80.00') });
    expect(await scans(2)).toMatchObject({ payable: false });
  });

  it('has the held bill on its code as soon as the office approves it', async () => {
    await office.getByRole('link', { name: 'Decide about it' }).click();
    const card = office.locator('.card', { hasText: `Account ${CARLA}` });
    await card.getByText('Nothing was used since the last bill.').waitFor();
    if ((await card.locator('.opener').getAttribute('aria-expanded')) === 'false')
      await card.locator('.opener').click();
    await card.getByRole('radio', { name: 'Approve' }).check();
    await card.getByLabel('Who decides').fill('ana');
    await card.getByRole('textbox', { name: 'Why' }).fill('an empty flat');
    await card.getByRole('button', { name: 'Approve BRL 10.00' }).click();
    await office.getByText('None waits for a decision.').waitFor();
    await eventually(async () => (await scans(2))['payable'] === true);
    expect(await scans(2)).toMatchObject({ amount: brl('10.00') });
  });

  it('ends with a payer who scans what was printed and pays, and the office reads that it is paid', async () => {
    await office.getByRole('link', { name: 'Bills', exact: true }).click();
    await billRow(ANA).getByText('active').waitFor();
    await shop.control('pay', { text: printed[0] });
    await billRow(ANA).getByText('paid').waitFor();
    expect(await scans(0)).toMatchObject({ payable: false });
    expect(await billRow(CARLA).textContent()).toContain('active');
  });

  it('goes on with a file from the desk: a reading changes the bill that is on a code, another has one held and says why', async () => {
    await office.getByRole('link', { name: 'Readings', exact: true }).click();
    const [ofAna, ofJoao] = lines.map(({ meter }) => meter);
    const readAt = new Date().toISOString();
    const rows = [`desk,1,${ofAna},00220,${readAt},actual`, `desk,2,${ofJoao},00140,${readAt},actual`];
    const file = ['deviceId,sequence,meterId,value,readAt,kind', ...rows].join('\n');
    await office.locator('#readings-file').setInputFiles(fileOf(file, 'desk.csv'));
    await office.getByRole('button', { name: 'Send the readings' }).click();
    const became = office.locator('#outcome-rows');
    await became.locator('[data-outcome=held]', { hasText: 'Nothing was used since the last bill.' }).waitFor();
    await became.locator('[data-outcome=billed]', { hasText: 'BRL 30.00' }).waitFor();
    await eventually(async () => (await scans(1))['payable'] === true);
    expect(await scans(1)).toMatchObject({ amount: brl('30.00') });
    expect(complaints).toEqual([]);
  });
});

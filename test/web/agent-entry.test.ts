/** What the meter reader's page says to the person who holds it: of codes, of values, of what the API answers. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { shortCodeOfHash, spacedShortCode } from '../../domain/codes/short-code.ts';
import { keep, openPhone, standsAt, typeOnKeys, type Phone } from './agent-phone.ts';
import { browserNote, describeInBrowser, launchBrowser } from './browser.ts';
import { fakeAccount, KEY, openFakeUtility, type FakeUtility } from './fake-utility.ts';

const ana = fakeAccount(1, 'Ana Souza', [{ id: 'M-1', digits: 5, decimals: 0 }]);
const joao = fakeAccount(2, 'João da Silva', [
  { id: 'M-2', digits: 5, decimals: 3 },
  { id: 'M-3', digits: 4, decimals: 0 },
]);
const bakery = fakeAccount(3, 'Padaria Aurora', [{ id: 'M-4', digits: 6, decimals: 0 }]);

let browser: Browser;
let utility: FakeUtility;
let phone: Phone;
let page: Page;

const heading = async (name: string): Promise<void> => page.getByRole('heading', { name, exact: true }).waitFor();
const alertSays = async (words: string | RegExp): Promise<void> =>
  page.getByRole('alert').filter({ hasText: words }).waitFor();
const row = (sequence: number) => page.locator(`#readings li[data-sequence="${sequence}"]`);

async function read(view: string, digits: string): Promise<void> {
  await page.goto(`${utility.url}${view}`);
  await page.locator('#agent[data-view=entry] #drums .drum').first().waitFor();
  await typeOnKeys(page, digits);
  await keep(page);
}

describeInBrowser(`the meter reader's page${browserNote}`, () => {
  beforeAll(async () => {
    browser = await launchBrowser('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream');
  });
  afterAll(async () => browser?.close());
  beforeEach(async () => {
    utility = await openFakeUtility([ana, joao, bakery]);
    phone = await openPhone(browser, utility, { serviceWorkers: 'block' });
    page = await phone.openWithRound();
  });
  afterEach(async () => {
    await phone.close();
    await utility.close();
  });

  it('says what is wrong with a short code before anything else', async () => {
    const code = page.locator('#short-code');
    await code.fill(ana.shortCode.slice(0, 6));
    await page.getByRole('button', { name: 'Open' }).click();
    await alertSays('A code has nine characters. These are 5.');
    await code.fill(`U${ana.shortCode.slice(1)}`);
    await alertSays('U is in no code.');
    const other = ana.shortCode.startsWith('Z') ? 'Y' : 'Z';
    await code.fill(`${other}${ana.shortCode.slice(1)}`);
    await alertSays('one is wrong, or two have changed places');
    expect(await page.locator('#code-anyway').isVisible()).toBe(false);
  });

  it('keeps a reading of a right code outside the round only with the number of the meter', async () => {
    const code = spacedShortCode(shortCodeOfHash('00000000ffdeadbeef'));
    await page.locator('#short-code').fill(code);
    await alertSays(`${code} is a right code, but it is not in the round on this phone.`);
    await page.getByRole('link', { name: 'Keep a reading anyway' }).click();
    await heading(`Code ${code}`);
    await page.locator('#register').fill('120,5');
    await keep(page);
    await alertSays('Type the number that stands on the meter');
    await page.locator('#meter-id').fill('X-9');
    await keep(page);
    await standsAt(page, { refused: 1 });
    await page.goto(`${utility.url}#readings`);
    await row(1).getByText(`Code ${code}`).waitFor();
    expect(utility.uploads[0]?.readings).toMatchObject([{ meterId: 'X-9', value: '120.5' }]);
  });

  it('reads with the browser’s own reader where there is one, and looks past a code of somewhere else', async () => {
    await page.evaluate(`globalThis.BarcodeDetector = class {
      static async getSupportedFormats() { return ['qr_code']; }
      async detect() { return [{ rawValue: globalThis.inSight }]; }
    }; globalThis.inSight = '${bakery.printedCode.toLowerCase()}'`);
    await page.getByRole('link', { name: 'Scan the code' }).click();
    await page.getByText('This code is not in the round on this phone.').waitFor();
    expect(await page.getByRole('link', { name: 'Keep a reading anyway' }).isVisible()).toBe(true);
    await page.evaluate(`globalThis.inSight = '${bakery.printedCode}'`);
    await heading('Padaria Aurora');
    expect(await page.evaluate(`document.querySelector('#video').srcObject`)).toBeNull();
  });

  it('knows the register of a meter that is typed and stands in the round', async () => {
    await page.goto(`${utility.url}#outside/`);
    await page.locator('#meter-id').fill('M-4');
    await page.locator('#register').focus();
    await heading('Padaria Aurora');
    await typeOnKeys(page, '000777');
    await keep(page);
    await standsAt(page, { arrived: 1 });
    expect(utility.stored()).toMatchObject([{ meterId: 'M-4', value: '000777' }]);
  });

  it('takes as many digits as the register has, and goes on to the next meter of the account', async () => {
    await read('#account/A-2', '0012');
    await alertSays('These are 4 of 5 digits. Leading zeros count too.');
    await typeOnKeys(page, '345');
    await keep(page);
    await alertSays('Type all 3 digits after the point, or none of them.');
    await page.getByRole('button', { name: 'Take back a digit' }).click();
    await page.getByRole('button', { name: 'Take back a digit' }).click();
    await keep(page);
    await page.locator('#meters a[aria-current]', { hasText: 'M-3' }).waitFor();
    await standsAt(page, { arrived: 1 });
    expect(utility.stored()).toMatchObject([{ meterId: 'M-2', value: '00123' }]);
  });

  it('asks once whether a lower value is right', async () => {
    await read('#account/A-1', '00130');
    await heading('Whose meter is it?');
    await read('#account/A-1', '00120');
    await page.getByText('00120 is lower than 00130').waitFor();
    await page.getByRole('button', { name: 'No, type it again' }).click();
    await page.locator('#drums .drum:first-child[data-is=next]').waitFor();
    await typeOnKeys(page, '00120');
    await keep(page);
    await page.getByRole('button', { name: 'Yes, the register shows it' }).click();
    await standsAt(page, { arrived: 2 });
    expect(utility.stored().map(({ value }) => value)).toEqual(['00130', '00120']);
  });

  it('shows why a reading was refused, and lets a new one take its place', async () => {
    utility.state.refusal = {
      detail: 'See errors.',
      errors: [{ pointer: '/readings/0/readAt', detail: 'lies in the future' }],
    };
    await read('#account/A-1', '00120');
    await standsAt(page, { waiting: 0, refused: 1 });
    utility.state.refusal = undefined;
    await page.goto(`${utility.url}#readings`);
    await row(1).getByText('Time: lies in the future.').waitFor();
    await row(1).getByRole('link', { name: 'Correct no. 1' }).click();
    await typeOnKeys(page, '00120');
    await keep(page);
    await standsAt(page, { arrived: 1, refused: 0 });
    expect(utility.stored()).toMatchObject([{ sequence: 2, value: '00120' }]);
    expect(utility.stored()[0]?.corrects).toBeUndefined();
    expect(new Set(utility.uploads.map(({ key }) => key)).size).toBe(2);
  });

  it('corrects a reading that has arrived by a later one that names it, of the same moment', async () => {
    await read('#account/A-1', '00130');
    await standsAt(page, { arrived: 1 });
    await page.goto(`${utility.url}#readings`);
    await row(1).getByRole('link', { name: 'Correct no. 1' }).click();
    await page.getByText('In the place of 00130').waitFor();
    await typeOnKeys(page, '00120');
    await keep(page);
    await standsAt(page, { arrived: 2 });
    const [wrong, right] = utility.stored();
    expect(right).toEqual({
      ...wrong,
      sequence: 2,
      value: '00120',
      corrects: { deviceId: wrong?.deviceId, sequence: 1 },
    });
    await page.goto(`${utility.url}#readings`);
    await row(1).getByText('Replaced by no. 2.').waitFor();
  });

  it('keeps everything and says so while the API refuses the whole of it', async () => {
    utility.state.refusal = { detail: 'the day is closed' };
    await read('#account/A-1', '00120');
    await page.goto(`${utility.url}#readings`);
    await page.getByText('The day is closed. It is tried again by itself; nothing is lost.').waitFor();
    await standsAt(page, { waiting: 1 });
    utility.state.refusal = undefined;
    await page.getByRole('button', { name: 'Send now' }).click();
    await standsAt(page, { waiting: 0, arrived: 1 });
    expect(new Set(utility.uploads.map(({ key }) => key)).size).toBe(1);
  });

  it('keeps a photo on the phone and sends its fingerprint', async () => {
    const buffer = Buffer.from('not really a picture');
    await page.goto(`${utility.url}#account/A-1`);
    await page.locator('#photo').setInputFiles({ name: 'register.jpg', mimeType: 'image/jpeg', buffer });
    await page.getByText('This photo stays on this phone and is not sent.').waitFor();
    await typeOnKeys(page, '00120');
    await keep(page);
    await standsAt(page, { arrived: 1 });
    const photoSha256 = createHash('sha256').update(buffer).digest('hex');
    expect(utility.stored()).toMatchObject([{ value: '00120', photoSha256 }]);
    await page.goto(`${utility.url}#readings`);
    await row(1).getByRole('button', { name: 'Photo' }).click();
    await row(1).locator('img[src^=blob]').waitFor({ state: 'attached' });
  });

  it('asks for a key once, and again when it is no longer taken', async () => {
    utility.state.handsOutKey = false;
    utility.state.keys = ['rk_next'];
    await read('#account/A-1', '00120');
    await page.getByText('Relink does not take the key of this phone any more.').waitFor();
    await page.locator('#api-key').fill(` ${KEY} `);
    await page.getByRole('button', { name: 'Set up this phone' }).click();
    await page.locator('#agent[data-view=setup]').waitFor();
    await page.locator('#api-key').fill('rk_next');
    await page.getByRole('button', { name: 'Set up this phone' }).click();
    await standsAt(page, { waiting: 0, arrived: 1 });
    expect(utility.stored()).toMatchObject([{ sequence: 1, value: '00120' }]);
  });

  it('keeps the round from before whole when the next one breaks off', async () => {
    utility.state.pages = 1;
    await page.goto(`${utility.url}#round`);
    await page.getByRole('button', { name: 'Take along' }).click();
    await alertSays('It is too much. The round from before is still here, whole.');
    await page.goto(`${utility.url}#find`);
    expect(await page.locator('#progress-words').textContent()).toBe('0 of 3 accounts read on this round');
  });

  it('offers the round that it has, and says at once that none is to be had without a network', async () => {
    await page.goto(`${utility.url}#round`);
    await page.locator('#batch').selectOption({ index: 1 });
    await page.getByRole('button', { name: 'Take along' }).click();
    await page.locator('#agent[data-view=find]').waitFor();
    await page.reload();
    await page.locator('#progress-words').waitFor();
    await phone.context.setOffline(true);
    await page.getByRole('link', { name: 'Round', exact: true }).click();
    await page.locator('#batch option:checked', { hasText: 'Centro' }).waitFor({ state: 'attached' });
    expect(await page.locator('#batch').inputValue()).toBe('b1');
    await page.getByRole('button', { name: 'Take along' }).click();
    await alertSays('There is no network now. The round from before is still here, whole.');
    await phone.context.setOffline(false);
  });

  it('works with its key until another one is set', async () => {
    await page.goto(`${utility.url}#round`);
    await page.getByRole('link', { name: 'Use another key' }).click();
    await page.getByRole('heading', { name: 'Another key' }).waitFor();
    expect(await page.locator('#setup-because').textContent()).toMatch(/The readings that are on it stay\.$/);
    await page.getByRole('link', { name: 'Keep the key that is here' }).click();
    await page.locator('#agent[data-view=round]').waitFor();
  });

  it('is no wider than a phone of 390 pixels, and needs nothing from elsewhere', async () => {
    const asked: string[] = [];
    phone.context.on('request', (request) => asked.push(new URL(request.url()).origin));
    for (const view of ['#find', '#account/A-2', '#outside/', '#scan', '#readings', '#round', '#setup']) {
      await page.goto(`${utility.url}${view}`);
      await page.reload();
      await page.locator('.view:visible').waitFor();
      expect([view, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([view, 390]);
    }
    expect(new Set(asked)).toEqual(new Set([new URL(utility.url).origin]));
    const { headers } = await fetch(utility.url);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self'; style-src 'self';/);
  });
});

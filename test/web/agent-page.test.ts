/**
 * The meter reader's page where there is no network, and when it comes back: nothing is lost, and nothing counts twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { keep, numbersOf, openPhone, standsAt, typeOnKeys, type Phone } from './agent-phone.ts';
import { browserNote, describeInBrowser, launchBrowser } from './browser.ts';
import { cameraArguments } from './camera-film.ts';
import { fakeAccount, openFakeUtility, type FakeUtility } from './fake-utility.ts';
import { eventually } from '../limits/until.ts';

const ana = fakeAccount(1, 'Ana Souza', [{ id: 'M-1', digits: 5, decimals: 0 }]);
const joao = fakeAccount(2, 'João da Silva', [{ id: 'M-2', digits: 5, decimals: 3 }]);
const bakery = fakeAccount(3, 'Padaria Aurora', [{ id: 'M-3', digits: 6, decimals: 0 }]);

let folder: string;
let browser: Browser;
let utility: FakeUtility;
let phone: Phone;

/** Whether the worker of this version has come, and no other one is on its way. */
const hasTaken = (version: string): string => `(async () => {
  const { installing, waiting } = await navigator.serviceWorker.getRegistration('/agent');
  return (await caches.has('relink-agent ${version}')) && installing === null && waiting === null;
})()`;

const sequences = (): number[] => utility.uploads.flatMap(({ readings }) => readings.map(({ sequence }) => sequence));

describeInBrowser(`the meter reader's page without a network${browserNote}`, () => {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'relink-camera-'));
    browser = await launchBrowser(...cameraArguments(folder, bakery.printedCode));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    utility = await openFakeUtility([ana, joao, bakery]);
    phone = await openPhone(browser, utility);
  });
  afterEach(async () => {
    await phone.close();
    await utility.close();
  });

  it('takes a round along, keeps readings by short code, search and camera, and sends each once', async () => {
    let page = await phone.openWithRound();
    await phone.noNetwork();
    await page.reload();
    await page.getByText('0 of 3 accounts read').waitFor();
    await page.locator('#network[data-is=offline]').waitFor();

    const typed = ana.shortCode.toLowerCase();
    await page.locator('#short-code').fill(`${typed.slice(0, 3)} ${typed.slice(3)}`);
    await page.getByRole('heading', { name: 'Ana Souza' }).waitFor();
    await typeOnKeys(page, '00120');
    await keep(page);
    await page.locator('#search').fill('joao aguas');
    await page.getByRole('link', { name: /João da Silva/ }).click();
    await typeOnKeys(page, '00007123');
    await keep(page);
    await page.getByRole('link', { name: 'Scan the code' }).click();
    await page.getByRole('heading', { name: 'Padaria Aurora' }).waitFor();
    await page.keyboard.type('012345');
    await page.keyboard.press('Enter');
    await page.getByText('3 of 3 accounts read').waitFor();
    await standsAt(page, { waiting: 3, arrived: 0 });
    await page.close();

    utility.state.losesAnswers = 1;
    await phone.network();
    page = await phone.open('#readings');
    await page.locator('#network:not([data-is=sending])').waitFor();
    await page.getByRole('button', { name: 'Send now' }).click();
    await standsAt(page, { waiting: 0, arrived: 3, refused: 0 });
    const [lost, repeat, ...others] = utility.uploads;
    expect(others).toEqual([]);
    expect(repeat).toEqual(lost);
    expect(lost?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(utility.stored().map(({ sequence, meterId, value }) => [sequence, meterId, value])).toEqual([
      [1, 'M-1', '00120'],
      [2, 'M-2', '00007.123'],
      [3, 'M-3', '012345'],
    ]);
    expect(new Set(utility.stored().map(({ deviceId }) => deviceId)).size).toBe(1);
  });

  it('has no number twice and none left out when pages end in the middle of keeping', async () => {
    const first = await phone.openWithRound();
    await phone.noNetwork();
    for (const [writes, value] of ['00001', '00002', '00003', '00004', '00005', '00006'].entries()) {
      const page = await phone.open('#account/A-1');
      await page.locator('#register').fill(value);
      await page.evaluate(`let left = ${writes};
        for (const name of ['put', 'add']) {
          const write = IDBObjectStore.prototype[name];
          IDBObjectStore.prototype[name] = function (...of) {
            if (left-- <= 0) throw new Error('the page ends here');
            return write.apply(this, of);
          };
        }`);
      await keep(page);
      await page.locator('#toast:visible, #entry-problem:visible').first().waitFor();
      await page.close();
    }
    for (const value of ['00007', '00008', '00009', '00010']) {
      const page = await phone.open('#account/A-1');
      await page.locator('#register').fill(value);
      const click = page.locator('#keep').dispatchEvent('click');
      // Both are under way at once: which comes first is not for the test to say.
      await Promise.all([click.catch(() => undefined), page.close()]);
    }
    await first.goto(`${utility.url}#account/A-1`);
    await typeOnKeys(first, '00011');
    await keep(first);
    await first.locator('#agent[data-view=find]').waitFor();
    const { numbers, last } = await numbersOf(phone.context);
    expect(numbers).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    expect(last).toBeGreaterThanOrEqual(3);
    await phone.network();
    await standsAt(first, { waiting: 0, arrived: last });
    expect(sequences()).toEqual(numbers);
  });

  it('sends what two tabs have kept once, whichever of them does it', async () => {
    const tabs = [await phone.openWithRound(), await phone.open()];
    await phone.noNetwork();
    for (const [at, tab] of tabs.entries()) {
      await tab.bringToFront();
      await tab.goto(`${utility.url}#account/A-${at + 1}`);
      await typeOnKeys(tab, '00100');
      await keep(tab);
      await tab.locator('#agent[data-view=find]').waitFor();
    }
    await phone.network();
    await Promise.all(tabs.map(async (tab) => standsAt(tab, { waiting: 0, arrived: 2 })));
    expect(sequences()).toEqual([1, 2]);
  });

  it('sends 501 readings in two portions, each under its own key', async () => {
    const page = await phone.openWithRound();
    await phone.noNetwork();
    await page.evaluate(`(async () => {
      const { keepReading } = await import('/agent/${utility.version()}/meter-reader/readings.js');
      for (let at = 0; at < 501; at += 1) await keepReading({ meterId: 'M-1', value: '00120', holder: 'Ana Souza' });
    })()`);
    await phone.network();
    await standsAt(page, { waiting: 0, arrived: 501 });
    expect(utility.uploads.map(({ readings }) => readings.length)).toEqual([500, 1]);
    expect(new Set(utility.uploads.map(({ key }) => key)).size).toBe(2);
  });

  it('opens a new version at the next visit, whole, and forgets the one before', async () => {
    const page = await phone.openWithRound();
    const before = utility.version();
    const after = 'f'.repeat(16);
    await utility.goAway();
    await utility.comeBack(after);
    await page.reload();
    const kept = async (): Promise<string[]> => page.evaluate('caches.keys()');
    await eventually(async () => (await page.evaluate(hasTaken(after))) === true);
    await phone.noNetwork();
    await page.reload();
    await page.locator(`script[src="/agent/${after}/meter-reader/agent.js"]`).waitFor({ state: 'attached' });
    await page.getByText('0 of 3 accounts read').waitFor();
    await eventually(async () => !(await kept()).includes(`relink-agent ${before}`));
    expect(await kept()).toEqual([`relink-agent ${after}`]);
  });
});

/** The page for bills in a real browser, with a utility behind it that is played in memory. */
import type { Browser, Page } from 'playwright-core';
import { openFakeBilling, type FakeBilling } from './fake-billing.ts';
import { LIMIT_MS } from '../limits/limits.ts';

export interface BrowserDesk {
  readonly page: Page;
  readonly utility: FakeBilling;
  /** Fails where the page has complained. */
  close(): Promise<void>;
}

interface DeskOptions {
  readonly view?: string;
  readonly handsOutKey?: boolean;
}

export async function openDesk(
  browser: Browser,
  { view = '', handsOutKey = true }: DeskOptions = {},
): Promise<BrowserDesk> {
  const utility = await openFakeBilling({ handsOutKey });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, timezoneId: 'UTC' });
  const complaints: string[] = [];
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself notes every 4xx and 5xx; those are part of the tests.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
  });
  await page.goto(`${utility.url}${view}`);
  if (handsOutKey) await page.locator('#connection[data-is=live]').waitFor();
  return {
    page,
    utility,
    async close() {
      await page.close();
      utility.close();
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('; ')}`);
    },
  };
}

/** A file that is chosen; what it is named says nothing about its type. */
export function fileOf(text: string, name = 'a file') {
  return { name, mimeType: '', buffer: Buffer.from(text) };
}

export async function sendReadings(page: Page): Promise<void> {
  await page.locator('#readings-file').setInputFiles(fileOf('deviceId,sequence\n', 'phone-7.csv'));
  await page.getByRole('button', { name: 'Send the readings' }).click();
  await page.locator('#outcome-rows tr').first().waitFor();
}

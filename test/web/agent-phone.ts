/** A meter reader's phone: one browser with its own memory, in which pages are opened and closed. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { FakeUtility } from './fake-utility.ts';
import { LIMIT_MS } from '../limits/limits.ts';

export type Phone = Awaited<ReturnType<typeof openPhone>>;

/** Without service workers a phone needs the network for the page itself; where that is there, tests are quicker so. */
export async function openPhone(
  browser: Browser,
  utility: FakeUtility,
  { serviceWorkers = 'allow' }: { readonly serviceWorkers?: 'allow' | 'block' } = {},
) {
  const context = await browser.newContext({ viewport: { width: 390, height: 740 }, serviceWorkers });
  context.setDefaultTimeout(LIMIT_MS);
  const complaints: string[] = [];

  const open = async (view = ''): Promise<Page> => {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself notes every 401 and every cut connection; those are part of the tests.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
    });
    await page.goto(`${utility.url}${view}`);
    return page;
  };

  return {
    context,
    complaints,
    open,
    /** With every account on the phone, and where there can be, the page's own files. */
    openWithRound: async (): Promise<Page> => {
      const page = await open('#round');
      if (serviceWorkers === 'allow') await page.getByText('This page is kept on the phone').waitFor();
      await page.getByRole('button', { name: 'Take along' }).click();
      await page.locator('#agent[data-view=find]').waitFor();
      return page;
    },
    /** Neither the phone nor what it would call is there. */
    noNetwork: async (): Promise<void> => {
      await context.setOffline(true);
      await utility.goAway();
    },
    network: async (): Promise<void> => {
      await utility.comeBack();
      await context.setOffline(false);
    },
    close: async (): Promise<void> => {
      await context.close();
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('; ')}`);
    },
  };
}

/** On the page's own keys. */
export async function typeOnKeys(page: Page, digits: string): Promise<void> {
  for (const digit of digits) {
    // One key after the other.
    // oxlint-disable-next-line no-await-in-loop
    await page.locator(`#keypad [data-key="${digit}"]`).click();
  }
}

export async function keep(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Keep this reading' }).click();
}

export async function standsAt(page: Page, counts: Partial<Record<'waiting' | 'arrived' | 'refused', number>>) {
  for (const [name, count] of Object.entries(counts)) {
    // Each is waited for until it is so.
    // oxlint-disable-next-line no-await-in-loop
    await page.locator(`.figure[data-is=${name}]`, { hasText: new RegExp(`^\\s*${count}\\s`) }).waitFor();
  }
}

/** What the phone's memory holds under its numbers, and the last number given. */
export async function numbersOf(context: BrowserContext): Promise<{ numbers: number[]; last: number }> {
  const [page] = context.pages();
  if (page === undefined) throw new Error('a page has to be open');
  return page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('relink-agent');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const stores = opening.result.transaction(['readings', 'settings']);
      const numbers = stores.objectStore('readings').getAllKeys();
      const last = stores.objectStore('settings').get('sequence');
      stores.oncomplete = () => {
        opening.result.close();
        resolve({ numbers: numbers.result, last: last.result ?? 0 });
      };
    };
  })`);
}

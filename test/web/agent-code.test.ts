/** The page proves a short code by itself, without a network, and says the same of it as the API. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { parseShortCode, SHORT_CODES, shortCode, spacedShortCode } from '../../domain/codes/short-code.ts';
import { SeededRandom } from '../support/chance.ts';
import { browserNote, describeInBrowser, launchBrowser } from './browser.ts';
import { openFakeUtility, type FakeUtility } from './fake-utility.ts';

const KEYS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz-–— .*Ç٣😀';

let browser: Browser;
let utility: FakeUtility;
let page: Page;

/** Written anyhow, and often wrong: a character another one, two in each other's place, one too few or too many. */
function typedCodes(): readonly string[] {
  const chance = new SeededRandom('codes that are typed');
  const one = (): string => Array.from(KEYS)[chance.between(0, Array.from(KEYS).length - 1)] ?? '';
  return Array.from({ length: 1_000 }, (_, number) => {
    const code = shortCode(BigInt(Math.floor(chance.share() * Number(SHORT_CODES))));
    const at = chance.between(0, 8);
    const [before, after] = [code.slice(0, at), code.slice(at)];
    const ways = [
      code,
      spacedShortCode(code).toLowerCase(),
      `${before}${one()}${after.slice(1)}`,
      `${before}${one()}${after}`,
      `${before}${after.slice(1)}`,
      `${before}${after.charAt(1)}${after.charAt(0)}${after.slice(2)}`,
      code.replaceAll('0', 'O').replaceAll('1', 'l'),
    ];
    return ways[number % ways.length] ?? code;
  });
}

describeInBrowser(`a short code on the meter reader's page${browserNote}`, () => {
  beforeAll(async () => {
    browser = await launchBrowser();
    utility = await openFakeUtility([]);
    page = await browser.newPage();
    await page.goto(`${utility.url}/sw.js`);
  });
  afterAll(async () => {
    await browser?.close();
    await utility?.close();
  });

  it('is judged as the API judges it, 1,000 times', async () => {
    const typed = typedCodes();
    const judged = await page.evaluate<readonly (string | undefined)[]>(`(async () => {
      const { judgeShortCode } = await import('/agent/${utility.version()}/meter-reader/short-code.js');
      return ${JSON.stringify(typed)}.map((one) => {
        const judged = judgeShortCode(one);
        return judged.ok ? judged.code : judged.error;
      });
    })()`);
    const expected = typed.map((one) => {
      const parsed = parseShortCode(one);
      return parsed.ok ? parsed.code : parsed.error;
    });
    expect(judged).toEqual(expected);
    expect(new Set(expected.filter((one) => /^[a-z]+$/.test(one)))).toEqual(new Set(['length', 'character', 'check']));
    expect(expected.filter((one) => /^[0-9A-Z]{9}$/.test(one)).length).toBeGreaterThan(400);
  });

  it('is written in groups of three, as the bill writes it', async () => {
    const spaced = await page.evaluate(
      `import('/agent/${utility.version()}/meter-reader/short-code.js').then((codes) => codes.spacedShortCode('K7Q42P9XC'))`,
    );
    expect(spaced).toBe('K7Q-42P-9XC');
  });
});

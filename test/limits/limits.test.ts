/** Limits of tests stand in one place (test/limits/limits.ts), and no test says how fast a machine has to be. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { limitsIn } from './limit-rules.ts';

const root = path.resolve(import.meta.dirname, '../..');

const said = (text: string): string => limitsIn({ path: 'test/some.test.ts', text }).join('\n');

describe('the tests', () => {
  it('have no limits of their own', () => {
    const files = readdirSync(path.join(root, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({ path: `test/${name.split(path.sep).join('/')}`, name }));
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) =>
      limitsIn({ path: file.path, text: readFileSync(path.join(root, file.path), 'utf8') }),
    );
    expect(found).toEqual([]);
  });
});

describe('a planted limit is caught', () => {
  it.each([
    ["it('works', async () => {}, 60_000);", 'it has a limit'],
    ["it.each([1, 2])('works', () => {}, 2 * LIMIT);", 'it has a limit'],
    ["it.each<Server>([1])(\n  'works',\n  () => {},\n  60_000,\n);", 'it has a limit'],
    ["it.only('works', () => {}, 1);", 'it has a limit'],
    ['afterAll(async () => shop.close(), 30_000);', 'afterAll has a limit'],
    ['jest.setTimeout(1);', 'sets the limit'],
    ['page.setDefaultTimeout(10_000);', 'has a timeout'],
    ["spawnSync('x', [], { timeout: 20_000 });", 'has a timeout'],
    ['await fetch(url, { signal: AbortSignal.timeout(5_000) });', 'gives an answer a limit'],
    ['while (Date.now() < deadline) await look();', 'waits or judges by a clock'],
    ['if (performance.now() - began > 500) throw new Error();', 'waits or judges by a clock'],
    ['expect(performance.now() - began).toBeLessThan(2_000);', 'how fast a machine'],
  ])('%s', (text, reason) => {
    expect(said(text)).toContain(reason);
  });

  it('and what tests may say is none', () => {
    expect(said("it.each([['a', 1, 2]])('%s', (name, one, two) => {});")).toBe('');
    expect(said("bank.control('faults', { timeout: 'after' });")).toBe('');
    expect(said('page.setDefaultTimeout(LIMIT_MS);')).toBe('');
    expect(said('const expiresAt = new Date(Date.now() + 60_000);')).toBe('');
  });
});

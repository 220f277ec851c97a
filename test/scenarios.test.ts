/** docs/scenarios.md names a test for each scenario: here the names are looked up. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '..');
const MONEY = [2, 3, 4, 5, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 44, 45];

function rows(): readonly { readonly number: number; readonly file: string; readonly title: string }[] {
  const text = readFileSync(path.join(root, 'docs/scenarios.md'), 'utf8');
  return [...text.matchAll(/^\| (\d+) +\|[^|]+\| `([^`]+)` › (.+?) +\|$/gm)].map(
    ([, number, file = '', title = '']) => ({
      number: Number(number),
      file,
      title,
    }),
  );
}

describe('the table of scenarios', () => {
  it('names a test for every scenario that concerns money', () => {
    expect([...new Set(rows().map(({ number }) => number))]).toEqual(MONEY);
  });

  it.each(rows().map(({ number, file, title }) => [`${number}: ${title}`, file, title] as const))(
    '%s, in %s, is there',
    (_, file, title) => {
      const there = path.join(root, file);
      expect(existsSync(there)).toBe(true);
      expect(readFileSync(there, 'utf8')).toContain(title);
    },
  );
});

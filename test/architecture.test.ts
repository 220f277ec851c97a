/**
 * The folders are the architecture: this reads the tree, and fails on any import, name or size that the design refuses.
 */
import { describe, expect, it } from '@jest/globals';
import { violationsBetween, violationsIn } from './support/tree/architecture.ts';
import { exportsOf, unusedExports } from './support/tree/exports.ts';
import { importsOf } from './support/tree/imports.ts';
import { sourceFiles } from './support/tree/files.ts';

const files = sourceFiles();

function breaks(file: string, text: string): string {
  return violationsIn({ path: file, text }).join('\n');
}

describe('the source tree', () => {
  it('keeps every rule of the design', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((file) => violationsIn(file))).toEqual([]);
    expect(violationsBetween(files)).toEqual([]);
  });

  it('exports nothing that only its own file knows', () => {
    expect(unusedExports(files)).toEqual([]);
  });
});

describe('the reader of imports', () => {
  it('finds every form', () => {
    const text = [
      "import a from 'a';",
      'import { b,\n  c } from "b";',
      "import * as d from 'd';",
      "import 'e';",
      "import type { F } from 'f';",
      "export { g } from 'g';",
      "export * from 'h';",
      "const i = await import('i');",
      "type J = import('j').J;",
      "const k = require('k');",
      "import { type L } from 'l';",
      "/** import z from 'z'; */",
      "// import y from 'y';",
    ].join('\n');
    expect(
      importsOf(text)
        .map(({ specifier }) => specifier)
        .join(''),
    ).toBe('abdefghlijk');
    expect(importsOf(text).filter(({ typeOnly }) => typeOnly)).toEqual([{ specifier: 'f', typeOnly: true }]);
  });

  it('is not misled by an ordinary word', () => {
    expect(importsOf("export const from = 'nowhere';\nlog.import('x');\nconst important = 'y';")).toEqual([]);
  });
});

describe('the reader of exports', () => {
  it('finds every form', () => {
    const text = [
      'export const a = 1;',
      'export let b = 2;',
      'export async function c() {}',
      'export class d {}',
      'export interface e {}',
      'export type f = 1;',
      'export const { g, x: h } = z;',
      "export { i, y as j, type k } from './z.ts';",
      "export type { l } from './z.ts';",
      '// export const no = 1;',
      "const text = 'export const no = 1;';",
    ].join('\n');
    expect(exportsOf(text).toSorted().join('')).toBe('abcdefghijkl');
    expect(exportsOf('export default function start() {}')).toEqual(['default']);
  });

  it.each([
    "import { rate } from '../domain/rate.ts';",
    "import {\n  type other,\n  rate as price,\n} from '../domain/rate.ts';",
    "import type { rate } from '../domain/rate.ts';",
    "import other, { rate } from '../domain/rate.ts';",
    "import * as rates from '../domain/rate.ts';",
    "export { rate as price } from '../domain/rate.ts';",
    "const { rate } = await import('../domain/rate.ts');",
    "let price: import('../domain/rate.ts').rate;",
    "/** @import { rate } from '../domain/rate.ts' */",
  ])('takes %j for a use', (text) => {
    const owner = { path: 'domain/rate.ts', text: 'export const rate = 1;' };
    const unusedBeside = (user: string): string => unusedExports([owner, { path: user, text }]).join('\n');
    expect(unusedBeside('api/price.ts')).not.toContain('exports rate');
    expect(unusedBeside('api/deep/price.ts')).toContain('domain/rate.ts: exports rate');
  });
});

describe('a line', () => {
  const SQL_START = "const ROWS = `\n  ${of}, 'kind', ";
  /** So many characters of short words. */
  const words = (count: number): string => 'ab, '.repeat(count).slice(0, count);

  it.each<[string, number, (count: number) => string]>([
    ['a comment', 1, (count) => `// ${words(count - 3)}`],
    ['a comment in stars', 1, (count) => `/** ${words(count - 7)} */`],
    ['code', 1, (count) => `  call(${words(count - 9)});`],
    ['code, besides a string in it', 1, (count) => `  call('of a sale', ${words(count - 11)});`],
    ['SQL', 2, (count) => `const ROWS = \`\n  ${words(count - 2)}\n  from sale\`;`],
    ['SQL with a value and words in it', 2, (count) => `${SQL_START}${words(count - 17)}\n  from sale\`;`],
    ['what follows a pattern of quotes', 2, (count) => `const QUOTE = /[\`']/;\n// ${words(count - 3)}`],
  ])('of %s is caught at 121 characters, and not at 120', (_, line, text) => {
    const caught = `web/till.js: line ${line} is longer than 120 characters: break it`;
    expect(breaks('web/till.js', text(121))).toBe(caught);
    expect(breaks('web/till.js', text(120))).toBe('');
  });

  it.each([
    ['a string', `  const said = '${'ab, '.repeat(30)}';`],
    ['a text with values in it', `  const said = \`${'${ab}, '.repeat(30)}\`;`],
    ['a pattern', `  const form = /${'ab, '.repeat(30)}/;`],
    ['one word', `// https://example.com/${'ab'.repeat(60)}`],
  ])('may be longer for %s, which cannot be broken', (_, text) => {
    expect(breaks('api/server.ts', text)).toBe('');
  });
});

describe('a planted violation is caught', () => {
  it.each([
    ['domain/money/charge.ts', "import { z } from 'zod';"],
    ['domain/money/charge.ts', "import { readFileSync } from 'node:fs';"],
    ['domain/money/charge.ts', "import type { Config } from '../../config.ts';"],
    ['workflows/payment-link.ts', "import { createActivities } from '../activities/index.ts';"],
    ['workflows/payment-link.ts', "import { randomUUID } from 'node:crypto';"],
    ['workflows/payment-link.ts', "const zod = await import('zod');"],
    ['activities/links/link-request.ts', "import { messages } from '../../workflows/messages.ts';"],
    ['activities/links/link-request.ts', "import { readConfig } from '../../config.ts';"],
    ['providers/jpmorgan/client.ts', "import { createSimulator } from '../../simulator/simulator.ts';"],
    ['providers/jpmorgan/client.ts', "import pg from 'pg';"],
    ['db/links/link-rows.ts', "import { Client } from '@temporalio/client';"],
    ['api/links/views.ts', "import { paymentLink } from '../../workflows/payment-link.ts';"],
    ['api/links/views.ts', "import { settleRequest } from '../../activities/links/settle-request.ts';"],
    ['simulator/bank.ts', "import { createPool } from '../db/pool.ts';"],
    ['simulator/bank.ts', "export * from '../providers/provider.ts';"],
    ['simulator/bank.ts', "import { add } from '../domain/links/payment-link.ts';"],
    ['web/till.ts', "import { fromJson } from '../domain/money.ts';"],
    ['web/till.js', "import { createPool } from '../db/pool.ts';"],
    ['web/till.js', "import { amount } from '../api/http/schema-parts.ts';"],
    ['web/contract.ts', "import { type z, amount } from '../api/http/schema-parts.ts';"],
    ['web/contract.ts', "import type { Page } from '../db/read-pages.ts';"],
    ['config.ts', "import { createPool } from './db/pool.ts';"],
  ])('%s: %s', (file, text) => {
    expect(breaks(file, text)).toContain(`${file}: imports `);
  });

  it.each([
    ['domain/money/charge.ts', "import { transition } from '../links/payment-link.ts';", 'which is of links'],
    ['domain/money.ts', "import { charge } from './money/charge.ts';", 'which is of money'],
    ['domain/links/payment-link.ts', "import { rate } from '../billing/billing.ts';", 'which is of billing'],
    ['domain/codes/emv.ts', "import { charge } from '../money/charge.ts';", 'which is of money'],
    ['activities/links/settle.ts', "import { write } from '../../db/billing/bills.ts';", 'which is of billing'],
    ['api/billing/bill-handlers.ts', "import { x } from '../reconciliation/views.ts';", 'which is of reconciliation'],
    ['api/http/paging.ts', "import { linkJson } from '../links/views.ts';", 'which is of links'],
  ])('%s: %s', (file, text, reason) => {
    expect(breaks(file, text)).toContain(reason);
  });

  it('of a full folder, and of a circle', () => {
    const full = Array.from({ length: 26 }, (_, n) => ({ path: `api/links/v${n}.ts`, text: '' }));
    expect(violationsBetween(full)).toEqual(['api/links/: 26 files side by side, 25 are the most']);
    const there = { path: 'db/pool.ts', text: "import type { Call } from '../api/http/call.ts';" };
    const back = { path: 'api/server.ts', text: "import { createPool } from '../db/pool.ts';" };
    expect(violationsBetween([there, back]).join()).toContain('a circle of imports');
  });

  it.each([
    'export const rate = 1;',
    'export function rate() {}\nrate();',
    'export type rate = 1;',
    "export type { rate } from './kept.ts';",
  ])('of an export that nobody uses: %j', (text) => {
    const kept = { path: 'domain/kept.ts', text: 'export type rate = 1;' };
    const user = { path: 'test/kept.test.ts', text: "import { rate } from '../domain/kept.ts';" };
    const unused = 'domain/rate.ts: exports rate, which nobody imports: take the export off, or the thing itself';
    expect(unusedExports([kept, user, { path: 'domain/rate.ts', text }])).toEqual([unused]);
  });

  it.each([
    ['domain/utils.ts', '', 'its name says nothing'],
    ['api/common/time.ts', '', 'its name says nothing'],
    ['db/link-helpers.ts', '', 'its name says nothing'],
    ['api/links.ts', 'const port = process.env.PORT;', 'reads process.env'],
    ['domain/clock.ts', 'export const now = Date.now();', 'asks a clock'],
    ['domain/clock.ts', 'export const now = new Date();', 'asks a clock'],
    ['domain/chance.ts', 'export const id = Math.random();', 'asks a clock or chance'],
    ['api/links.ts', 'const a = 1;\n'.repeat(251), '251 lines of code'],
    ['somewhere/new.ts', '', 'a folder without a rule'],
    ['db/links/read-links.ts', "client.query<{ status: string }>('select status from payment_link')", 'trusts a row'],
    ['activities/attempt.ts', "await pool.query('select status from payment_link where true');", 'writes SQL'],
    ['worker/main.ts', 'await pool.query(`\n  update payment_link set status = $1`);', 'writes SQL'],
  ])('%s with %j', (file, text, reason) => {
    expect(breaks(file, text)).toContain(reason);
  });

  it('and what the design allows is not one', () => {
    expect(breaks('workflows/payment-link.ts', "import type { Activities } from '../activities/index.ts';")).toBe('');
    expect(breaks('domain/links/payment-link.ts', "import type { Bill } from '../billing/bill.ts';")).toBe('');
    expect(breaks('web/contract.ts', "import type * as s from '../api/links/schemas.ts';")).toBe('');
    expect(breaks('web/till.js', "/** @import { Amount } from '../api/http/schema-parts.ts' */")).toBe('');
    expect(breaks('activities/money/send-return.ts', "import { x } from '../../db/links/link-rows.ts';")).toBe('');
    expect(breaks('workflows/payment-link.ts', "import { proxyActivities } from '@temporalio/workflow';")).toBe('');
    expect(
      breaks('api/links.ts', "import { link } from '../workflows/messages.ts';\nimport express from 'express';"),
    ).toBe('');
    expect(breaks('api/links.ts', `${'const a = 1;\n'.repeat(250)}${'// why\n'.repeat(100)}`)).toBe('');
    expect(
      breaks('domain/clock.ts', '/** Never Date.now(). */ export const at = (now: number) => new Date(now);'),
    ).toBe('');
  });
});

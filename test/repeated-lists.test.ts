/**
 * A list of words has one owner: the `as const` list that domain/ or db/ exports. The schemas of the API are made of
 * these lists, so that a new word is documented and taken on the day it exists; one that is written again would stay
 * behind.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withoutComments } from './support/tree/imports.ts';

const root = path.resolve(import.meta.dirname, '..');

interface OwnedList {
  readonly name: string;
  readonly words: readonly string[];
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
}

async function ownedLists(): Promise<readonly OwnedList[]> {
  const files = ['domain', 'db'].flatMap(sourcesIn);
  const modules = await Promise.all(files.map(async (file) => (await import(path.join(root, file))) as object));
  return modules.flatMap((module) =>
    Object.entries(module).flatMap(([name, value]: readonly [string, unknown]) =>
      Array.isArray(value) && value.length > 1 && value.every((word) => typeof word === 'string')
        ? [{ name, words: value }]
        : [],
    ),
  );
}

/** Lists of a schema, and unions of a type: `z.enum(['a', 'b'])`, `z.literal(['a', 'b'])`, `'a' | 'b'`. */
function writtenLists(text: string): readonly (readonly string[])[] {
  const code = withoutComments(text);
  const schemas = [...code.matchAll(/\.\s*(?:enum|literal)\(\s*\[([^\]]*)\]/g)].map(([, inside = '']) => inside);
  const unions = [...code.matchAll(/'[^'\n]*'(?:\s*\|\s*'[^'\n]*')+/g)].map(([all]) => all);
  return [...schemas, ...unions].map((list) => [...list.matchAll(/'([^'\n]*)'/g)].map(([, word = '']) => word));
}

/** Two words in common are no accident: the whole list, a part of it, or one that has grown since. */
function repeats(file: string, text: string, owned: readonly OwnedList[]): readonly string[] {
  return writtenLists(text).flatMap((written) => {
    const owner = owned.find(({ words }) => words.filter((word) => written.includes(word)).length > 1);
    return owner === undefined ? [] : [`${file}: writes ${written.join(', ')} again; that is ${owner.name}`];
  });
}

describe('the schemas of the API', () => {
  it('write no list again that domain/ or db/ owns', async () => {
    const owned = await ownedLists();
    const files = sourcesIn('api');
    expect(owned.length).toBeGreaterThan(20);
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap((file) => repeats(file, readFileSync(path.join(root, file), 'utf8'), owned))).toEqual([]);
  });
});

describe('a list that is written again is caught', () => {
  const owned: readonly OwnedList[] = [{ name: 'LINK_STATUSES', words: ['opening', 'free', 'linked', 'retired'] }];

  it.each([
    ['whole', "z.enum(['opening', 'free', 'linked', 'retired'])"],
    ['in part', "status: z\n    .enum(['free', 'linked'])\n    .optional(),"],
    ['and more', "z.enum([\n  'opening',\n  'free',\n  'linked',\n  'retired',\n  'sold',\n])"],
    ['as a literal', "z.literal(['free', 'linked'])"],
    ['as a type', "readonly status: 'free' | 'linked' | undefined;"],
  ])('%s', (_, text) => {
    expect(repeats('api/links/schemas.ts', text, owned).join()).toContain('LINK_STATUSES');
  });

  it('and a word that two lists share is not one', () => {
    expect(repeats('api/schemas.ts', "z.enum(['ready', 'linked']); type A = 'free' | 'taken';", owned)).toEqual([]);
    expect(
      repeats('api/schemas.ts', "z.enum(LINK_STATUSES); const status = 'free';\n// 'free' | 'linked'", owned),
    ).toEqual([]);
  });
});

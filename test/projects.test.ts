/** Which tests start servers is read from their imports, never kept as a list. */
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectsOf } from './support/projects.js';

const root = path.resolve(import.meta.dirname, '..');
const { pure, served } = projectsOf(root);
const named = (files: readonly string[]) => files.map((file) => path.relative(root, file).split(path.sep).join('/'));

describe('the two projects of the suite', () => {
  it('hold every test once', () => {
    expect(pure.length).toBeGreaterThan(50);
    expect(served.length).toBeGreaterThan(50);
    expect(pure.filter((file) => served.includes(file))).toEqual([]);
  });

  it('serve what reaches a server through other files', () => {
    expect(named(served)).toEqual(
      expect.arrayContaining(['test/db/links/link-rows.test.ts', 'test/end-to-end/links/till.test.ts']),
    );
  });

  it('serve what asks for the address of one by itself', () => {
    expect(named(served)).toContain('test/embedded/start.test.ts');
  });

  it('start nothing for a test of the core', () => {
    expect(named(pure)).toEqual(expect.arrayContaining(['test/domain/money.test.ts', 'test/projects.test.ts']));
    expect(named(served).filter((file) => file.startsWith('test/domain/'))).toEqual([]);
  });
});

// Which tests need the servers of a run (test/support/global-setup.ts), read from the imports: whoever reaches one of
// the files that hand out the servers is served, everybody else starts at once. No list is kept by hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const HAND_OUT_SERVERS = ['test/support/database.ts', 'test/support/temporal.ts'];
const ITS_ADDRESS = /\bRELINK_TEST_(?:DATABASE_URL|TEMPORAL_ADDRESS)\b/;
const VALUE_IMPORT = /^(?:import|export)\s(?!type\b)(?:[^;'"]*?\sfrom\s+)?'(\.[^']+)'/gms;

/** @param {string} root */
export function projectsOf(root) {
  const files = filesIn(path.join(root, 'test'))
    .filter((file) => file.endsWith('.test.ts'))
    .toSorted();
  const ends = new Set(HAND_OUT_SERVERS.map((file) => path.join(root, file)));
  const known = new Map();
  const served = files.filter((file) => reaches(file, ends, known));
  return { served, pure: files.filter((file) => !served.includes(file)) };
}

/** @param {string} dir @returns {string[]} */
function filesIn(dir) {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/**
 * @param {string} first
 * @param {ReadonlySet<string>} ends
 * @param {Map<string, { readonly imports: readonly string[], readonly asks: boolean }>} known
 */
function reaches(first, ends, known) {
  const seen = new Set([first]);
  for (const file of seen) {
    if (ends.has(file)) return true;
    const { imports, asks } = known.get(file) ?? lookAt(file);
    known.set(file, { imports, asks });
    if (asks) return true;
    for (const next of imports) seen.add(next);
  }
  return false;
}

/** @param {string} file */
function lookAt(file) {
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(VALUE_IMPORT)].map(([, specifier = '']) =>
    path.join(path.dirname(file), specifier),
  );
  return { imports: imports.filter((name) => existsSync(name)), asks: ITS_ADDRESS.test(text) };
}

/** The imports of a source file, read from its text. Comments do not count, except the type imports of JSDoc. */
import path from 'node:path';

interface Import {
  readonly specifier: string;
  /** Vanishes before anything runs. `import { type A }` does not: Node takes out the name and loads the file. */
  readonly typeOnly: boolean;
}

/** Static, `export from`, dynamic, `import('…')` in types, require, and JSDoc's `@import`. */
export function importsOf(text: string): readonly Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  const statement = /(?<![.\w$])(?:import|export)\s+(type\s+)?(?:[\w$*\s{},]*?\sfrom\s*)?['"]([^'"\n]+)['"]/g;
  for (const [, type, specifier] of code.matchAll(statement)) {
    found.push({ specifier: specifier ?? '', typeOnly: type !== undefined });
  }
  for (const [, specifier] of code.matchAll(/(?<![.\w$])(?:import|require)\s*\(\s*['"`]([^'"`\n]+)['"`]/g)) {
    found.push({ specifier: specifier ?? '', typeOnly: false });
  }
  for (const [, specifier] of text.matchAll(/@import\s+\{[^}]*\}\s+from\s+'([^'\n]+)'/g)) {
    found.push({ specifier: specifier ?? '', typeOnly: true });
  }
  return found;
}

export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** A path from the root, a package's name, or `node:…`. */
export function targetOf(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(from), specifier);
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

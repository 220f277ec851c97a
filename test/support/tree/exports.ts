/** What files export and nobody imports, read from their texts. Tests are users like any other. */
import type { SourceFile } from './files.ts';
import { targetOf, withoutComments } from './imports.ts';

/**
 * Found by a name, a path or an address, not by an import: by Temporal, by Jest, by a page, by a process of its own.
 */
const FOUND_OTHERWISE = [
  'workflows/index.ts',
  'bench/bare-workflow.ts',
  'test/verify/other-workflow.ts',
  'embedded/install.mjs',
  'web/event-stream.js',
  'jest.config.js',
  'test/support/global-setup.ts',
  'test/support/global-teardown.ts',
  'test/support/closing-line-reporter.js',
];

const DECLARED =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type) (?:([\w$]+)|[{[]([^}\]]*)[}\]] =)/gm;
const LISTED = /^export (?:type )?\{([^}]*)\}/gm;

/** One sentence for each name that only its own file knows. */
export function unusedExports(files: readonly SourceFile[]): readonly string[] {
  const used = new Set(files.flatMap(({ path, text }) => usesOf(path, text)));
  return files
    .filter(({ path }) => !FOUND_OTHERWISE.includes(path))
    .flatMap(({ path, text }) =>
      exportsOf(text)
        .filter((name) => !used.has(`${path} ${name}`) && !used.has(`${path} *`))
        .map((name) => `${path}: exports ${name}, which nobody imports: take the export off, or the thing itself`),
    );
}

/** `default` for a default export. */
export function exportsOf(text: string): readonly string[] {
  const code = withoutComments(text);
  const declared = [...code.matchAll(DECLARED)].flatMap(([all, name, several]) => {
    if (all.startsWith('export default')) return [];
    return name === undefined ? namesIn(several ?? '').map(({ local }) => local) : [name];
  });
  const listed = [...code.matchAll(LISTED)].flatMap(([, names = '']) => namesIn(names).map(({ local }) => local));
  const others = /^export default\b/m.test(code) ? ['default'] : [];
  return [...new Set([...declared, ...listed, ...others])];
}

/** "domain/money.ts toJson", or "domain/money.ts *" for whoever takes a whole file. */
function usesOf(from: string, text: string): readonly string[] {
  const code = withoutComments(text);
  const named =
    /(?<![.\w$])(?:import|export)\s+(?:type\s+)?(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}\s*)?from\s*'([^'\n]+)'/g;
  const inComments = /@import\s+()\{([^}]*)\}\s+from\s+'([^'\n]+)'/g;
  const single = /(?<![.\w$])import\('([^'\n]+)'\)\.([\w$]+)/g;
  const uses = [...code.matchAll(named), ...text.matchAll(inComments)].flatMap(
    ([, other, names = '', specifier = '']) =>
      [...(other ? ['default'] : []), ...namesIn(names).map(({ foreign }) => foreign)].map(
        (name) => `${targetOf(from, specifier)} ${name}`,
      ),
  );
  const types = [...text.matchAll(single)].map(
    ([, specifier = '', name = '']) => `${targetOf(from, specifier)} ${name}`,
  );
  const whole = [...code.matchAll(/(?:\*(?:\s+as\s+[\w$]+)?\s+from\s*|(?<![.\w$])import\()'([^'\n]+)'(?!\)\.)/g)];
  return [...uses, ...types, ...whole.map(([, specifier = '']) => `${targetOf(from, specifier)} *`)];
}

/** `a, type B, c as d`: what they are called outside and inside of the braces. */
function namesIn(list: string): readonly { readonly foreign: string; readonly local: string }[] {
  return list
    .split(',')
    .map((name) => name.trim().replace(/^type\s+/, ''))
    .filter((name) => name !== '')
    .map((name) => {
      const [foreign = '', local = foreign] = name.split(/\s+as\s+|\s*:\s*/);
      return { foreign, local };
    });
}

/**
 * What the container image holds, read from the Dockerfile, and what each of its commands needs of it, found by
 * following imports and paths from the file that is started. A container engine would tell as much, later and on few
 * machines.
 */
import path from 'node:path';
import { importsOf, targetOf, withoutComments } from './imports.ts';

interface Image {
  /** Files and folders from the root of the project; each lies at the same place in the image. */
  readonly copied: readonly string[];
  readonly ignored: readonly string[];
  /** The file that each command starts. */
  readonly started: readonly string[];
}

interface Tree {
  /** Every file, from the root. */
  readonly files: readonly string[];
  readonly read: (file: string) => string;
}

export function imageOf(text: {
  readonly dockerfile: string;
  readonly compose: string;
  readonly ignore: string;
}): Image {
  const copies = [...text.dockerfile.matchAll(/^COPY (.+)$/gm)].map(([, words = '']) => words.split(/\s+/));
  const started = [...text.dockerfile.matchAll(/^CMD (.+)$/gm), ...commandsOfServices(text.compose)].map(
    ([, command = '']) => {
      const [program, file, ...rest] = command.replace(/[[\]"\s]/g, '').split(',');
      if (program !== 'node' || file === undefined || rest.length > 0) throw new Error(`not understood: ${command}`);
      return file;
    },
  );
  return {
    copied: copies.flatMap((words) => sourcesOf(words)),
    ignored: text.ignore.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    started: [...new Set(started)],
  };
}

/** `COPY folder folder`, or files into the root: what lies elsewhere in the image than here, no test could follow. */
function sourcesOf(words: readonly string[]): readonly string[] {
  const sources = words.slice(0, -1);
  const to = words.at(-1);
  const isPlain =
    to === './' ? sources.every((source) => source.includes('.')) : sources.length === 1 && sources[0] === to;
  if (!isPlain || sources.some((source) => source.startsWith('-')))
    throw new Error(`not understood: COPY ${words.join(' ')}`);
  return sources;
}

function commandsOfServices(compose: string): readonly RegExpExecArray[] {
  const services = compose.split(/^ {2}(?=[\w-]+:$)/m).filter((service) => service.includes('<<: *relink\n'));
  return services.flatMap((service) => [...service.matchAll(/^ {4}command: *(.*)$/gm)]);
}

function isInImage(image: Image, file: string): boolean {
  const holds = (entry: string): boolean => file === entry || file.startsWith(`${entry}/`);
  return image.copied.some(holds) && !image.ignored.some(holds);
}

/** What a command needs and does not find in the image, in plain words: files, folders, packages. */
export function missingFor(
  started: string,
  image: Image,
  tree: Tree,
  dependencies: readonly string[],
): readonly string[] {
  const seen = new Set<string>();
  const missing: string[] = [];

  function follow(need: Need, from: string): void {
    const { is, target } = need;
    if (is === 'package' && !dependencies.includes(target))
      missing.push(`${from} needs ${target}, which is no dependency`);
    if (is === 'unknown') missing.push(`${from} finds a file in a way that nobody can follow: ${target}`);
    if (is !== 'file' || seen.has(target)) return;
    seen.add(target);
    const isFile = tree.files.includes(target);
    if (!isFile && !tree.files.some((file) => file.startsWith(`${target}/`))) {
      missing.push(`${from} needs ${target}, which is not there`);
    } else if (!isInImage(image, target)) {
      missing.push(`${from} needs ${target}, which is not copied into the image`);
    } else if (isFile && /\.(ts|js|mjs)$/.test(target)) {
      for (const next of needsOf(target, tree.read(target))) follow(next, target);
    }
  }

  follow({ is: 'file', target: started }, 'the command');
  return missing;
}

interface Need {
  readonly is: 'file' | 'package' | 'unknown';
  /** From the root, or the package's name. */
  readonly target: string;
}

/** `path.join(import.meta.dirname, 'a', …)`, a file of a package by its name, and any other way to find a file. */
const PLACES =
  /path\.(?:join|resolve)\(import\.meta\.dirname((?:, '[^']*')*)|createRequire\(import\.meta\.url\)\.resolve\('([^']+)'\)|import\.meta\.(?:dirname|filename|url)/g;

function needsOf(file: string, text: string): readonly Need[] {
  const imported = importsOf(text).flatMap(({ specifier, typeOnly }): readonly Need[] => {
    if (typeOnly || specifier.startsWith('node:')) return [];
    return [{ is: specifier.startsWith('.') ? 'file' : 'package', target: targetOf(file, specifier) }];
  });
  const placed = [...withoutComments(text).matchAll(PLACES)].map(([all, joined, asked]): Need => {
    if (asked !== undefined) return { is: 'package', target: targetOf(file, asked) };
    if (joined === undefined) return { is: 'unknown', target: all };
    const parts = [...joined.matchAll(/'([^']*)'/g)].map(([, part = '']) => part);
    return { is: 'file', target: path.posix.join(path.posix.dirname(file), ...parts) };
  });
  // Whoever asks for the root wants the data of a laptop, which lies beside it.
  return [...imported, ...placed.filter(({ target }) => target !== '.')];
}

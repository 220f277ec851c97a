/**
 * What comments and documents cite: documents and their chapters, rules, invariants, decisions, paths and npm scripts.
 * One function finds all of it in a text and says of each citation whether the thing is there. It reads no file by
 * itself.
 */
import path from 'node:path';

export interface SourceText {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** The project as the citations are held against it. */
interface Tree {
  readonly files: readonly string[];
  /** Every document (`*.md`) with its text. */
  readonly documents: readonly SourceText[];
  /** The names of package.json's scripts. */
  readonly scripts: readonly string[];
  /** The names in .gitignore: what is made when the product runs, and is no part of the tree. */
  readonly ignored: readonly string[];
}

type CitationKind = 'document' | 'chapter' | 'rule' | 'invariant' | 'decision' | 'path' | 'script';

export interface Citation {
  readonly what: CitationKind;
  readonly cited: string;
  /** A sentence with the place and the reason; absent where the thing is there. */
  readonly missing?: string;
}

type CitationReader = (file: SourceText) => readonly Citation[];

interface CitedPlace {
  readonly what: CitationKind;
  readonly cited: string;
  readonly at: number;
  /** Why it is missing; undefined: it is there. */
  readonly because: string | undefined;
}

/** Applied migrations are never edited: what they cite by an older name is looked for under today's. */
const RENAMED: Readonly<Record<string, string>> = { 'payments-api': 'provider-contract' };
const MIGRATIONS = 'db/migrations/';
/** A decision tells of the tree as it was then, an applied migration too: their paths are history, the rest counts. */
const DECISIONS = 'docs/decisions/';

const DOCUMENT = /(?<![\w/{}*-])((?:[\w.-]+\/)*[\w-][\w.-]*\.md)\b/g;
const CHAPTER = /§([A-Z]\.\d+|\d+(?:\.\d+)*)/g;
const RULE = /(?<![\w.$-])F(\d{1,2})(?!\w|[:.]\d)/g;
const INVARIANT = /(?<![\w.$-])I(\d{1,2})(?!\w|[:.]\d)/g;
const DECISION = /\b[Dd]ecisions?\s+(?:\*\s+)?(\d{1,4}(?:(?:, | and | to )\d{1,4})*)/g;
const DECISION_FILE = /docs\/decisions\/(\d{4})(?![\w-]*\.md)/g;
const SCRIPT = /\bnpm run (?:--silent )?([a-z][\w:*-]*)/g;
const FILE_PATH = /(?<![\w/@{}$:.-])((?:[\w.-]+\/)+[\w.*-]+\.(?:ts|tsx|js|mjs|cjs|sql|yml|html|css))\b/g;
const SPAN = /(?<!`)`([^`\n]+)`(?!`)/g;
const LINK = /\]\(([^)\s]+)\)/g;

/** A chapter follows its document at once, or after other chapters of it. */
const AFTER_DOCUMENT = /([\w./-]+\.md)[\])`_*]*(?:[\s*,;]|--|and|to|§[\w.]+)*$/;
/** A standard of others has chapters of its own: "ISO/IEC 18004 §7.8.3". */
const AFTER_STANDARD = /\b(?:ISO|IEC|RFC|EMVCo)\b[\w/ -]*$/;

export function createCitationReader(tree: Tree): CitationReader {
  const law = lawOf(tree);
  return (file) => {
    const text = withoutAddresses(file.text);
    const seen = { ...file, text };
    return [
      ...documentsIn(seen, law),
      ...chaptersIn(seen, law),
      ...numbersIn(seen, law),
      ...pathsIn(seen, law),
      ...scriptsIn(seen, law),
    ].map(({ what, cited, at, because }) => {
      if (because === undefined) return { what, cited };
      const line = text.slice(0, at).split('\n').length;
      return { what, cited, missing: `${file.path}:${line}: cites ${cited}, and ${because}` };
    });
  };
}

interface Document {
  readonly chapters: ReadonlySet<string>;
  readonly headings: readonly string[];
}

interface CitationIndex extends Tree {
  readonly there: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  readonly tops: ReadonlySet<string>;
  readonly documentAt: ReadonlyMap<string, Document>;
  readonly rules: ReadonlySet<string>;
  readonly invariants: ReadonlySet<string>;
  readonly decisions: ReadonlySet<string>;
}

function lawOf(tree: Tree): CitationIndex {
  const there = new Set<string>();
  for (const file of tree.files) {
    for (let at = file; at !== '.'; at = path.posix.dirname(at)) there.add(at);
  }
  const textOf = (name: string): string => tree.documents.find((one) => one.path === name)?.text ?? '';
  const numbers = (text: string, each: RegExp): Set<string> => new Set([...text.matchAll(each)].map(([, n = '']) => n));
  return {
    ...tree,
    there,
    names: new Set(tree.files.map((file) => path.posix.basename(file))),
    tops: new Set(tree.files.flatMap((file) => (file.includes('/') ? [file.slice(0, file.indexOf('/'))] : []))),
    documentAt: new Map(tree.documents.map(({ path: at, text }) => [at, documentOf(text)])),
    rules: numbers(textOf('docs/protocol.md'), /^#+ F(\d+) /gm),
    invariants: numbers(textOf('docs/invariants.md'), /^\| I(\d+) +\|/gm),
    decisions: numbers(tree.files.join('\n'), /^docs\/decisions\/0*(\d+)-[\w-]+\.md$/gm),
  };
}

function documentOf(text: string): Document {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  const chapters = headings.flatMap((heading) => /^([A-Z]\.\d+|\d+(?:\.\d+)*)\.? /.exec(heading)?.[1] ?? []);
  return { headings, chapters: new Set(chapters) };
}

function withoutAddresses(text: string): string {
  return text.replace(/\bhttps?:\/\/[^\s)>"'`]+/g, (address) => ' '.repeat(address.length));
}

/** By its path, or by its bare name in docs/, in docs/decisions/ or in the root; undefined: there is none. */
function resolveDocument(name: string, from: string, { documentAt }: CitationIndex): string | undefined {
  const title = name.replace(/\.md$/, '');
  const today = `${from.startsWith(MIGRATIONS) ? (RENAMED[title] ?? title) : title}.md`;
  const beside = path.posix.join(path.posix.dirname(from), today);
  return [beside, today, `docs/${today}`, `${DECISIONS}${today}`].find((candidate) => documentAt.has(candidate));
}

function documentsIn({ path: from, text }: SourceText, law: CitationIndex): readonly CitedPlace[] {
  return [...text.matchAll(DOCUMENT)].map((match) => {
    const cited = match[1] ?? '';
    const isThere = resolveDocument(cited, from, law) !== undefined;
    return { what: 'document', cited, at: match.index, because: isThere ? undefined : 'there is no such document' };
  });
}

function chaptersIn({ path: from, text }: SourceText, law: CitationIndex): readonly CitedPlace[] {
  return [...text.matchAll(CHAPTER)].flatMap((match): readonly CitedPlace[] => {
    const [cited, number = ''] = match;
    const before = text.slice(Math.max(0, match.index - 200), match.index);
    if (AFTER_STANDARD.test(before)) return [];
    const found = { what: 'chapter', at: match.index } as const;
    const named = AFTER_DOCUMENT.exec(before)?.[1];
    const document = named === undefined ? ofItself(from) : resolveDocument(named, from, law);
    if (named === undefined && document === undefined) return [{ ...found, cited, because: 'no document before it' }];
    const whole = `${named ?? from} ${cited}`;
    // A document that is not there is said once, where it is cited.
    const known = document === undefined ? undefined : law.documentAt.get(document);
    if (known === undefined) return [];
    if (!known.chapters.has(number)) return [{ ...found, cited: whole, because: 'it has no such chapter' }];
    const [, flow] = /^, ([A-Z]\w+)\b/.exec(text.slice(match.index + cited.length)) ?? [];
    const isThere = flow === undefined || known.headings.includes(flow);
    return [{ ...found, cited: whole, because: isThere ? undefined : `it has no heading ${flow}` }];
  });
}

function ofItself(from: string): string | undefined {
  return from.endsWith('.md') ? from : undefined;
}

function numbersIn({ text }: SourceText, { rules, invariants, decisions }: CitationIndex): readonly CitedPlace[] {
  const each = (
    pattern: RegExp,
    what: CitationKind,
    known: ReadonlySet<string>,
    because: string,
  ): readonly CitedPlace[] =>
    [...text.matchAll(pattern)].flatMap((match) =>
      [...(match[1] ?? '').matchAll(/\d+/g)].map(([number]) => {
        const isThere = known.has(String(Number(number)));
        return { what, cited: match[0], at: match.index, because: isThere ? undefined : because };
      }),
    );
  return [
    ...each(RULE, 'rule', rules, 'docs/protocol.md has no such rule'),
    ...each(INVARIANT, 'invariant', invariants, 'docs/invariants.md has no such invariant'),
    ...each(DECISION, 'decision', decisions, 'docs/decisions/ has none of that number'),
    ...each(DECISION_FILE, 'decision', decisions, 'docs/decisions/ has none of that number'),
  ];
}

/** Whole paths in comments and documents, and what a document says in backticks or links to. */
function pathsIn(file: SourceText, law: CitationIndex): readonly CitedPlace[] {
  const { path: from } = file;
  if (from.startsWith(DECISIONS) || from.startsWith(MIGRATIONS)) return [];
  const isDocument = from.endsWith('.md');
  const text = isDocument ? file.text : commentsOf(file);
  const found: CitedPlace[] = [];
  const add = (cited: string, at: number, isThere: boolean, because = 'there is no such file'): void =>
    void found.push({ what: 'path', cited, at, because: isThere ? undefined : because });
  for (const { 1: cited = '', index } of text.matchAll(FILE_PATH)) add(cited, index, isPathThere(cited, from, law));
  for (const { 1: span = '', index } of text.matchAll(SPAN)) {
    const isThere = isDocument ? isSpanThere(span, law) : isNameThere(span, law);
    if (isThere !== undefined) add(span, index, isThere);
  }
  if (!isDocument) return found;
  for (const { 1: target = '', index } of text.matchAll(LINK)) {
    const [to = ''] = target.split('#');
    if (to !== '' && !to.endsWith('.md')) add(to, index, law.there.has(besides(to, from)), 'the link leads nowhere');
  }
  return found;
}

function besides(to: string, from: string): string {
  return path.posix.join(path.posix.dirname(from), to).replace(/\/$/, '');
}

function isPathThere(cited: string, from: string, { there, files }: CitationIndex): boolean {
  if (!cited.includes('*')) return there.has(cited) || there.has(besides(cited, from));
  const glob = new RegExp(`^${cited.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
  return files.some((file) => glob.test(file));
}

/** A folder, a path below a folder of the root, or the bare name of a file. Undefined: it is none of these. */
function isSpanThere(span: string, law: CitationIndex): boolean | undefined {
  const { there, tops, ignored } = law;
  if (/[\s<>{}…*]/.test(span)) return undefined;
  // A room may be called by its name alone: `links/`.
  if (/^[a-z][\w-]*\/$/.test(span)) return [...there].some((at) => `/${at}/`.endsWith(`/${span}`));
  if (/^(?:[a-z][\w-]*\/)+$/.test(span)) return there.has(span.slice(0, -1));
  if (/^\.[\w-]+[./][\w./-]+$/.test(span) && !/\.[jt]s$/.test(span)) {
    return there.has(span) || ignored.includes(span.split('/')[0] ?? '');
  }
  const [top = ''] = span.split('/');
  // One that ends as a file does was seen above.
  if (span.includes('/') && tops.has(top) && !FILE_PATH_ALONE.test(span))
    return there.has(span) || there.has(`${span}.ts`);
  return isNameThere(span, law);
}

const FILE_PATH_ALONE = new RegExp(`^${FILE_PATH.source}$`);

function isNameThere(span: string, { names }: CitationIndex): boolean | undefined {
  return /^[a-z][\w-]*(?:\.[\w-]+)*\.(?:ts|js|mjs|sql|yml)$/.test(span) ? names.has(span) : undefined;
}

function scriptsIn({ path: from, text }: SourceText, { scripts }: CitationIndex): readonly CitedPlace[] {
  const families = new Set(scripts.flatMap((name) => (name.includes(':') ? [name.slice(0, name.indexOf(':'))] : [])));
  const isThere = (cited: string): boolean =>
    scripts.some((name) => new RegExp(`^${cited.replaceAll('*', '.+')}$`).test(name));
  const because = (cited: string): string | undefined =>
    isThere(cited) ? undefined : 'package.json has no such script';
  const run = [...text.matchAll(SCRIPT)].map(({ 1: cited = '', index }) => ({ cited, at: index }));
  // "`npm run bench:sale`, `bench:bills`"
  const named = [...(from.endsWith('.md') ? text : '').matchAll(SPAN)]
    .map(({ 1: cited = '', index }) => ({ cited, at: index }))
    .filter(({ cited }) => /^[a-z]+:[\w*-]+$/.test(cited) && families.has(cited.slice(0, cited.indexOf(':'))));
  return [...run, ...named].map(({ cited, at }) => ({ what: 'script', cited, at, because: because(cited) }));
}

/** Everything else is blanked, so that places stay what they are. */
function commentsOf({ path: file, text }: SourceText): string {
  const each = /\.(?:ts|tsx|js|mjs|cjs|css)$/.test(file)
    ? /(?<![\w'"`*])\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm
    : file.endsWith('.sql')
      ? /--.*$/gm
      : file.endsWith('.html')
        ? /<!--[\s\S]*?-->/g
        : /#.*$/gm;
  let comments = '';
  for (const { 0: comment, index } of text.matchAll(each)) {
    comments += text.slice(comments.length, index).replace(/[^\n]/g, ' ') + comment;
  }
  return comments;
}

/** The rooms of the tree and who imports whom, as docs/rooms.svg shows them: layers in the order of their imports. */
import type { SourceFile } from './files.ts';
import { importsOf, targetOf } from './imports.ts';

export interface Room {
  /** "api/billing"; the files of a layer that are in no room of it, and a layer without rooms: "api". */
  readonly name: string;
  readonly files: number;
  readonly lines: number;
}

export interface Layer {
  readonly name: string;
  readonly rooms: readonly Room[];
  readonly lines: number;
  readonly files: number;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly imports: number;
  /** Nothing but types: it vanishes before anything runs. */
  readonly typesOnly: boolean;
}

export interface RoomLayout {
  /** Whoever imports stands above whom it imports. */
  readonly layers: readonly Layer[];
  readonly arrows: readonly Arrow[];
}

/** Tests may import anything, and are left out. */
export function houseOf(files: readonly SourceFile[]): RoomLayout {
  const shown = files.filter(({ path }) => !path.startsWith('test/') && path !== 'jest.config.js');
  const arrows = arrowsOf(shown);
  const layers = [...grouped(shown, ({ path }) => layerOf(path))].map(([name, own]) => layer(name, own));
  const rank = (of: string, above: readonly string[] = []): number => {
    // A circle is for the rules of the architecture to tell.
    const below = arrows.filter(({ from, to }) => from === of && !above.includes(to));
    return Math.max(0, ...below.map(({ to }) => 1 + rank(to, [...above, of])));
  };
  return { layers: layers.toSorted((a, b) => rank(b.name) - rank(a.name) || compare(a.name, b.name)), arrows };
}

/** What a picture must agree with: rooms and arrows, and not how many lines there are today. */
export function outlineOf({ layers, arrows }: RoomLayout): readonly string[] {
  const rooms = layers.flatMap(({ rooms: inside }) => inside.map(({ name }) => name));
  const lines = arrows.map(({ from, to, typesOnly }) => `${from} > ${to}${typesOnly ? ' (types)' : ''}`);
  return [...rooms.toSorted(compare), ...lines];
}

function arrowsOf(files: readonly SourceFile[]): readonly Arrow[] {
  const imports = files.flatMap(({ path, text }) =>
    importsOf(text)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, typeOnly }) => ({ from: layerOf(path), to: layerOf(targetOf(path, specifier)), typeOnly })),
  );
  const between = grouped(
    imports.filter(({ from, to }) => from !== to),
    ({ from, to }) => `${from} ${to}`,
  );
  return [...between.values()]
    .flatMap((same) => {
      const [first] = same;
      const typesOnly = same.every(({ typeOnly }) => typeOnly);
      return first === undefined ? [] : [{ from: first.from, to: first.to, imports: same.length, typesOnly }];
    })
    .toSorted((a, b) => compare(`${a.from} ${a.to}`, `${b.from} ${b.to}`));
}

function layer(name: string, files: readonly SourceFile[]): Layer {
  const rooms = [...grouped(files, ({ path }) => roomOf(path))].map(([room, own]) => ({
    name: room,
    files: own.length,
    lines: own.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0),
  }));
  const lines = rooms.reduce((sum, room) => sum + room.lines, 0);
  return {
    name,
    rooms: rooms.toSorted((a, b) => b.lines - a.lines || compare(a.name, b.name)),
    lines,
    files: files.length,
  };
}

/** The folder of the first level; the configuration's files stand in the root. */
function layerOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : path.replace(/[.-].*$/, '');
}

function roomOf(path: string): string {
  const parts = path.split('/');
  return parts.length > 2 ? parts.slice(0, 2).join('/') : layerOf(path);
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

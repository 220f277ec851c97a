/** Printed pages read back as a payer's phone would: by programs that share nothing with what drew them. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';
import { greyOf, type GreyImage } from './grey.ts';
import { LIMIT_MS } from '../limits/limits.ts';

/** Parts of a page, from 0 to 1, from its upper left corner. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Each sticker's left half. On a whole sheet zbar misses one code in a hundred, other ones at other resolutions,
 * because it joins finders of neighbours; a phone is held over one.
 */
export const onStickers: readonly Area[] = Array.from({ length: 24 }, (_, place) => ({
  x: (place % 3) / 3,
  y: Math.floor(place / 3) / 8,
  width: 0.17,
  height: 1 / 8,
}));

/**
 * A test that needs a program says so aloud where it is missing; where every test must run, it fails for want of it.
 */
export function needs(...programs: readonly string[]): typeof describe | typeof describe.skip {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0 || process.env['CI'] !== undefined) return describe;
  console.warn(`bills: ${missing.join(' and ')} not installed; a print is not read back`);
  return describe.skip;
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${command} ended with ${status ?? 'no start'}: ${stderr}`);
  return stdout;
}

export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bills-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface ScanInput {
  readonly pdf: Buffer;
  readonly dotsPerInch: number;
  /** Where the codes of a page are, in the order of their bills. */
  readonly areas: readonly Area[];
  /** How many codes there are; a code in every area of every page when left out. */
  readonly codes?: number;
}

interface ScanResult {
  readonly jsqr: readonly string[];
  readonly zbar: readonly string[];
}

/**
 * A phone that reads nothing looks again from another distance: one code in some thousands needs it, by the luck of its
 * modules.
 */
const CLOSER = 1.5;

/** What each decoder reads in each place, page by page: an empty text where it reads nothing, also from closer by. */
export function readBack(reading: ScanInput): ScanResult {
  const first = readOnce(reading);
  const there = reading.codes ?? first.jsqr.length;
  if (![...first.jsqr.slice(0, there), ...first.zbar.slice(0, there)].includes('')) return first;
  const again = readOnce({ ...reading, dotsPerInch: Math.round(reading.dotsPerInch * CLOSER) });
  const either = (decoder: keyof ScanResult): readonly string[] =>
    first[decoder].map((text, at) => (text === '' ? (again[decoder][at] ?? '') : text));
  return { jsqr: either('jsqr'), zbar: either('zbar') };
}

function readOnce({ pdf, dotsPerInch, areas }: ScanInput): ScanResult {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'bills.pdf'), pdf);
    run('pdftoppm', ['-r', `${dotsPerInch}`, '-gray', join(folder, 'bills.pdf'), join(folder, 'page')]);
    const pages = readdirSync(folder)
      .filter((name) => name.endsWith('.pgm'))
      .toSorted();
    const parts = pages.flatMap((name) => {
      const page = greyOf(readFileSync(join(folder, name)));
      return areas.map((area, at) => {
        const path = join(folder, `part-${at}-of-${name}`);
        writeFileSync(path, pgmOf(partOf(page, area)));
        return path;
      });
    });
    return { jsqr: byJsqr(parts), zbar: byZbar(parts) };
  });
}

function partOf(page: GreyImage, area: Area): GreyImage {
  const [x, y] = [Math.round(area.x * page.width), Math.round(area.y * page.height)];
  const [width, height] = [Math.round(area.width * page.width), Math.round(area.height * page.height)];
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * page.width + x;
    data.set(page.data.subarray(from, from + width), row * width);
  }
  return { width, height, data };
}

function pgmOf({ width, height, data }: GreyImage): Buffer {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), data]);
}

/**
 * In a process of its own: inside jest each global it touches is looked up through a sandbox, and it takes ten times as
 * long.
 */
function byJsqr(paths: readonly string[]): readonly string[] {
  const reader = join(import.meta.dirname, 'jsqr-reader.ts');
  return JSON.parse(run(process.execPath, ['--import', 'tsx', reader, ...paths])) as string[];
}

function byZbar(paths: readonly string[]): readonly string[] {
  const { stdout, error } = spawnSync(
    'zbarimg',
    ['--quiet', '--xml', '--nodbus', '-Sdisable', '-Sqrcode.enable', ...paths],
    { encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
  );
  if (error !== undefined) throw error;
  // Only in XML does it tell which picture a text is from.
  const found = new Map(
    Array.from(stdout.matchAll(/<source href='([^']*)'>([\s\S]*?)<\/source>/g), ([, path = '', inside = '']) => [
      path,
      /<data><!\[CDATA\[([\s\S]*?)\]\]><\/data>/.exec(inside)?.[1] ?? '',
    ]),
  );
  return paths.map((path) => found.get(path) ?? '');
}

import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import jsqr from 'jsqr';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { present } from '../../domain/present.ts';
import {
  assertUnchanged,
  levels,
  PrintedCodeMismatch,
  QrImageRefusal,
  renderPdf,
  renderPng,
  renderSvg,
  renderTerminal,
} from '../../printing/qr-images.ts';
import type { Level } from '../../printing/qr-images.ts';
import { vectors } from '../domain/codes/br-code-vectors.ts';
import { LIMIT_MS } from '../limits/limits.ts';

const text = vectors.P8;
const poster = { payee: 'Padaria São João', label: 'Caixa 3 – balcão', shortCode: 'K7Q-42P' };

/** Byte 0 is dark, 255 is light. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

function pixels(png: Buffer): Picture {
  const { width, height, data } = PNG.sync.read(png);
  return { width, height, data: new Uint8ClampedArray(data) };
}

/** An independent reader: it shares nothing with the library that drew the code. */
function scan({ data, width, height }: Picture): string | undefined {
  return jsqr.default(data, width, height)?.data;
}

/** The light border on each side, in pixels, down to the first pixel that is not white. */
function quietZone({ data, width, height }: Picture): { left: number; top: number; right: number; bottom: number } {
  const dark: { x: number; y: number }[] = [];
  for (let at = 0; at < width * height; at++) {
    if ((data[at * 4] ?? 255) < 128) dark.push({ x: at % width, y: Math.floor(at / width) });
  }
  const xs = dark.map(({ x }) => x).toSorted((left, right) => left - right);
  const ys = dark.map(({ y }) => y).toSorted((left, right) => left - right);
  return {
    left: xs.at(0) ?? -1,
    top: ys.at(0) ?? -1,
    right: width - 1 - (xs.at(-1) ?? 0),
    bottom: height - 1 - (ys.at(-1) ?? 0),
  };
}

function program(...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A test that needs a program says so aloud where the program is missing, instead of passing in silence. */
function needs(found: string | undefined, what: string): typeof describe | typeof describe.skip {
  if (found !== undefined) return describe;
  console.warn(`qr-images: ${what} is not installed; a picture is not read back`);
  return describe.skip;
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'qr-images-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: LIMIT_MS });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout;
}

const browser = program('chromium', 'chromium-browser', 'google-chrome');
const rasterizer = program('pdftoppm', 'gs');
const zbarimg = program('zbarimg');

/** A printer's resolution: the smaller the print, the more dots to a module it takes. */
function rasterized(pdf: Buffer, dotsPerInch = '300'): Picture {
  return inFolder((folder) => {
    const [from, to] = [join(folder, 'code.pdf'), join(folder, 'code.png')];
    writeFileSync(from, pdf);
    if (rasterizer?.endsWith('pdftoppm') === true)
      run(rasterizer, ['-r', dotsPerInch, '-png', '-singlefile', from, to.slice(0, -4)]);
    else
      run(rasterizer ?? '', [
        '-q',
        '-dNOPAUSE',
        '-dBATCH',
        '-dSAFER',
        '-sDEVICE=png16m',
        `-r${dotsPerInch}`,
        `-sOutputFile=${to}`,
        from,
      ]);
    return pixels(readFileSync(to));
  });
}

async function painted(svg: string): Promise<Picture> {
  const window = await chromium.launch({ executablePath: browser ?? '', args: ['--no-sandbox'] });
  try {
    const page = await window.newPage({ viewport: { width: 800, height: 800 } });
    await page.setContent(`<body style="margin:0;background:#888">${svg}</body>`);
    return pixels(await page.locator('svg').screenshot());
  } finally {
    await window.close();
  }
}

describe('PNG', () => {
  it.each(levels)('is read back by an independent reader at level %s', async (level) => {
    expect(scan(pixels(await renderPng(text, { level, moduleSize: 4 })))).toBe(text);
  });

  it('has a quiet zone of four modules on each side', async () => {
    for (const moduleSize of [3, 8]) {
      const zone = 4 * moduleSize;
      const picture = pixels(await renderPng(text, { moduleSize }));
      expect(quietZone(picture)).toEqual({ left: zone, top: zone, right: zone, bottom: zone });
    }
  });

  it('needs version 11 for a usual code at level Q, which is the default, and 13 at level H', async () => {
    const sideAt = async (level?: Level) =>
      pixels(await renderPng(text, { moduleSize: 1, ...present({ level }) })).width;
    expect(await sideAt()).toBe(17 + 4 * 11 + 8);
    expect(await sideAt('H')).toBe(17 + 4 * 13 + 8);
  });

  it('is read with a fifth of the code painted over, at level H', async () => {
    const picture = pixels(await renderPng(text, { level: 'H', moduleSize: 4 }));
    const [from, to] = [Math.floor(picture.width * 0.4), Math.floor(picture.width * 0.6)];
    for (let y = from; y < to; y++)
      picture.data.fill(255, (y * picture.width + from) * 4, (y * picture.width + to) * 4);
    expect(scan(picture)).toBe(text);
  });

  it('holds the longest code at every level', async () => {
    const longest = 'x'.repeat(512);
    for (const level of levels) expect(scan(pixels(await renderPng(longest, { level, moduleSize: 3 })))).toBe(longest);
  });
});

needs(zbarimg, 'zbarimg')('PNG under zbar', () => {
  it('is read back', async () => {
    const png = await renderPng(text);
    const read = inFolder((folder) => {
      const path = join(folder, 'code.png');
      writeFileSync(path, png);
      return run(zbarimg ?? '', ['--quiet', '--raw', '--nodbus', path]);
    });
    expect(read.trimEnd()).toBe(text);
  });
});

describe('SVG', () => {
  it('is one path with crisp edges on white', () => {
    const svg = renderSvg(text);
    expect(svg.match(/<path /g)).toHaveLength(1);
    expect(svg).toContain('shape-rendering="crispEdges"');
    expect(svg).toContain('<rect width="69" height="69" fill="#fff"/>');
    expect(svg).toContain('width="552" height="552" viewBox="0 0 69 69"');
  });
});

needs(browser, 'Chromium')('SVG in a browser', () => {
  it('is read back, with a quiet zone of four modules', async () => {
    const picture = await painted(renderSvg(text, { moduleSize: 5 }));
    expect(scan(picture)).toBe(text);
    expect(picture.width).toBe((17 + 4 * 11 + 8) * 5);
    expect(quietZone(picture)).toEqual({ left: 20, top: 20, right: 20, bottom: 20 });
  });
});

describe('PDF', () => {
  it('is the same whatever the clock says', async () => {
    const first = await renderPdf(text, poster);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await renderPdf(text, poster)).equals(first)).toBe(true);
    expect(first.toString('latin1')).not.toMatch(/D:20[0-9]{2}/);
  });

  it('draws vectors, no picture', async () => {
    expect((await renderPdf(text, poster)).toString('latin1')).not.toContain('/Subtype /Image');
  });
});

needs(rasterizer, 'pdftoppm or Ghostscript')('PDF on paper', () => {
  it('is read back from a page at its least and its usual size', async () => {
    expect(scan(rasterized(await renderPdf(text, { ...poster, size: 25 }), '600'))).toBe(text);
    expect(scan(rasterized(await renderPdf(text, poster)))).toBe(text);
  });

  it('keeps long and foreign captions out of the code', async () => {
    const payee = 'Companhia Paranaense de Abastecimento e Distribuição '.repeat(4);
    expect(scan(rasterized(await renderPdf(text, { ...poster, payee, label: '株式会社' })))).toBe(text);
  });
});

describe('the terminal', () => {
  it('shows the code in half blocks, dark on light whatever the theme', () => {
    const lines = renderTerminal(text).trimEnd().split('\n');
    const rows = lines.map((line) => Array.from(line.slice('\u001b[30;107m'.length, -'\u001b[0m'.length)));
    const side = rows[0]?.length ?? 0;
    const data = new Uint8ClampedArray((side * 4) ** 2 * 4).fill(255);
    for (let at = 0; at < (side * 4) ** 2; at++) {
      const [x, y] = [Math.floor((at % (side * 4)) / 4), Math.floor(at / (side * 4) / 4)];
      const block = rows[Math.floor(y / 2)]?.[x] ?? ' ';
      if (block === '█' || block === (y % 2 === 0 ? '▀' : '▄')) data.fill(0, at * 4, at * 4 + 3);
    }
    expect(scan({ width: side * 4, height: side * 4, data })).toBe(text);
    expect(lines.every((line) => line.startsWith('\u001b[30;107m') && line.endsWith('\u001b[0m'))).toBe(true);
  });
});

describe('every form', () => {
  it('has the same bytes on every call', async () => {
    expect(renderSvg(text)).toBe(renderSvg(text));
    expect((await renderPng(text)).equals(await renderPng(text))).toBe(true);
    expect((await renderPdf(text, poster)).equals(await renderPdf(text, poster))).toBe(true);
    expect(renderTerminal(text)).toBe(renderTerminal(text));
  });

  it('differs for another code', async () => {
    expect(renderSvg(vectors.P9)).not.toBe(renderSvg(text));
    expect((await renderPdf(vectors.P9, poster)).equals(await renderPdf(text, poster))).toBe(false);
  });

  it.each([0, 41, 2.5, -8, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses modules of %p pixels',
    async (moduleSize) => {
      expect(() => renderSvg(text, { moduleSize })).toThrow(expect.objectContaining({ field: 'moduleSize' }));
      await expect(renderPng(text, { moduleSize })).rejects.toThrow(QrImageRefusal);
    },
  );

  it.each([24, 181, 60.5])('refuses a print of %p millimetres', async (size) => {
    await expect(renderPdf(text, { ...poster, size })).rejects.toMatchObject({ field: 'size' });
  });

  it('refuses an unknown level and a text that is no code', async () => {
    const level: string = 'X';
    await expect(renderPng(text, { level: level as Level })).rejects.toMatchObject({ field: 'level' });
    expect(() => renderSvg('')).toThrow(expect.objectContaining({ field: 'text' }));
    expect(() => renderSvg('x'.repeat(513))).toThrow(QrImageRefusal);
  });
});

describe('a stored code', () => {
  it('passes with the checksum it was stored with', () => {
    expect(() => assertUnchanged(text, '42C5')).not.toThrow();
  });

  it.each([
    ['another code', vectors.P9, '42C5'],
    ['an edited text', text.replace('THALES', 'THALIS'), '42C5'],
    ['an edited text with a fitting end', `${text.slice(0, -4)}42C6`, '42C6'],
    ['another stored checksum', text, '42C6'],
    ['nothing', '', 'FFFF'],
  ])('is not drawn when it is %s', (_, stored, crc) => {
    expect(() => assertUnchanged(stored, crc)).toThrow(PrintedCodeMismatch);
  });
});

/**
 * Pictures of a code: SVG, PNG and PDF for print, half blocks for a terminal. The same text and options give the same
 * bytes on every call. It refuses to draw a stored code that is no longer the text that was printed.
 */
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import Pdf from 'pdfkit';
import QRCode from 'qrcode';
import { crc16 } from '../domain/codes/br-code.ts';

/** Share of damage that a scanner repairs: about 7, 15, 25 and 30 per cent. */
export const levels = ['L', 'M', 'Q', 'H'] as const;
export type Level = (typeof levels)[number];

/** In pixels, for SVG and PNG. */
const pngModuleSizes = { least: 1, most: 40, usual: 8 } as const;
/**
 * Side of the code with its quiet zone, in millimetres, for PDF. Below 25 mm a module is too small for many printers.
 */
const printSizes = { least: 25, most: 180, usual: 60 } as const;

/** Modules of white on each side: what ISO/IEC 18004 asks for. */
const QUIET_ZONE = 4;
const MOST_CHARACTERS = 512;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const POINTS_PER_MILLIMETRE = 72 / 25.4;

interface ImageOptions {
  readonly level?: Level;
  readonly moduleSize?: number;
}

interface PrintOptions {
  readonly level?: Level;
  /** Millimetres. */
  readonly size?: number;
  readonly payee: string;
  readonly label: string;
  /** For payers and staff who read the code aloud. */
  readonly shortCode?: string;
}

/** A picture that was asked for with an option out of bounds: the caller's mistake, a 422 over HTTP. */
export class QrImageRefusal extends Error {
  readonly field: 'level' | 'moduleSize' | 'size' | 'text';

  constructor(field: QrImageRefusal['field'], detail: string) {
    super(detail);
    this.name = 'QrImageRefusal';
    this.field = field;
  }
}

/** The stored text is not what was printed. Drawing it would put a second, different code on the same till. */
export class PrintedCodeMismatch extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'PrintedCodeMismatch';
  }
}

/** Throws unless the text still has the checksum that was stored with it when the code was first made. */
export function assertUnchanged(text: string, storedCrc: string): void {
  const written = text.slice(-4).toUpperCase();
  const computed = crc16(text.slice(0, -4));
  if (computed === storedCrc.toUpperCase() && written === computed) return;
  throw new PrintedCodeMismatch(`stored with ${storedCrc}, the text says ${written} and its checksum is ${computed}`);
}

export function renderSvg(text: string, options: ImageOptions = {}): string {
  const moduleSize = within(pngModuleSizes, 'moduleSize', options.moduleSize);
  const { size, runs } = draw(text, options.level);
  const side = size + 2 * QUIET_ZONE;
  const path = runs.map(({ x, y, width }) => `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h${width}v1h-${width}z`).join('');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side * moduleSize}" height="${side * moduleSize}" ` +
    `viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">` +
    `<rect width="${side}" height="${side}" fill="#fff"/><path fill="#000" d="${path}"/></svg>\n`
  );
}

/**
 * One bit for a pixel, written here: the `qrcode` package spends four bytes on each and holds the process for most of a
 * second at the largest size, while tills wait.
 */
export async function renderPng(text: string, options: ImageOptions = {}): Promise<Buffer> {
  const moduleSize = within(pngModuleSizes, 'moduleSize', options.moduleSize);
  const { size, dark } = draw(text, options.level);
  const side = (size + 2 * QUIET_ZONE) * moduleSize;
  const rows: Buffer[] = [];
  for (let y = -QUIET_ZONE; y < size + QUIET_ZONE; y++) {
    // A row opens with its filter, none, and has a 1 for each light pixel.
    const row = Buffer.alloc(1 + Math.ceil(side / 8), 0xff).fill(0, 0, 1);
    for (let x = 0; x < size * moduleSize; x++) {
      const at = x + QUIET_ZONE * moduleSize;
      if (dark(Math.floor(x / moduleSize), y)) row[1 + (at >> 3)] = (row[1 + (at >> 3)] ?? 0) & ~(0x80 >> (at & 7));
    }
    for (let copy = 0; copy < moduleSize; copy++) rows.push(row);
  }
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  const body = await promisify(deflate)(Buffer.concat(rows), { level: 9 });
  return Buffer.concat([PNG_SIGNATURE, chunk('IHDR', header), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

/** One page, cut to the code and its caption, with the modules as vectors: it can be printed at any size. */
export async function renderPdf(text: string, options: PrintOptions): Promise<Buffer> {
  const side = within(printSizes, 'size', options.size) * POINTS_PER_MILLIMETRE;
  const { size, runs } = draw(text, options.level);
  const margin = side * 0.08;
  const line = Math.max(9, side * 0.07);
  const width = side + 2 * margin;
  const page = new Pdf({
    size: [width, side + 2 * margin + 4 * line],
    margin: 0,
    // A fixed date also fixes the document id, which pdfkit derives from it.
    info: { CreationDate: new Date(0), Title: printable(`${options.payee} ${options.label}`), Producer: 'Relink' },
  });
  const finished = bytesOf(page);

  const caption = (words: string, y: number, fontSize: number, font: string): void => {
    const fitting = fit(page.font(font), printable(words), fontSize, side);
    page.fontSize(fitting.fontSize).text(fitting.words, margin, y, { width: side, align: 'center', lineBreak: false });
  };
  caption(options.payee, margin, line, 'Helvetica-Bold');
  const top = margin + 1.5 * line;
  const module = side / (size + 2 * QUIET_ZONE);
  for (const run of runs) {
    page.rect(margin + (run.x + QUIET_ZONE) * module, top + (run.y + QUIET_ZONE) * module, run.width * module, module);
  }
  // One fill for all modules: filled one by one they show hairlines where they touch.
  page.fill('#000');
  caption(options.label, top + side + 0.2 * line, line * 0.8, 'Helvetica');
  if (options.shortCode !== undefined) caption(options.shortCode, top + side + 1.3 * line, line * 0.8, 'Courier-Bold');
  page.end();
  return finished;
}

/** Two rows of modules to a line of text. It sets both colours, because a terminal may be dark or light. */
export function renderTerminal(text: string): string {
  const { size, dark } = draw(text, 'L');
  const lines: string[] = [];
  for (let y = -QUIET_ZONE; y < size + QUIET_ZONE; y += 2) {
    let line = '';
    for (let x = -QUIET_ZONE; x < size + QUIET_ZONE; x++) line += halfBlock(dark(x, y), dark(x, y + 1));
    lines.push(`\u001b[30;107m${line}\u001b[0m\n`);
  }
  return lines.join('');
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}

interface Run {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface Drawing {
  readonly size: number;
  /** Dark modules side by side in one row, as one rectangle. */
  readonly runs: readonly Run[];
  /** False outside of the matrix, where the quiet zone is. */
  readonly dark: (x: number, y: number) => boolean;
}

function draw(text: string, level: Level | undefined): Drawing {
  const { modules } = QRCode.create(segments(text), { errorCorrectionLevel: knownLevel(level) });
  const { size } = modules;
  const dark = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < size && y < size && modules.get(y, x) === 1;
  const runs: Run[] = [];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!dark(x, y)) continue;
      const from = x;
      while (dark(x, y)) x++;
      runs.push({ x: from, y, width: x - from });
    }
  }
  return { size, runs, dark };
}

/** Byte mode throughout: mixed modes save a few modules and trip some older scanners. */
function segments(text: string): { data: Uint8Array; mode: 'byte' }[] {
  if (text === '' || text.length > MOST_CHARACTERS) {
    throw new QrImageRefusal('text', `a code has 1 to ${MOST_CHARACTERS} characters, not ${text.length}`);
  }
  return [{ data: new TextEncoder().encode(text), mode: 'byte' }];
}

function knownLevel(level: Level = 'Q'): Level {
  if (!levels.includes(level)) throw new QrImageRefusal('level', `the level is one of ${levels.join(', ')}`);
  return level;
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

function within(bounds: Bounds, field: 'moduleSize' | 'size', value: number = bounds.usual): number {
  if (Number.isInteger(value) && value >= bounds.least && value <= bounds.most) return value;
  throw new QrImageRefusal(field, `${field} is a whole number from ${bounds.least} to ${bounds.most}`);
}

/** The fonts every PDF reader has hold Western European letters only. Other characters would print as noise. */
function printable(words: string): string {
  return words
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e\u00a1-\u00ff€‚„…‘’“”•–—™ŠšŽžŒœŸ]/gu, '?')
    .trim();
}

/** Smaller letters first, down to half; then the words are cut. */
function fit(
  page: PDFKit.PDFDocument,
  words: string,
  fontSize: number,
  width: number,
): { readonly words: string; readonly fontSize: number } {
  const wide = page.fontSize(fontSize).widthOfString(words);
  if (wide <= width) return { words, fontSize };
  const smaller = Math.max(fontSize / 2, (fontSize * width) / wide);
  page.fontSize(smaller);
  let kept = words;
  while (kept.length > 1 && page.widthOfString(kept) > width) kept = `${kept.slice(0, -2).trimEnd()}…`;
  return { words: kept, fontSize: smaller };
}

function bytesOf(page: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    page.on('data', (bytes: Buffer) => chunks.push(bytes));
    page.on('end', () => resolve(Buffer.concat(chunks)));
    page.on('error', reject);
  });
}

/** Words and codes on a page of pdfkit, in millimetres from its upper left corner. */
import type { BillDocument } from './bill-document.ts';
import { codeMatrix } from './code-matrix.ts';
import type { BillLevel } from '../domain/billing/bill-layout.ts';

export type PdfPage = BillDocument;

/** Modules of white on each side: what ISO/IEC 18004 asks for. */
const QUIET_ZONE = 4;
export const points = (millimetres: number): number => (millimetres * 72) / 25.4;

export const INK = '#111111';
/** Dark enough to survive a photocopier. */
export const PALE = '#555555';

/**
 * Words that are measured already: pdfkit would measure them again, for links and lines under them that nobody asks
 * for.
 */
const SET = { lineBreak: false, textWidth: 0, wordCount: 1 } as const;

interface TextBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Of the letters, in points. */
  readonly size: number;
  readonly font?: 'Helvetica' | 'Helvetica-Bold' | 'Courier-Bold';
  readonly align?: 'left' | 'center' | 'right';
  readonly colour?: string;
}

/** One line. It never leaves its width: letters shrink to two thirds, then the words are cut. */
export function write(page: PdfPage, text: string, place: TextBox): void {
  const { size, fitting, wide } = fit(page.font(place.font ?? 'Helvetica'), printable(text), place);
  if (fitting === '') return;
  const slack = points(place.width) - wide;
  const shift = { left: 0, center: slack / 2, right: slack }[place.align ?? 'left'];
  page
    .fillColor(place.colour ?? INK)
    .fontSize(size)
    .text(fitting, points(place.x) + shift, points(place.y), SET);
}

/**
 * The fonts that every PDF reader has hold Western European letters only. A question mark shows that something was
 * there.
 */
export function printable(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e\u00a1-\u00ac\u00ae-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/gu, '?')
    .trim();
}

interface TextFit {
  readonly fitting: string;
  readonly size: number;
  readonly wide: number;
}

function fit(page: PdfPage, text: string, { size, width: millimetres, align = 'left' }: TextBox): TextFit {
  const width = points(millimetres);
  // No letter of these fonts is wider than 1.02 times its height, so that most lines need no measuring.
  if (align === 'left' && text.length * size * 1.02 <= width) return { fitting: text, size, wide: 0 };
  const wide = page.fontSize(size).widthOfString(text);
  if (wide <= width) return { fitting: text, size, wide };
  const smaller = Math.max((size * 2) / 3, Math.floor((size * width * 10) / wide) / 10);
  page.fontSize(smaller);
  const narrow = page.widthOfString(text);
  if (narrow <= width) return { fitting: text, size: smaller, wide: narrow };
  // By halving: a name of a thousand letters would otherwise be measured a thousand times.
  let [least, most] = [0, text.length - 1];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (page.widthOfString(cut(text, middle)) <= width) least = middle;
    else most = middle - 1;
  }
  const fitting = cut(text, least);
  return { fitting, size: smaller, wide: page.widthOfString(fitting) };
}

function cut(text: string, kept: number): string {
  return `${text.slice(0, kept).trimEnd()}…`;
}

export interface CodePath {
  readonly size: number;
  /** Operators of PDF: a rectangle for each run of dark modules, in modules from the upper left corner of the code. */
  readonly path: string;
}

export function codeOf(text: string, level: BillLevel): CodePath {
  const { size, modules } = codeMatrix(text, level);
  const rectangles: string[] = [];
  for (let y = 0; y < size; y++) {
    const row = y * size;
    for (let x = 0; x < size; x++) {
      if (modules[row + x] !== 1) continue;
      const from = x;
      while (x < size && modules[row + x] === 1) x++;
      rectangles.push(`${from} ${y} ${x - from} 1 re`);
    }
  }
  return { size, path: rectangles.join('\n') };
}

export function sideOf({ size }: CodePath, moduleMillimetres: number): number {
  return (size + 2 * QUIET_ZONE) * moduleMillimetres;
}

/**
 * One path and one fill for all modules: filled one by one they show hairlines where they touch. pdfkit draws whatever
 * is between `q` and `Q` upright, because it turns every page so that y grows downwards.
 */
export function drawCode(
  page: PdfPage,
  code: CodePath,
  at: { readonly x: number; readonly y: number; readonly module: number },
) {
  const scale = points(at.module);
  const [left, top] = [points(at.x + QUIET_ZONE * at.module), points(at.y + QUIET_ZONE * at.module)];
  const numbers = [scale, 0, 0, scale, left, top].map((number) => number.toFixed(4)).join(' ');
  page.addContent(`q ${numbers} cm 0 g\n${code.path}\nf Q`);
}

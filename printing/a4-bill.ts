/**
 * One bill on a page: who asks, who is meant, the code in the middle, and the short code for those without a camera.
 */
import { drawCode, INK, PALE, points, sideOf, write, type CodePath, type PdfPage } from './drawing.ts';
import type { Logo } from './logo.ts';
import { BillRefusal, type PrintedBill } from './printed-bill.ts';
import { endsOf, sentencesOf } from './sentences.ts';

const LEFT = 22;
const WIDE = 210 - 2 * LEFT;
const COLUMN = { x: 132, width: LEFT + WIDE - 132 };
const NAME = { x: LEFT, y: 25, size: 22, font: 'Helvetica-Bold' } as const;
const CENTRED = { x: LEFT, width: WIDE, align: 'center' } as const;
const FOOT = { x: LEFT, width: WIDE / 2 - 2, y: 281.5, size: 8, colour: PALE };
const BOX = { width: 86, height: 21 };
const LOGO = { width: 42, height: 16 };
const MOST_HOLDER_LINES = 6;
/** Between the address and the footer: heading, code, sentence and box stand in its middle. */
const MIDDLE = { top: 84, bottom: 272 };
const MOST_SIDE = 120;

export interface BillDrawing {
  readonly bill: PrintedBill;
  readonly code: CodePath;
  readonly module: number;
  readonly logo: Logo | undefined;
}

export function drawA4Bill(page: PdfPage, { bill, code, module, logo }: BillDrawing): void {
  const words = sentencesOf(bill);
  const side = sideOf(code, module);
  if (side > MOST_SIDE) {
    throw new BillRefusal(
      'moduleMillimetres',
      `the code of ${bill.shortCode} is ${side.toFixed(1)} mm, not ${MOST_SIDE}`,
    );
  }
  const height = 14 + side + 12 + 24;
  const top = (MIDDLE.top + MIDDLE.bottom - height) / 2;
  const below = top + 14 + side;
  head(page, bill, logo);
  const named = bill.holder.length > 0;
  page.repeat(`${bill.language} ${side} ${named} ${logo === undefined} ${bill.payee}`, () => {
    frame(page, bill, below);
    write(page, bill.payee, { ...NAME, width: logo === undefined ? WIDE : WIDE - LOGO.width - 8 });
  });
  write(page, words.scan, { ...CENTRED, y: top, size: 21, font: 'Helvetica-Bold' });
  drawCode(page, code, { x: (210 - side) / 2, y: top + 12, module });
  write(page, bill.shortCode, { ...CENTRED, y: below + 22.6, size: 23, font: 'Courier-Bold' });
  const ends = `${words.code} ${bill.shortCode}  ·  ${endsOf(bill.linkId)}`;
  write(page, ends, { ...FOOT, x: LEFT + WIDE / 2 + 2, align: 'right' });
}

/** What is on every bill of a payee. The other words of a bill are in the same fonts. */
function frame(page: PdfPage, bill: PrintedBill, below: number): void {
  const words = sentencesOf(bill);
  rule(page, 41, 1);
  rule(page, 279, 0.4);
  write(page, words.account, { ...COLUMN, y: 48, size: 8.5, colour: PALE });
  if (bill.holder.length > 0) write(page, words.holder, { x: LEFT, y: 48, width: 100, size: 8.5, colour: PALE });
  write(page, words.nothingYet, { ...CENTRED, y: below, size: 11 });
  page
    .roundedRect(points((210 - BOX.width) / 2), points(below + 13), points(BOX.width), points(BOX.height), points(2.5))
    .lineWidth(0.7)
    .stroke(PALE);
  write(page, words.typed, { ...CENTRED, y: below + 16.6, size: 9, colour: PALE });
  write(page, bill.payee, FOOT);
}

function head(page: PdfPage, bill: PrintedBill, logo: Logo | undefined): void {
  if (logo !== undefined) {
    page.image(logo, points(LEFT + WIDE - LOGO.width), points(20), {
      fit: [points(LOGO.width), points(LOGO.height)],
      align: 'right',
      valign: 'center',
    });
  }
  const lines = bill.holder.slice(0, MOST_HOLDER_LINES);
  lines.forEach((line, at) => write(page, line, { x: LEFT, y: 53 + at * 5.2, width: 100, size: 11 }));
  write(page, bill.account, { ...COLUMN, y: 52.6, size: 14, font: 'Helvetica-Bold' });
}

function rule(page: PdfPage, y: number, lineWidth: number): void {
  page
    .moveTo(points(LEFT), points(y))
    .lineTo(points(LEFT + WIDE), points(y))
    .lineWidth(lineWidth)
    .stroke(INK);
}

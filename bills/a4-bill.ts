/** One bill on a page: who asks, who is meant, the code in the middle, and the short code for those without a camera. */
import { drawCode, INK, PALE, points, sideOf, write, type Code, type Page } from './drawing.ts';
import type { Logo } from './logo.ts';
import { BillRefused, type PrintedBill } from './printed-bill.ts';
import { endsOf, sentencesOf } from './sentences.ts';

const LEFT = 22;
const WIDE = 210 - 2 * LEFT;
const RIGHT_COLUMN = 132;
const LOGO = { width: 42, height: 16 };
const MOST_HOLDER_LINES = 6;
/** Between the address and the footer: heading, code, sentence and box stand in its middle. */
const MIDDLE = { top: 84, bottom: 272 };
const MOST_SIDE = 120;

export interface Drawn {
  readonly bill: PrintedBill;
  readonly code: Code;
  readonly module: number;
  readonly logo: Logo | undefined;
}

export function drawA4Bill(page: Page, { bill, code, module, logo }: Drawn): void {
  const words = sentencesOf(bill);
  const side = sideOf(code, module);
  if (side > MOST_SIDE) {
    throw new BillRefused(
      'moduleMillimetres',
      `the code of ${bill.shortCode} is ${side.toFixed(1)} mm, not ${MOST_SIDE}`,
    );
  }
  head(page, bill, logo);
  const height = 14 + side + 12 + 24;
  const top = (MIDDLE.top + MIDDLE.bottom - height) / 2;
  const centred = { x: LEFT, width: WIDE, align: 'center' } as const;
  write(page, words.scan, { ...centred, y: top, size: 21, font: 'Helvetica-Bold' });
  drawCode(page, code, { x: (210 - side) / 2, y: top + 12, module });
  write(page, words.nothingYet, { ...centred, y: top + 14 + side, size: 11 });
  shortCodeBox(page, { bill, y: top + 14 + side + 13, typed: words.typed });
  rule(page, 279, 0.4);
  const foot = { x: LEFT, width: WIDE / 2 - 2, y: 281.5, size: 8, colour: PALE };
  write(page, bill.payee, foot);
  const ends = `${words.code} ${bill.shortCode}  ·  ${endsOf(bill.linkId)}`;
  write(page, ends, { ...foot, x: LEFT + WIDE / 2 + 2, align: 'right' });
}

function head(page: Page, bill: PrintedBill, logo: Logo | undefined): void {
  const words = sentencesOf(bill);
  const name = { x: LEFT, y: 25, size: 22, font: 'Helvetica-Bold' } as const;
  write(page, bill.payee, { ...name, width: logo === undefined ? WIDE : WIDE - LOGO.width - 8 });
  if (logo !== undefined) {
    page.image(logo, points(LEFT + WIDE - LOGO.width), points(20), {
      fit: [points(LOGO.width), points(LOGO.height)],
      align: 'right',
      valign: 'center',
    });
  }
  rule(page, 41, 1);
  const lines = bill.holder.slice(0, MOST_HOLDER_LINES);
  if (lines.length > 0) {
    write(page, words.holder, { x: LEFT, y: 48, width: 100, size: 8.5, colour: PALE });
    lines.forEach((line, at) => write(page, line, { x: LEFT, y: 53 + at * 5.2, width: 100, size: 11 }));
  }
  const column = { x: RIGHT_COLUMN, width: LEFT + WIDE - RIGHT_COLUMN };
  write(page, words.account, { ...column, y: 48, size: 8.5, colour: PALE });
  write(page, bill.account, { ...column, y: 52.6, size: 14, font: 'Helvetica-Bold' });
}

function shortCodeBox(
  page: Page,
  box: { readonly bill: PrintedBill; readonly y: number; readonly typed: string },
): void {
  const [width, height] = [86, 21];
  const x = (210 - width) / 2;
  page.roundedRect(points(x), points(box.y), points(width), points(height), points(2.5)).lineWidth(0.7).stroke(PALE);
  const centred = { x: x + 3, width: width - 6, align: 'center' } as const;
  write(page, box.typed, { ...centred, y: box.y + 3.6, size: 9, colour: PALE });
  write(page, box.bill.shortCode, { ...centred, y: box.y + 9.6, size: 23, font: 'Courier-Bold' });
}

function rule(page: Page, y: number, lineWidth: number): void {
  page
    .moveTo(points(LEFT), points(y))
    .lineTo(points(LEFT + WIDE), points(y))
    .lineWidth(lineWidth)
    .stroke(INK);
}

/** Three by eight stickers of 70 by 37 mm on a sheet, with lines to cut along where the paper is not cut already. */
import type { BillDrawing } from './a4-bill.ts';
import { drawCode, PALE, points, sideOf, write, type PdfPage } from './drawing.ts';
import { BillRefusal } from './printed-bill.ts';
import { endsOf, sentencesOf } from './sentences.ts';

const COLUMNS = 3;
const ROWS = 8;
export const STICKERS_ON_A_SHEET = COLUMNS * ROWS;
const WIDTH = 210 / COLUMNS;
const HEIGHT = 297 / ROWS;
/** Few printers reach the last four millimetres of a sheet. The quiet zone of the code adds to it on the left. */
const EDGE = { left: 3, right: 4.5 };
const MOST_SIDE = 33;

export function drawSticker(page: PdfPage, place: number, { bill, code, module, logo }: BillDrawing): void {
  const side = sideOf(code, module);
  if (side > MOST_SIDE) {
    throw new BillRefusal(
      'moduleMillimetres',
      `the code of ${bill.shortCode} is ${side.toFixed(1)} mm, not ${MOST_SIDE}`,
    );
  }
  const words = sentencesOf(bill);
  const [left, top] = [(place % COLUMNS) * WIDTH, Math.floor(place / COLUMNS) * HEIGHT];
  drawCode(page, code, { x: left + EDGE.left, y: top + (HEIGHT - side) / 2, module });
  const x = left + EDGE.left + side + 0.5;
  const column = { x, width: left + WIDTH - EDGE.right - x };
  // With a logo the name moves down to where the account was: a sticker has room for one or the other on top.
  if (logo !== undefined) {
    page.image(logo, points(x), points(top + 4.2), { fit: [points(Math.min(column.width, 24)), points(5.5)] });
  }
  const name = logo === undefined ? top + 5.4 : top + 10.6;
  write(page, bill.payee, { ...column, y: name, size: 8.5, font: 'Helvetica-Bold' });
  write(page, `${words.account} ${bill.account}`, { ...column, y: name + 3.9, size: 7 });
  write(page, bill.shortCode, { ...column, y: top + 19.2, size: 12.5, font: 'Courier-Bold' });
  words.sticker.forEach((line, at) => write(page, line, { ...column, y: top + 25 + at * 2.7, size: 6.2 }));
  write(page, endsOf(bill.linkId), { ...column, y: top + 31, size: 5.6, colour: PALE });
}

export function drawCuttingLines(page: PdfPage): void {
  page
    .save()
    .lineWidth(0.35)
    .dash(points(1), { space: points(1.5) })
    .strokeColor('#999999');
  for (let column = 1; column < COLUMNS; column++) {
    page.moveTo(points(column * WIDTH), 0).lineTo(points(column * WIDTH), points(297));
  }
  for (let row = 1; row < ROWS; row++) page.moveTo(0, points(row * HEIGHT)).lineTo(points(210), points(row * HEIGHT));
  page.stroke().restore();
}

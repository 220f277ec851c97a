/**
 * Bills as PDF files, written as they are read: nothing is drawn before the reader asks for it, and a file keeps
 * nothing of a page it has handed on but its place. The same bills and layout give the same bytes on every call.
 */
import { type BillDrawing, drawA4Bill } from './a4-bill.ts';
import { setImmediate as turn } from 'node:timers/promises';
import { BillDocument } from './bill-document.ts';
import { codeOf, type PdfPage } from './drawing.ts';
import { opaquePng, type Logo, type OpaquePng } from './logo.ts';
import { completeLayout, type BillLayout, type CompleteLayout, type PrintedBill } from './printed-bill.ts';
import { drawCuttingLines, drawSticker, STICKERS_ON_A_SHEET } from './sticker-sheet.ts';

/** What is gathered before it is handed on: a page alone is three kilobytes, and each chunk costs its reader a turn. */
const CHUNK = 64 * 1024;

export interface BillFile {
  /** From 1. */
  readonly number: number;
  /** `Readable.from` makes a stream of it. */
  readonly bytes: AsyncGenerator<Buffer, void, undefined>;
}

/**
 * One file after the other. The next one begins where this one ended, so that each is read to its end before the next.
 * A file is a function of its own bills and its number: whoever wants the third alone gives its bills and 3.
 */
export async function* renderBills(
  bills: Iterable<PrintedBill> | AsyncIterable<PrintedBill>,
  asked: BillLayout,
  firstNumber = 1,
): AsyncGenerator<BillFile, void, undefined> {
  const layout = completeLayout(asked);
  const logo = layout.logo === undefined ? undefined : opaquePng(layout.logo);
  const source = new BillSource(bills);
  try {
    for (let number = firstNumber; (await source.peek()) !== undefined; number++) {
      let read = false;
      const bytes = renderFile({ source, layout, logo, number }, () => (read = true));
      yield { number, bytes };
      if (!read) throw new Error(`file ${number} was not read to its end before the next one was asked for`);
    }
  } finally {
    await source.close();
  }
}

/** Its last file may have fewer. */
export function billsInAFile({ kind, pagesPerFile }: Pick<CompleteLayout, 'kind' | 'pagesPerFile'>): number {
  return billsOnAPage(kind) * pagesPerFile;
}

function billsOnAPage(kind: BillLayout['kind']): number {
  switch (kind) {
    case 'a4':
      return 1;
    case 'stickers':
      return STICKERS_ON_A_SHEET;
  }
}

interface FileToRender {
  readonly source: BillSource;
  readonly layout: CompleteLayout;
  readonly logo: OpaquePng | undefined;
  readonly number: number;
}

async function* renderFile(file: FileToRender, finished: () => void): AsyncGenerator<Buffer, void, undefined> {
  const { source, layout } = file;
  const page = openDocument(file, await source.peek());
  const logo = openLogo(page, file.logo);
  for (let count = 0; count < layout.pagesPerFile && (await source.peek()) !== undefined; count++) {
    page.addPage();
    await drawPage(page, { source, layout, logo });
    page.flushPages();
    if (page.readableLength >= CHUNK) {
      yield* written(page);
      // Others of this process have their turn, tills among them. Without it a batch that is read as fast as it comes
      // would hold them until its end, and pdfkit's streams, which finish on such a turn, would all be kept until then.
      await turn();
    }
  }
  page.end();
  yield* written(page);
  await turn();
  finished();
}

/** As a PDF reader reads it aloud. */
const LANG: { readonly [language in PrintedBill['language']]: string } = { pt: 'pt-BR', en: 'en' };

function openDocument({ layout, number }: FileToRender, first: PrintedBill | undefined): PdfPage {
  return new BillDocument({
    size: 'A4',
    margin: 0,
    autoFirstPage: false,
    lang: LANG[first?.language ?? 'pt'],
    displayTitle: true,
    // pdfkit derives the document's id from all of these, so that no clock and no chance is in it.
    info: {
      CreationDate: new Date(0),
      Producer: 'Relink',
      Title: layout.title,
      Subject: `${number}`,
      Keywords: `${first?.shortCode ?? ''} ${first?.linkId ?? ''}`,
    },
  });
}

/** The declarations of pdfkit do not know of it: an opened picture is drawn like bytes, and embedded once. */
function openLogo(page: PdfPage, bytes: OpaquePng | undefined): Logo | undefined {
  if (bytes === undefined) return undefined;
  return (page as PdfPage & { openImage(source: Buffer): Logo }).openImage(bytes);
}

async function drawPage(
  page: PdfPage,
  { source, layout, logo }: { source: BillSource; layout: CompleteLayout; logo: Logo | undefined },
): Promise<void> {
  const drawn = (bill: PrintedBill): BillDrawing => ({
    bill,
    code: codeOf(bill.printedCode, layout.level),
    module: layout.moduleMillimetres,
    logo,
  });
  if (layout.kind === 'stickers') drawCuttingLines(page);
  for (let place = 0; place < billsOnAPage(layout.kind); place++) {
    const bill = await source.next();
    if (bill === undefined) return;
    if (layout.kind === 'stickers') drawSticker(page, place, drawn(bill));
    else drawA4Bill(page, drawn(bill));
  }
}

/** All that pdfkit has written so far. It compresses at once, so that nothing is still under way behind it. */
function* written(page: PdfPage): Generator<Buffer, void, undefined> {
  const bytes = page.read() as Buffer | null;
  if (bytes !== null) yield bytes;
}

/** Bills one by one, with a look at the next: a file is begun only when there is a bill for it. */
class BillSource {
  readonly #bills: Iterator<PrintedBill> | AsyncIterator<PrintedBill>;
  #ahead: PrintedBill | undefined;
  #ended = false;

  constructor(bills: Iterable<PrintedBill> | AsyncIterable<PrintedBill>) {
    this.#bills = Symbol.asyncIterator in bills ? bills[Symbol.asyncIterator]() : bills[Symbol.iterator]();
  }

  async peek(): Promise<PrintedBill | undefined> {
    if (this.#ahead !== undefined || this.#ended) return this.#ahead;
    const step = await this.#bills.next();
    if (step.done === true) this.#ended = true;
    else this.#ahead = step.value;
    return this.#ahead;
  }

  async next(): Promise<PrintedBill | undefined> {
    const bill = await this.peek();
    this.#ahead = undefined;
    return bill;
  }

  /** A query behind the bills gives its connection back, also when the reader goes away halfway. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#bills.return?.();
  }
}

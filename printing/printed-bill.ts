/** What is printed and how: the input of this folder, and the refusals of what cannot be printed so that it scans. */
import type { Language } from '../domain/billing/account.ts';
import { BILL_LEVELS, type BillLevel, type BillSheet } from '../domain/billing/bill-layout.ts';

/** Below a third of a millimetre an office printer at 300 dots an inch has fewer than four dots to a module. */
const moduleSizes = { least: 0.33, most: 2, a4: 1.1, stickers: 0.4 } as const;

/** A file a printer's computer opens, and the part of it that pdfkit keeps until its end. */
const filePages = { least: 1, most: 5_000, usual: 500 } as const;

export interface PrintedBill {
  /** The text of the QR code, to the letter as it is stored. */
  readonly printedCode: string;
  /** As it is to be read: with its hyphens. */
  readonly shortCode: string;
  /** Its ends are printed, so that a sheet can be matched with the list it was made from. */
  readonly linkId: string;
  readonly payee: string;
  readonly account: string;
  /** Name and address, a line each. A4 prints six of them, a sticker none: it may hang where strangers pass. */
  readonly holder: readonly string[];
  readonly language: Language;
}

export interface BillLayout {
  readonly kind: BillSheet;
  readonly level: BillLevel;
  readonly moduleMillimetres?: number;
  readonly pagesPerFile?: number;
  /** PNG. */
  readonly logo?: Uint8Array;
  /** What a PDF reader shows on top of its window. */
  readonly title: string;
}

/** A layout or a bill that cannot be printed: the caller's mistake, a 422 over HTTP. */
export class BillRefusal extends Error {
  readonly field: 'level' | 'moduleMillimetres' | 'pagesPerFile' | 'logo' | 'printedCode';

  constructor(field: BillRefusal['field'], detail: string) {
    super(detail);
    this.name = 'BillRefusal';
    this.field = field;
  }
}

export type CompleteLayout = BillLayout & Required<Pick<BillLayout, 'moduleMillimetres' | 'pagesPerFile'>>;

export function completeLayout(layout: BillLayout): CompleteLayout {
  const { level, kind, moduleMillimetres = moduleSizes[kind], pagesPerFile = filePages.usual } = layout;
  if (!BILL_LEVELS.includes(level)) throw new BillRefusal('level', `the level is one of ${BILL_LEVELS.join(', ')}`);
  if (!(moduleMillimetres >= moduleSizes.least && moduleMillimetres <= moduleSizes.most)) {
    throw new BillRefusal('moduleMillimetres', `a module has ${moduleSizes.least} to ${moduleSizes.most} mm`);
  }
  if (!Number.isInteger(pagesPerFile) || pagesPerFile < filePages.least || pagesPerFile > filePages.most) {
    throw new BillRefusal('pagesPerFile', `a file has ${filePages.least} to ${filePages.most} pages`);
  }
  return { ...layout, moduleMillimetres, pagesPerFile };
}

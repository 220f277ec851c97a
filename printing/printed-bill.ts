/** What is printed and how: the input of this folder, and the refusals of what cannot be printed so that it scans. */

/** 25 or 30 per cent of a code may be soiled or torn and it still reads; a bill hangs on refrigerators for years. */
export const billLevels = ['Q', 'H'] as const;
export type BillLevel = (typeof billLevels)[number];

/** Below a third of a millimetre an office printer at 300 dots an inch has fewer than four dots to a module. */
export const moduleSizes = { least: 0.33, most: 2, a4: 1.1, stickers: 0.4 } as const;

/** A file a printer's computer opens, and the part of it that pdfkit keeps until its end. */
export const filePages = { least: 1, most: 5_000, usual: 500 } as const;

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
  readonly language: 'pt' | 'en';
}

export interface BillLayout {
  /** One bill on a page, or three by eight on a sheet of 70 by 37 mm. */
  readonly kind: 'a4' | 'stickers';
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
  if (!billLevels.includes(level)) throw new BillRefusal('level', `the level is one of ${billLevels.join(', ')}`);
  if (!(moduleMillimetres >= moduleSizes.least && moduleMillimetres <= moduleSizes.most)) {
    throw new BillRefusal('moduleMillimetres', `a module has ${moduleSizes.least} to ${moduleSizes.most} mm`);
  }
  if (!Number.isInteger(pagesPerFile) || pagesPerFile < filePages.least || pagesPerFile > filePages.most) {
    throw new BillRefusal('pagesPerFile', `a file has ${filePages.least} to ${filePages.most} pages`);
  }
  return { ...layout, moduleMillimetres, pagesPerFile };
}

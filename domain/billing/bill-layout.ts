/** How bills are printed, in the words that the API takes, that a batch keeps and that printing/ draws by. */

/** One bill on a page, or three by eight on a sheet of 70 by 37 mm. */
export const BILL_SHEETS = ['a4', 'stickers'] as const;
export type BillSheet = (typeof BILL_SHEETS)[number];

/** 25 or 30 per cent of a code may be soiled or torn and it still reads; a bill hangs on refrigerators for years. */
export const BILL_LEVELS = ['Q', 'H'] as const;
export type BillLevel = (typeof BILL_LEVELS)[number];

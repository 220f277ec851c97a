/** The layout of printed bills: the values that the API accepts, a batch stores and printing/ renders. */

/** One bill on a page, or three by eight on a sheet of 70 by 37 mm. */
export const BILL_SHEETS = ['a4', 'stickers'] as const;
export type BillSheet = (typeof BILL_SHEETS)[number];

/** Error correction of 25 or 30 per cent, because a printed code has to stay readable for years. */
export const BILL_LEVELS = ['Q', 'H'] as const;
export type BillLevel = (typeof BILL_LEVELS)[number];

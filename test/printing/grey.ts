/** One byte for a pixel, 0 is black. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** PGM, as pdftoppm writes it, is a line of three numbers and the bytes: nothing to decompress. */
export function greyOf(pgm: Buffer): GreyImage {
  const header = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(pgm.toString('latin1', 0, 40));
  if (header === null) throw new Error('no grey picture');
  return { width: Number(header[1]), height: Number(header[2]), data: pgm.subarray(header[0].length) };
}

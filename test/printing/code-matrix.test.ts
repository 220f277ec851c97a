import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import QRCode from 'qrcode';
import { codeMatrix } from '../../printing/code-matrix.ts';
import { BILL_LEVELS, type BillLevel } from '../../domain/billing/bill-layout.ts';
import { BillRefusal } from '../../printing/printed-bill.ts';
import { printedBills } from '../../bench/samples/printed-bills.ts';

/** The whole of the library, with its own choice of mask. */
function asTheLibraryDraws(text: string, level: BillLevel): Buffer {
  const segments = [{ data: new TextEncoder().encode(text), mode: 'byte' as const }];
  return Buffer.from(QRCode.create(segments, { errorCorrectionLevel: level }).modules.data);
}

function same(text: string, level: BillLevel): boolean {
  return asTheLibraryDraws(text, level).equals(Buffer.from(codeMatrix(text, level).modules));
}

describe('the matrix of a code', () => {
  it.each(BILL_LEVELS)('is the library’s, mask and all, for bills at level %s', (level) => {
    expect(Array.from(printedBills(100)).filter(({ printedCode }) => !same(printedCode, level))).toEqual([]);
  });

  it('is the library’s for texts of every length', () => {
    const texts = fc.string({ minLength: 1, maxLength: 512, size: 'max' });
    fc.assert(
      fc.property(texts, fc.constantFrom(...BILL_LEVELS), (text, level) => expect(same(text, level)).toBe(true)),
      { numRuns: 150 },
    );
  });

  it('does not depend on the codes before it', () => {
    const [first, second] = ['x'.repeat(161), 'y'.repeat(161)];
    const alone = codeMatrix(second, 'Q').modules;
    codeMatrix(first, 'Q');
    expect(codeMatrix(second, 'Q').modules).toEqual(alone);
  });

  it.each(['', 'x'.repeat(513)])('is not made of a text that is no code', (text) => {
    expect(() => codeMatrix(text, 'Q')).toThrow(BillRefusal);
  });
});

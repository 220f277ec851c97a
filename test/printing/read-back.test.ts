import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { BillLayout } from '../../printing/printed-bill.ts';
import { renderBills } from '../../printing/render-bills.ts';
import { filesOf, printedBill, printedBills } from '../../bench/samples/printed-bills.ts';
import { inFolder, needs, onStickers, readBack, run, type Area } from './scanners.ts';

const onA4: readonly Area[] = [{ x: 0.2, y: 0.3, width: 0.6, height: 0.45 }];
interface Printer extends BillLayout {
  readonly count: number;
  readonly dotsPerInch: number;
  readonly areas: readonly Area[];
}

function check(pdf: Buffer): string {
  return inFolder((folder) => {
    const path = join(folder, 'bills.pdf');
    writeFileSync(path, pdf);
    return run('qpdf', ['--check', path]);
  });
}

describe('a batch of bills', () => {
  // A page costs more to rasterise than a sticker: fewer of them, on the same code.
  const printers: readonly Printer[] = [
    { count: 1_000, kind: 'stickers', level: 'Q', title: 'Lote', dotsPerInch: 200, areas: onStickers },
    { count: 200, kind: 'a4', level: 'H', title: 'Lote', dotsPerInch: 72, areas: onA4 },
  ];

  needs(
    'pdftoppm',
    'zbarimg',
    'qpdf',
  )('on paper', () => {
    it.each(printers)(
      'is read back to the letter by two decoders, and qpdf finds nothing wrong: $count of kind $kind at level $level',
      async ({ count, dotsPerInch, areas, ...layout }) => {
        const expected = Array.from(printedBills(count), ({ printedCode }) => printedCode);
        const read = { jsqr: [] as string[], zbar: [] as string[] };
        for (const pdf of await filesOf(renderBills(printedBills(count), { ...layout, pagesPerFile: 100 }))) {
          expect(check(pdf)).toContain('No syntax or stream encoding errors');
          const { jsqr, zbar } = readBack({ pdf, dotsPerInch, areas, codes: count - read.jsqr.length });
          read.jsqr.push(...jsqr);
          read.zbar.push(...zbar);
        }
        expect(read.jsqr.slice(0, count)).toEqual(expected);
        expect(read.zbar.slice(0, count)).toEqual(expected);
        // The places of the last sheet that have no bill.
        expect(read.jsqr.slice(count).join('')).toBe('');
      },
    );
  });
});

needs('pdftoppm', 'zbarimg')('a small code', () => {
  it('is read back at the least module size, printed at 600 dots an inch', async () => {
    const layout = { kind: 'stickers', level: 'H', moduleMillimetres: 0.33, title: 'Lote' } as const;
    const [pdf = Buffer.alloc(0)] = await filesOf(renderBills(printedBills(3), layout));
    const expected = Array.from(printedBills(3), ({ printedCode }) => printedCode);
    const { jsqr, zbar } = readBack({ pdf, dotsPerInch: 600, areas: onStickers.slice(0, 3) });
    expect(jsqr).toEqual(expected);
    expect(zbar).toEqual(expected);
  });

  it('is read back beside words that do not fit', async () => {
    const long = 'Companhia Paranaense de Abastecimento e Distribuição '.repeat(30);
    const bill = printedBill(1, { payee: long, account: long, holder: Array<string>(50).fill(long), shortCode: long });
    for (const [kind, areas] of [['a4', onA4] as const, ['stickers', onStickers.slice(0, 1)] as const]) {
      const [pdf = Buffer.alloc(0)] = await filesOf(renderBills([bill], { kind, level: 'Q', title: long }));
      const { jsqr, zbar } = readBack({ pdf, dotsPerInch: 200, areas });
      expect([...jsqr, ...zbar]).toEqual([bill.printedCode, bill.printedCode]);
    }
  });
});

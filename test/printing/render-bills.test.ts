import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { PNG } from 'pngjs';
import { printable } from '../../printing/drawing.ts';
import { BillRefusal, type BillLayout, type PrintedBill } from '../../printing/printed-bill.ts';
import { billsInAFile, renderBills } from '../../printing/render-bills.ts';
import { filesOf, printedBill, printedBills } from '../../bench/samples/printed-bills.ts';
import { inFolder, needs, run } from './scanners.ts';
import { eventually } from '../limits/until.ts';

const a4: BillLayout = { kind: 'a4', level: 'Q', title: 'Contas de água, lote 7' };
const stickers: BillLayout = { ...a4, kind: 'stickers' };

const render = async (bills: Iterable<PrintedBill> | AsyncIterable<PrintedBill>, layout: BillLayout) =>
  filesOf(renderBills(bills, layout));

function pagesIn(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
}

function wordsOf(pdf: Buffer): string {
  return inFolder((folder) => {
    const path = join(folder, 'bills.pdf');
    writeFileSync(path, pdf);
    return run('pdftotext', ['-layout', path, '-']);
  });
}

/** Half of it shines through, as in most logos. */
function logoOf(colorType: 2 | 6 = 6): Buffer {
  const png = new PNG({ width: 60, height: 20 });
  for (let at = 0; at < png.data.length; at += 4) png.data.set([20, 110, 160, at % 240 < 120 ? 255 : 0], at);
  return PNG.sync.write(png, { colorType });
}

/** A source that knows how many bills were taken from it, and whether its reader let go of it. */
function watched(count: number) {
  const seen = { taken: 0, closed: false };
  async function* bills(): AsyncGenerator<PrintedBill, void, undefined> {
    try {
      for (const bill of printedBills(count)) {
        seen.taken += 1;
        yield await Promise.resolve(bill);
      }
    } finally {
      seen.closed = true;
    }
  }
  return { seen, bills: bills() };
}

describe('a reprint', () => {
  it.each([a4, stickers])('has the same bytes: $kind', async (layout) => {
    const print = async (): Promise<Buffer> =>
      Buffer.concat(await render(printedBills(60), { ...layout, logo: logoOf(), pagesPerFile: 20 }));
    const first = await print();
    await pause(1_100);
    expect((await print()).equals(first)).toBe(true);
    expect(first.toString('latin1')).not.toMatch(/D:20[0-9]{2}/);
  });

  it('of other bills has other bytes and another document id', async () => {
    const [one = Buffer.alloc(0)] = await render([printedBill(1)], a4);
    const [other = Buffer.alloc(0)] = await render([printedBill(2)], a4);
    const idOf = (pdf: Buffer): string | undefined => /\/ID \[<(\w+)>/.exec(pdf.toString('latin1'))?.[1];
    expect(idOf(one)).toMatch(/^\w{32}$/);
    expect(idOf(other)).not.toBe(idOf(one));
  });
});

describe('the files of a batch', () => {
  it.each([
    ['bills', a4, 25, [10, 10, 5]],
    ['stickers', stickers, 24 * 10 + 1, [10, 1]],
    ['exactly full files', a4, 20, [10, 10]],
  ] as const)('have the chosen pages: %s', async (_, layout, count, pages) => {
    expect((await render(printedBills(count), { ...layout, pagesPerFile: 10 })).map(pagesIn)).toEqual(pages);
  });

  it('are drawn one by one as they are drawn together', async () => {
    const layout = { ...stickers, pagesPerFile: 2 };
    const together = await render(printedBills(100), layout);
    const each = billsInAFile(layout);
    const bills = Array.from(printedBills(100));
    expect(together).toHaveLength(3);
    for (const [index, file] of together.entries()) {
      const own = bills.slice(index * each, (index + 1) * each);
      const [alone] = await filesOf(renderBills(own, layout, index + 1));
      expect(alone?.equals(file)).toBe(true);
    }
  });

  it('are none when there are no bills', async () => {
    expect(await render([], a4)).toEqual([]);
  });

  it('are read one after the other, or not at all', async () => {
    const files = renderBills(printedBills(4), { ...a4, pagesPerFile: 2 });
    await files.next();
    await expect(files.next()).rejects.toThrow('file 1 was not read to its end');
  });

  it('draw vectors; the logo is in a file once', async () => {
    const [plain = Buffer.alloc(0)] = await render(printedBills(5), a4);
    expect(plain.toString('latin1')).not.toContain('/Subtype /Image');
    const [withLogo = Buffer.alloc(0)] = await render(printedBills(5), { ...a4, logo: logoOf() });
    expect(withLogo.toString('latin1').match(/\/Subtype \/Image/g)).toHaveLength(1);
  });
});

describe('a fast reader', () => {
  it('leaves the rest of the process its turns', async () => {
    let turns = 0;
    const beat = setInterval(() => (turns += 1), 1);
    await render(printedBills(200), a4);
    clearInterval(beat);
    // Ten chunks of 64 kilobytes and more.
    expect(turns).toBeGreaterThan(5);
  });
});

describe('a slow reader', () => {
  it('finds no page drawn that it did not ask for', async () => {
    const { seen, bills } = watched(1_000);
    const file = (await renderBills(bills, a4).next()).value;
    const chunk = (await file?.bytes.next())?.value?.length ?? 0;
    const taken = seen.taken;
    await pause(50);
    expect(seen.taken).toBe(taken);
    // A chunk of 64 kilobytes, the page that made it full, and a look at the next bill.
    expect(chunk).toBeGreaterThan(64 * 1024);
    expect(chunk).toBeLessThan(80 * 1024);
    expect(taken).toBeLessThan(50);
  });

  it('stops the whole line when it stops', async () => {
    const { seen, bills } = watched(1_000);
    const file = (await renderBills(bills, a4).next()).value;
    const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
    const stream = Readable.from(file?.bytes ?? []);
    stream.pipe(stuck);
    await eventually(async () => {
      const before = seen.taken;
      await pause(200);
      return before > 0 && seen.taken === before;
    });
    const [taken, waiting] = [seen.taken, stream.readableLength + stuck.writableLength];
    await pause(100);
    expect(seen.taken).toBe(taken);
    expect(taken).toBeLessThan(500);
    expect(waiting).toBeLessThan(1024 * 1024);
    stream.destroy();
  });

  it('that goes away gives the bills back', async () => {
    const { seen, bills } = watched(1_000);
    for await (const { bytes } of renderBills(bills, a4)) {
      await bytes.next();
      break;
    }
    expect(seen).toMatchObject({ closed: true });
    expect(seen.taken).toBeLessThan(50);
  });
});

needs('pdftotext')('the words', () => {
  it.each([a4, stickers])('name payee, account, short code and the ends of the link: $kind', async (layout) => {
    const bill = printedBill(2);
    const [pdf = Buffer.alloc(0)] = await render([bill], layout);
    const words = wordsOf(pdf);
    for (const part of [bill.payee, bill.account, bill.shortCode]) expect(words).toContain(part);
    expect(words).toContain(`${bill.linkId.slice(0, 4)}…${bill.linkId.slice(-4)}`);
    expect(words).not.toContain(bill.linkId);
    expect(words).toContain('Aponte a câmera para pagar');
    expect(words).toMatch(/nada a pagar/);
  });

  it('name the holder on a page, not on a sticker that strangers pass', async () => {
    const [page = Buffer.alloc(0)] = await render([printedBill(1)], a4);
    const [sheet = Buffer.alloc(0)] = await render([printedBill(1)], stickers);
    expect(wordsOf(page)).toContain('Maria da Conceição Gonçalves');
    expect(wordsOf(sheet)).not.toContain('Maria');
  });

  it('are on every page those of its bill, though most are drawn once', async () => {
    const bills = [
      printedBill(1),
      printedBill(2),
      printedBill(3, { payee: 'Luz do Vale', holder: [] }),
      printedBill(5),
      printedBill(4),
    ];
    const [together = Buffer.alloc(0)] = await render(bills, a4);
    const alone: string[] = [];
    for (const bill of bills) alone.push(...(await render([bill], a4)).map(wordsOf));
    expect(wordsOf(together)).toBe(alone.join(''));
  });

  it('are English where the payer is', async () => {
    const [pdf = Buffer.alloc(0)] = await render([printedBill(1, { language: 'en' })], a4);
    expect(wordsOf(pdf)).toContain('Until the reading there is nothing to pay');
  });

  it('show a question mark for what the fonts do not have', async () => {
    expect(printable('株式会社 Ação\u0000\u202e 😀 “ok” 10\u00a0€')).toBe('???? Ação?? ? “ok” 10 €');
    const [pdf = Buffer.alloc(0)] = await render([printedBill(1, { payee: '株式会社 São João' })], a4);
    expect(wordsOf(pdf)).toContain('???? São João');
  });

  it('may be missing', async () => {
    const bare = printedBill(1, { payee: '', account: '', shortCode: '', linkId: '', holder: [] });
    for (const layout of [a4, stickers]) expect((await render([bare], layout)).map(pagesIn)).toEqual([1]);
  });
});

describe('what cannot be printed so that it scans', () => {
  it.each([
    ['an unknown level', { level: 'L' as 'Q' }, 'level'],
    ['a module that blurs', { moduleMillimetres: 0.3 }, 'moduleMillimetres'],
    ['a module that is none', { moduleMillimetres: Number.NaN }, 'moduleMillimetres'],
    ['a code larger than its page', { moduleMillimetres: 2 }, 'moduleMillimetres'],
    ['a code larger than its sticker', { kind: 'stickers', moduleMillimetres: 0.6 }, 'moduleMillimetres'],
    ['half a page', { pagesPerFile: 0.5 }, 'pagesPerFile'],
    ['a file without end', { pagesPerFile: 1_000_000 }, 'pagesPerFile'],
    ['a logo that is no PNG', { logo: Buffer.from('GIF89a') }, 'logo'],
    ['a logo that was cut off', { logo: logoOf().subarray(0, 60) }, 'logo'],
    ['a logo that unpacks to gigabytes', { logo: huge() }, 'logo'],
  ] as const)('is refused by name: %s', async (_, changes, field) => {
    const printing = render([printedBill(1)], { ...a4, ...changes });
    await expect(printing).rejects.toThrow(BillRefusal);
    await expect(printing).rejects.toMatchObject({ field });
  });

  it('is refused by name: a bill without a code', async () => {
    await expect(render([printedBill(1, { printedCode: '' })], a4)).rejects.toMatchObject({ field: 'printedCode' });
  });

  it('takes a logo with and without transparency', async () => {
    for (const colorType of [2, 6] as const) {
      expect(await render([printedBill(1)], { ...a4, logo: logoOf(colorType) })).toHaveLength(1);
    }
  });
});

function huge(): Buffer {
  const logo = logoOf();
  logo.writeUInt32BE(60_000, 16);
  return logo;
}

/**
 * A batch of accounts, from the file to the sheet: every printed code is read by two decoders and is the one that is
 * stored.
 */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { accountLines, csvOf, fileOf, uploadBatch } from '../../bench/samples/bill-batches.ts';
import { untilPrinted } from '../support/printed-batch.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { insertSampleTariff } from '../../bench/samples/tariffs.ts';
import { inFolder, needs, onStickers, readBack, run } from './scanners.ts';

/** `npm run prove:print` prints a thousand. */
const ACCOUNTS = Number(process.env['RELINK_STICKERS'] ?? 300);

needs(
  'pdftoppm',
  'zbarimg',
  'qpdf',
)('a batch that was printed through the API', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), shop.merchantId);
  });
  afterAll(async () => {
    await shop?.close();
  });

  it(`of ${ACCOUNTS} accounts is read back to the letter, and qpdf finds nothing wrong`, async () => {
    const office = { url: shop.api.url, key: shop.key };
    const { body } = await uploadBatch(office, csvOf(accountLines(ACCOUNTS)), {
      query: 'kind=stickers&pagesPerFile=30',
    });
    const printed = await untilPrinted(office, body['id']);
    expect(printed).toMatchObject({ status: 'finished', rows: { opened: ACCOUNTS } });
    const read = { jsqr: [] as string[], zbar: [] as string[] };
    for (const { url } of printed['files'] as readonly { readonly url: string }[]) {
      const pdf = await fileOf(office, url);
      expect(checked(pdf)).toContain('No syntax or stream encoding errors');
      const codes = ACCOUNTS - read.jsqr.length;
      const { jsqr, zbar } = readBack({ pdf, dotsPerInch: 200, areas: onStickers, codes });
      read.jsqr.push(...jsqr);
      read.zbar.push(...zbar);
    }
    const stored = await shop.rows<{ qr_text: string }>(
      `select l.qr_text from bill_batch_row r join payment_link l using (merchant_id, payment_link_id)
        where r.batch_id = $1 order by r.line`,
      [body['id']],
    );
    const expected = stored.map(({ qr_text: text }) => text);
    expect(new Set(expected).size).toBe(ACCOUNTS);
    expect(read.jsqr.slice(0, ACCOUNTS)).toEqual(expected);
    expect(read.zbar.slice(0, ACCOUNTS)).toEqual(expected);
  });
});

function checked(pdf: Buffer): string {
  return inFolder((folder) => {
    const path = join(folder, 'bills.pdf');
    writeFileSync(path, pdf);
    return run('qpdf', ['--check', path]);
  });
}

/** What an upload answers later: its rows, what has become of their readings, and to nobody else. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readingRowPage } from '../../../api/billing/readings/reading-schemas.ts';
import { supply } from '../../support/supplied.ts';
import { MERCHANT, startShop, type ApiShop } from '../shop-alone.ts';

describe('the rows of an upload', () => {
  let shop: ApiShop;
  let uploadId: string;
  beforeAll(async () => {
    shop = await startShop();
    await supply(shop, { merchantId: MERCHANT, accountId: 'A1', meterId: 'M1' });
    const readings = Array.from({ length: 7 }, (_, index) => ({
      deviceId: 'D1',
      sequence: index + 1,
      meterId: index === 3 ? 'M9' : 'M1',
      value: '00120',
      readAt: '2026-11-05T12:00:00Z',
      kind: 'actual',
    }));
    uploadId = String((await shop.pos.post('/v1/meter-readings', { readings })).body['id']);
  });
  afterAll(async () => {
    await shop.stop();
  });

  const address = (query = ''): string => `/v1/meter-readings/uploads/${uploadId}/rows${query}`;

  it('come page by page in the order of lines, each once', async () => {
    const lines: number[] = [];
    for (let next: string | null = '0'; next !== null;) {
      const { body } = await shop.pos.get(address(`?limit=3&after=${next}`));
      const page = readingRowPage.parse(body);
      lines.push(...page.data.map(({ line }) => line));
      next = page.next;
    }
    expect(lines).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('say what was refused and why, and whose meter it was', async () => {
    const { body } = await shop.pos.get(address());
    const [first] = readingRowPage.parse(body).data;
    expect(first).toEqual({
      line: 1,
      result: 'stored',
      errors: null,
      deviceId: 'D1',
      sequence: 1,
      meterId: 'M1',
      accountId: 'A1',
      outcome: 'waiting',
      because: null,
      billId: null,
      exceptionId: null,
    });
    const refused = await shop.pos.get(address('?outcome=refused'));
    expect(refused.body['data']).toMatchObject([
      { line: 4, result: 'refused', errors: [{ column: 'meterId', detail: 'there is no meter M9' }], accountId: null },
    ]);
  });

  it('say what has become of each reading, and who decides while its bill is held', async () => {
    const bill = (number: number): string => String(number).repeat(32);
    const link = await shop.till();
    for (const [number, status] of [
      [1, 'billed'],
      [2, 'held'],
      [3, 'billed'],
    ] as const) {
      await shop.rows(
        `insert into bill (bill_id, merchant_id, account_id, payment_link_id, number, status, content, currency,
         total_minor, held_because, exception_id)
         values ($1, $2, 'A1', $3, $4, $5, '{}', 'BRL', 100, $6, $7)`,
        [
          bill(number),
          MERCHANT,
          link,
          number,
          status,
          status === 'held' ? 'above the norm' : null,
          number === 1 ? null : 'e'.repeat(32),
        ],
      );
      await shop.rows(`update meter_reading set outcome = $2, bill_id = $3 where sequence = $1`, [
        number,
        status,
        bill(number),
      ]);
    }
    await shop.rows(`update meter_reading set outcome = 'refused', because = 'not there then' where sequence = 5`);
    const seen = async (query: string) =>
      readingRowPage
        .parse((await shop.pos.get(address(query))).body)
        .data.map(({ line, billId, exceptionId, because }) => [line, billId, exceptionId, because]);
    expect(await seen('?outcome=billed')).toEqual([
      [1, bill(1), null, null],
      [3, bill(3), null, null],
    ]);
    expect(await seen('?outcome=held')).toEqual([[2, bill(2), 'e'.repeat(32), null]]);
    expect(await seen('?outcome=refused')).toEqual([
      [4, null, null, null],
      [5, null, null, 'not there then'],
    ]);
    expect(await seen('?outcome=waiting&after=6')).toEqual([[7, null, null, null]]);
  });

  it("are nobody else's", async () => {
    const [foreign, unknown] = [
      await shop.other.get(address()),
      await shop.other.get('/v1/meter-readings/uploads/nothing/rows'),
    ];
    expect(foreign.status).toBe(404);
    expect(unknown.status).toBe(404);
    expect({ ...foreign.body, traceId: '' }).toEqual({ ...unknown.body, traceId: '' });
  });

  it.each(['?outcome=done', '?limit=0', '?after=-1', '?page=2'])('with %s are not looked for', async (query) => {
    expect((await shop.pos.get(address(query))).status).toBe(400);
  });

  it('cannot be changed afterwards', async () => {
    await expect(shop.rows('update reading_upload_row set line = 9')).rejects.toThrow('append-only');
    await expect(shop.rows('delete from reading_upload')).rejects.toThrow('append-only');
  });
});

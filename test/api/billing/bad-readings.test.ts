/** Readings that are wrong: a row is refused by itself with line and column, a file that is none is refused whole. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { supply } from '../../support/supplied.ts';
import { createReadingDesk, HEADER, reading } from './reading-desk.ts';
import { MERCHANT, OTHER_MERCHANT, startShop, type ApiShop } from '../shop-alone.ts';

describe('readings of meters', () => {
  let shop: ApiShop;
  let desk: ReturnType<typeof createReadingDesk>;
  beforeAll(async () => {
    shop = await startShop();
    desk = createReadingDesk(shop);
    await supply(shop, { merchantId: MERCHANT, accountId: 'A1', meterId: 'M1' });
    await supply(shop, { merchantId: MERCHANT, accountId: 'A2', meterId: 'M2', digits: 4, decimals: 1 });
    await supply(shop, { merchantId: OTHER_MERCHANT, accountId: 'X1', meterId: 'X1' });
  });
  afterAll(async () => {
    await shop.stop();
  });

  it('that are bad are refused each with its line and column, and the others are stored', async () => {
    const device = desk.freshDevice();
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const cells = (differences: Readonly<Record<string, string>>, sequence: number): string => {
      const said: Record<string, string> = {
        deviceId: device,
        sequence: String(sequence),
        meterId: 'M1',
        value: '00120',
        readAt: '2026-11-05T12:00:00Z',
        kind: 'actual',
        photoSha256: '',
        correctsDeviceId: '',
        correctsSequence: '',
        ...differences,
      };
      return Object.values(said).join(',');
    };
    const bad: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{ meterId: 'M9' }, 'meterId'],
      [{ meterId: 'X1' }, 'meterId'],
      [{ meterId: '' }, 'meterId'],
      [{ value: '000120' }, 'value'],
      [{ value: '120.5' }, 'value'],
      [{ value: '-1' }, 'value'],
      [{ value: '1e3' }, 'value'],
      [{ meterId: 'M2', value: '12345' }, 'value'],
      [{ readAt: '2026-11-05' }, 'readAt'],
      [{ readAt: '2026-11-05T12:00:00' }, 'readAt'],
      [{ readAt: '2026-11-31T12:00:00Z' }, 'readAt'],
      [{ readAt: tomorrow }, 'readAt'],
      [{ kind: 'guess' }, 'kind'],
      [{ sequence: '0' }, 'sequence'],
      [{ sequence: '1.5' }, 'sequence'],
      [{ sequence: '9007199254740992' }, 'sequence'],
      [{ deviceId: '' }, 'deviceId'],
      [{ deviceId: 'd'.repeat(65) }, 'deviceId'],
      [{ deviceId: 'Gerät' }, 'deviceId'],
      [{ photoSha256: 'abc' }, 'photoSha256'],
      [{ correctsDeviceId: device }, 'correctsSequence'],
      [{ correctsSequence: '1' }, 'correctsDeviceId'],
      [{ correctsSequence: '1,a cell too many' }, ''],
    ];
    const header = `${HEADER},photoSha256,correctsDeviceId,correctsSequence`;
    const lines = bad.map(([differences], index) => cells(differences, index + 3));
    const answer = await desk.uploadCsv([header, cells({}, 1), ...lines, cells({}, 2)].join('\n'));
    const results = answer.body['results'] as readonly { result: string; errors?: readonly { column: string }[] }[];
    expect(results[0]).toEqual({ line: 2, result: 'stored' });
    expect(results.at(-1)).toEqual({ line: bad.length + 3, result: 'stored' });
    for (const [index, [, column]] of bad.entries()) {
      const detail = expect.stringMatching(/./);
      expect(results[index + 1]).toEqual({ line: index + 3, result: 'refused', errors: [{ column, detail }] });
    }
    expect(await desk.storedOf(device)).toEqual([1, 2]);
    expect(answer.body['rows']).toMatchObject({ stored: 2, refused: bad.length });
  });

  it('that are bad in JSON are counted from 1 and named by field, and may be anything', async () => {
    const device = desk.freshDevice();
    const odd = [
      reading(device, 1),
      7,
      null,
      [],
      { ...reading(device, 2), 'half\ud800\0': 1 },
      reading(device, 2, { corrects: { deviceId: device } }),
    ];
    const answer = await desk.upload(odd);
    expect(answer.body['results']).toMatchObject([
      { line: 1, result: 'stored' },
      { line: 2, result: 'refused', errors: [{ column: '' }] },
      { line: 3, result: 'refused', errors: [{ column: '' }] },
      { line: 4, result: 'refused', errors: [{ column: '' }] },
      { line: 5, result: 'refused', errors: [{ column: 'half\uFFFD\uFFFD', detail: 'this field is not known' }] },
      { line: 6, result: 'refused', errors: [{ column: 'corrects.sequence' }] },
    ]);
    expect(await desk.storedOf(device)).toEqual([1]);
  });

  it.each<[string, string, string, object]>([
    ['a column that is not known', `${HEADER},tip\n1`, 'text/csv', { line: 1, column: 'tip' }],
    ['a column too few', 'deviceId,sequence,meterId,value,readAt\n1', 'text/csv', { line: 1, column: 'kind' }],
    ['a column twice', `${HEADER},kind\n1`, 'text/csv', { line: 1, column: 'kind' }],
    ['a column without a name', `${HEADER},\n1`, 'text/csv', { line: 1, column: '' }],
    ['a quote that never ends', `${HEADER}\na,1\n"b,2`, 'text/csv', { line: 3, column: '' }],
    ['a quote in the middle', `${HEADER}\na,1\nb"c,2\n`, 'text/csv', { line: 3, column: '' }],
    ['a header alone', `${HEADER}\n`, 'text/csv', { line: 1, column: '' }],
    ['nothing at all', '', 'text/csv', { line: 1, column: '' }],
    ['no list', '{"readings":{}}', 'application/json', { pointer: '/readings' }],
    ['an empty list', '{"readings":[]}', 'application/json', { pointer: '/readings' }],
    ['a field beside the list', '{"readings":[7],"device":1}', 'application/json', { pointer: '/device' }],
  ])('with %s are refused whole', async (_what, body, type, error) => {
    const before = await desk.uploads();
    const answer = await desk.uploadCsv(body, { 'content-type': type });
    expect(answer).toMatchObject({ status: 422, body: { errors: [error] } });
    expect(await desk.uploads()).toBe(before);
  });

  it('that are no UTF-8 name the line that is not', async () => {
    const bytes = Buffer.from(`${HEADER}\r\na,1\r\nGer\u00e4t,2\r\n`, 'latin1');
    expect(await desk.uploadCsv(bytes)).toMatchObject({ status: 422, body: { errors: [{ line: 3, column: '' }] } });
  });

  it.each<[string, Readonly<Record<string, string>>, string, number]>([
    ['no key', { 'idempotency-key': '' }, '{}', 400],
    ['another type', { 'content-type': 'application/xml' }, '<a/>', 415],
    ['another charset', { 'content-type': 'text/csv; charset=koi8-r' }, 'a', 415],
    ['a compressed body', { 'content-encoding': 'gzip' }, 'a', 415],
    ['what is no JSON', { 'content-type': 'application/json' }, '{"readings"', 400],
    ['more than 8 MB', {}, 'x'.repeat(8 * 1024 * 1024 + 1), 413],
  ])('with %s are not looked at', async (_what, headers, body, status) => {
    expect((await desk.uploadCsv(body, headers)).status).toBe(status);
  });

  it('are at most ten thousand at once, and one more is refused with all of them', async () => {
    const device = desk.freshDevice();
    const header = `${HEADER}\n`;
    const row = (sequence: number) => `${device},${sequence},M1,00120,2026-11-05T12:00:00Z,actual\n`;
    const most = Array.from({ length: 10_000 }, (_, index) => row(index + 1)).join('');
    const tooMany = await desk.uploadCsv(header + most + row(10_001));
    expect(tooMany).toMatchObject({
      status: 422,
      body: { errors: [{ line: 10_002, detail: 'at most 10000 readings at once' }] },
    });
    const list = await desk.upload(Array.from({ length: 10_001 }, () => 7));
    expect(list).toMatchObject({ status: 422, body: { errors: [{ pointer: '/readings' }] } });
    expect(await desk.storedOf(device)).toEqual([]);
    expect((await desk.uploadCsv(header + most)).body['rows']).toMatchObject({ total: 10_000, stored: 10_000 });
  });
});

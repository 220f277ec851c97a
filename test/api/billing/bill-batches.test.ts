/** A file of accounts over HTTP: each line is judged by itself, and a file that is none leaves nothing behind. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as schemas from '../../../api/billing/batches/batch-schemas.ts';
import {
  accountLine,
  accountLines,
  csvOf,
  rowsOf,
  uploadBatch,
  type BatchFileLine,
  type BatchUploadOptions,
} from '../../../bench/samples/bill-batches.ts';
import { insertSampleTariff } from '../../../bench/samples/tariffs.ts';
import { MERCHANT, startShop, type ApiShop } from '../shop-alone.ts';

describe('a file of accounts', () => {
  let shop: ApiShop;
  let office: { readonly url: string; readonly key: string };
  beforeAll(async () => {
    shop = await startShop();
    office = { url: shop.api.url, key: shop.pos.key };
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), MERCHANT);
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), MERCHANT, 'social');
  });
  afterAll(async () => {
    await shop.stop();
  });
  beforeEach(() => shop.startsBatches(undefined));

  const upload = async (file: string | Buffer, more: BatchUploadOptions = {}) => uploadBatch(office, file, more);
  const stored = async () =>
    shop.rows(
      `select (select count(*)::int from bill_batch) as batches, (select count(*)::int from bill_batch_row) as rows,
              (select count(*)::int from service_account) as accounts, (select count(*)::int from meter) as meters`,
    );
  /** Of the refused lines, where and what. */
  const faultsOf = async (batchId: unknown) =>
    (await rowsOf(office, batchId, '&status=refused')).flatMap(({ line, errors }) =>
      (errors as readonly { column: string; detail: string }[]).map(({ column, detail }) => [line, column, detail]),
    );

  const BAD: readonly (readonly [Partial<BatchFileLine>, string, string])[] = [
    [{ tariff: 'nobody-knows' }, 'tariff', 'there is no such tariff'],
    [{ installedValue: '123456' }, 'installedValue', 'at most 5 digits'],
    [{ digits: 'five' }, 'digits', 'a whole number'],
    [{ installedAt: '2026-02-30T00:00:00Z' }, 'installedAt', 'an instant'],
    [{ installedAt: '01/02/2026' }, 'installedAt', 'an instant'],
    [{ account: accountLine(1).account }, 'account', 'is in line 2 already'],
    [{ meter: accountLine(1).meter }, 'meter', 'is in line 2 already'],
    [{ taxId: '529.982.247-26' }, 'taxId', 'check digits'],
    [{ holder: '' }, 'holder', 'is needed'],
    [{ address: 'Rua|' }, 'address', 'must say something'],
    [{ language: 'fr' }, 'language', 'is one of pt, en'],
    [{ account: 'a\0b' }, 'account', '1 to 40 letters'],
    [{ holder: 'Maria\u0007' }, 'holder', 'cannot be printed'],
  ];

  it.each<[string, (lines: readonly BatchFileLine[]) => string, string]>([
    ['CSV', (lines) => csvOf(lines), 'text/csv'],
    [
      'CSV with semicolons, and lines ended as in Windows',
      (lines) => csvOf(lines, ';').replaceAll('\n', '\r\n'),
      'text/csv',
    ],
    ['JSON lines', (lines) => ['', ...lines.map((line) => JSON.stringify(line))].join('\n'), 'application/x-ndjson'],
  ])(
    'has each bad line refused by itself with its line and column, and the others waiting: %s',
    async (_, write, type) => {
      const bad = BAD.map(([changes], index) => accountLine(100 + index, changes));
      const answer = await upload(write([accountLine(1), ...bad, accountLine(2)]), { type });
      expect(answer.status).toBe(202);
      schemas.billBatch.parse(answer.body);
      expect(answer.body).toMatchObject({
        status: 'waiting',
        rows: { total: BAD.length + 2, refused: BAD.length, waiting: 2 },
        files: [],
      });
      expect(await faultsOf(answer.body['id'])).toEqual(
        BAD.map(([, column, detail], index) => [index + 3, column, expect.stringContaining(detail)]),
      );
      const waiting = await rowsOf(office, answer.body['id'], '&status=waiting');
      expect(waiting).toMatchObject([
        { line: 2, accountId: accountLine(1).account },
        { line: BAD.length + 3, accountId: accountLine(2).account },
      ]);
      expect(shop.startedBatches.at(-1)).toBe(answer.body['id']);
      // Nothing of a refused line is stored but the line.
      expect((await shop.pos.get(`/v1/service-accounts/${accountLine(108).account}`)).status).toBe(404);
    },
  );

  it('has a line that is no account refused, and one with too many cells', async () => {
    const json = ['[1]', '{"account":', JSON.stringify({ ...accountLine(3), decimal: 2 })].join('\n');
    const { body } = await upload(json, { type: 'application/x-ndjson' });
    expect(await faultsOf(body['id'])).toEqual([
      [1, '', 'is no JSON object'],
      [2, '', 'is no JSON object'],
      [3, 'decimal', 'this column is not known'],
    ]);
    const csv = await upload(`${csvOf([accountLine(3)])},"one more"`);
    expect(await faultsOf(csv.body['id'])).toEqual([[2, '', 'has more cells than the header']]);
  });

  it('takes its tariff and its days from the upload where a line names none', async () => {
    const { tariff: _, ...line } = accountLine(4);
    const query = 'tariffId=social&dueInDays=3&graceDays=7';
    const { body } = await upload(JSON.stringify(line), { type: 'application/x-ndjson', query });
    expect(body['rows']).toMatchObject({ waiting: 1 });
    expect((await shop.pos.get(`/v1/service-accounts/${line.account}`)).body).toMatchObject({
      tariffId: 'social',
      dueInDays: 3,
      graceDays: 7,
      limits: { periods: 6 },
    });
  });

  it('leaves the rules of an account that it knows, and its tax number where it says none', async () => {
    const line = accountLine(5);
    await upload(csvOf([line]));
    const { meters: _, ...before } = (await shop.pos.get(`/v1/service-accounts/${line.account}`)).body;
    await shop.rows(`update service_account set rules = rules || '{"graceDays": 99}' where account_id = $1`, [
      line.account,
    ]);
    const { taxId: __, ...without } = line;
    await upload(JSON.stringify(without), { type: 'application/x-ndjson', query: 'dueInDays=5' });
    const { meters, ...after } = (await shop.pos.get(`/v1/service-accounts/${line.account}`)).body;
    expect(after).toEqual({ ...before, graceDays: 99, dueInDays: 5 });
    expect(meters).toHaveLength(1);
  });

  it('moves no meter, and brings none back that was removed', async () => {
    const [line, taker] = [accountLine(6), accountLine(7, { meter: accountLine(6).meter })];
    await upload(csvOf([line]));
    const { body } = await upload(csvOf([taker]));
    expect(await faultsOf(body['id'])).toEqual([
      [2, 'meter', expect.stringContaining(`is at account ${line.account}`)],
    ]);
    await shop.pos.put(`/v1/meters/${line.meter}`, {
      accountId: line.account,
      digits: 5,
      installed: { value: line.installedValue, at: line.installedAt },
      removed: { value: '00200', at: '2026-03-01T00:00:00Z' },
    });
    await upload(csvOf([line]));
    expect((await shop.pos.get(`/v1/service-accounts/${line.account}`)).body['meters']).toMatchObject([
      { id: line.meter, removed: { value: '00200' } },
    ]);
  });

  const header = csvOf([]);
  it.each<[string, string | Buffer, BatchUploadOptions, object]>([
    ['without a needed column', header.replace('digits,', ''), {}, { line: 1, column: 'digits' }],
    ['with a misspelt column', header.replace('taxId', 'tax_id'), {}, { line: 1, column: 'tax_id' }],
    ['with a column twice', `${header},meter`, {}, { line: 1, column: 'meter' }],
    ['without a line', header, {}, { line: 1, column: '' }],
    ['that is empty', '', {}, { line: 1, column: '' }],
    ['that is no CSV', `${csvOf([accountLine(8)])}\n"a"b,"`, {}, { line: 3, column: '' }],
    ['that is not UTF-8', Buffer.from(`${csvOf([accountLine(8)])}\xff`, 'latin1'), {}, { line: 1, column: '' }],
    ['with an endless line', 'x'.repeat(50_000), { type: 'application/x-ndjson' }, { line: 1, column: '' }],
    ['for an unknown tariff', csvOf([accountLine(8)]), { query: 'tariffId=none' }, { parameter: 'tariffId' }],
    [
      'on modules too small',
      csvOf([accountLine(8)]),
      { query: 'moduleMillimetres=0.1' },
      { parameter: 'moduleMillimetres' },
    ],
    ['without pages', csvOf([accountLine(8)]), { query: 'pagesPerFile=0' }, { parameter: 'pagesPerFile' }],
  ])('is refused whole and stores nothing: %s', async (_, file, more, where) => {
    const before = [await stored(), shop.startedBatches.length];
    const answer = await upload(file, more);
    expect(answer).toMatchObject({ status: 422, body: { type: 'https://relink.dev/problems/validation-failed' } });
    expect(answer.body['errors']).toMatchObject([where]);
    expect([await stored(), shop.startedBatches.length]).toEqual(before);
  });

  it('is refused whole with more than a hundred thousand lines', async () => {
    const before = await stored();
    const answer = await upload('{}\n'.repeat(100_001), { type: 'application/x-ndjson' });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ line: 100_001, column: '' }] } });
    expect(await stored()).toEqual(before);
  });

  it('comes with a key, as a type that is taken, and with a name', async () => {
    const csv = csvOf([accountLine(9)]);
    expect(
      (await shop.pos.send('POST', '/v1/bill-batches?name=x', { 'content-type': 'text/csv' }, csv)).body,
    ).toMatchObject({
      type: 'https://relink.dev/problems/idempotency-key-required',
    });
    expect((await upload(csv, { type: 'application/json' })).status).toBe(415);
    expect((await upload(csv, { query: 'name=%00' })).status).toBe(400);
    expect((await upload(csv, { query: 'kind=a5' })).status).toBe(400);
  });

  it('is one batch under one key, also when it comes twice at once', async () => {
    const csv = csvOf(accountLines(20));
    const answers = await Promise.all([1, 2, 3].map(async () => upload(csv, { key: 'twice-at-once' })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.has('idempotency-replayed'))).toHaveLength(2);
    expect(await rowsOf(office, answers[0]?.body['id'])).toHaveLength(20);
  });

  it('is stored although Temporal is away, and says so', async () => {
    shop.startsBatches(async () => Promise.reject(new Error('away')));
    const csv = csvOf([accountLine(30)]);
    const answer = await upload(csv, { key: 'away' });
    expect(answer).toMatchObject({ status: 503, body: { type: 'https://relink.dev/problems/temporal-unavailable' } });
    const location = String(answer.headers.get('location'));
    expect((await shop.pos.get(location)).body).toMatchObject({ status: 'waiting', rows: { waiting: 1 } });
    shop.startsBatches(undefined);
    expect(await upload(csv, { key: 'away' })).toMatchObject({ status: 202, body: { id: location.split('/').at(-1) } });
    expect(shop.startedBatches.at(-1)).toBe(location.split('/').at(-1));
  });

  it('is nobody else’s to see', async () => {
    const { body } = await upload(csvOf([accountLine(31)]));
    const id = String(body['id']);
    for (const path of ['', '/rows', '/files/1.pdf']) {
      expect((await shop.other.get(`/v1/bill-batches/${id}${path}`)).status).toBe(404);
    }
    expect((await shop.other.get('/v1/bill-batches')).body).toEqual({ data: [], next: null });
    expect((await shop.other.get(`/v1/service-accounts?batchId=${id}`)).body).toEqual({ data: [], next: null });
    const list = await shop.pos.get('/v1/bill-batches?limit=2');
    schemas.batchPage.parse(list.body);
    expect(list.body['data']).toMatchObject([{ id }, {}]);
    expect(list.body['next']).not.toBeNull();
  });
});

/** Statements and runs over HTTP without Temporal: what is refused, what is stored all the same, and whose it is. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startShop, type ApiShop } from '../shop-alone.ts';

describe('the import of statements', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  let keys = 0;
  const send = async (query: string, body: string, headers: Readonly<Record<string, string>> = {}) => {
    keys += 1;
    const all = { 'content-type': 'text/csv', 'idempotency-key': `key-${keys}`, ...headers };
    return shop.pos.send('POST', `/v1/statements${query}`, all, body);
  };
  const MAPPING = '?date=date&amount=amount';
  const lines = async () => (await shop.rows<{ count: string }>('select count(*) from statement_line'))[0]?.count;

  it('refuses the whole of it for one bad line, names line and column, and stores nothing', async () => {
    const answer = await send(MAPPING, 'date,amount\n2026-11-24,1.00\n2026-11-24,1.005\n');
    expect(answer).toMatchObject({
      status: 422,
      body: {
        type: 'https://relink.dev/problems/validation-failed',
        errors: [{ line: 3, column: 'amount', detail: "no amount of BRL with '.' before its decimals" }],
      },
    });
    expect(await lines()).toBe('0');
  });

  it('names a hundred errors and no more', async () => {
    const { status, body } = await send(MAPPING, `date,amount\n${'today,1.00\n'.repeat(500)}`);
    expect(status).toBe(422);
    expect(body['errors']).toHaveLength(100);
  });

  it.each([
    ['nothing', '', {}, 422],
    ['a header alone', 'date,amount\n', {}, 422],
    [
      'bytes of another encoding',
      'date,amount,text\n2026-11-24,1.00,\u00e9',
      { 'content-type': 'text/csv; charset=koi8-r' },
      415,
    ],
    ['JSON', '{}', { 'content-type': 'application/json' }, 415],
    ['a compressed body', 'date', { 'content-encoding': 'gzip' }, 415],
    ['a key that is none', 'date', { 'idempotency-key': '\u00e9' }, 400],
  ])('refuses %s', async (_what, body, headers, status) => {
    expect((await send(MAPPING, body, headers)).status).toBe(status);
    expect(await lines()).toBe('0');
  });

  it('wants a mapping that is complete, and none for camt.053', async () => {
    expect(await send('?date=date', 'date,amount\n')).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: 'amount' }] },
    });
    expect(await send('?date=date&amount=amount&decimal=x', '')).toMatchObject({ status: 400 });
    expect(await send(MAPPING, '<a/>', { 'content-type': 'application/xml' })).toMatchObject({ status: 400 });
  });

  it('takes 32 MB and no byte more', async () => {
    const line = '2026-11-24,1.00\n';
    const most = 32 * 1024 * 1024;
    const text = `date,amount\n${line.repeat(Math.ceil(most / line.length))}`;
    expect(await send(MAPPING, text)).toMatchObject({ status: 413 });
    expect(await lines()).toBe('0');
  });

  it('keeps statement and run when Temporal is away, and goes on with both at the next try', async () => {
    const text = 'date,amount\n2026-11-24,1.00\n';
    const first = await send(MAPPING, text);
    expect(first).toMatchObject({ status: 503, body: { type: 'https://relink.dev/problems/temporal-unavailable' } });
    const location = first.headers.get('location') ?? '';
    expect((await shop.pos.get(location)).body).toMatchObject({ kind: 'statement', status: 'waiting' });
    const second = await send(MAPPING, text);
    expect(second.headers.get('location')).toBe(location);
    expect(await lines()).toBe('1');
    const ofOther = await shop.other.get(location);
    expect(ofOther.status).toBe(404);
    expect((await shop.other.get('/v1/reconciliations')).body).toEqual({ data: [], next: null });
  });

  it('reads the same bytes otherwise as another statement', async () => {
    const text = 'date,amount\n2026-11-25,1.00\n';
    const one = await send(MAPPING, text);
    const other = await send(`${MAPPING}&sign=debit-positive`, text);
    expect(other.headers.get('location')).not.toBe(one.headers.get('location'));
  });

  it('cannot be changed afterwards, nor can a finding', async () => {
    await expect(shop.rows('update statement_line set amount_minor = 2')).rejects.toThrow('append-only');
    await expect(shop.rows('delete from statement')).rejects.toThrow('append-only');
  });
});

describe('a run that is asked for', () => {
  let shop: ApiShop;
  beforeAll(async () => {
    shop = await startShop();
  });
  afterAll(async () => {
    await shop.stop();
  });

  it.each([
    [{ to: '2026-11-24T00:00:00Z' }, '/from'],
    [{ from: '2026-11-25T00:00:00Z', to: '2026-11-24T00:00:00Z' }, '/from'],
    [{ from: '2020-11-25T00:00:00Z' }, '/from'],
    [{ from: 'yesterday' }, '/from'],
    [{ statementId: '0'.repeat(32) }, '/statementId'],
    [{ since: 'x' }, '/since'],
  ])('%j is refused at %s', async (body, pointer) => {
    expect(await shop.pos.post('/v1/reconciliations', body)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer }] },
    });
  });

  it('is stored when Temporal is away, and found again under its key', async () => {
    const headers = { 'idempotency-key': 'one' };
    const first = await shop.pos.post('/v1/reconciliations', undefined, headers);
    expect(first.status).toBe(503);
    const second = await shop.pos.post('/v1/reconciliations', undefined, headers);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect((await shop.pos.get('/v1/reconciliations')).body['data']).toHaveLength(1);
    expect((await shop.pos.get('/v1/reconciliations/nothing')).status).toBe(404);
  });
});

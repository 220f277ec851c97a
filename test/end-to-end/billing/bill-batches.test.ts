/**
 * Codes before anybody knows what was used: a file of accounts becomes links, codes and a PDF that is the same for
 * ever.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as schemas from '../../../api/billing/batches/batch-schemas.ts';
import { codesOf } from '../../../activities/billing/store-batch-portion.ts';
import { parseShortCode, spacedShortCode, type ShortCode } from '../../../domain/codes/short-code.ts';
import { billBatchWorkflowId } from '../../../workflows/messages.ts';
import { accountLine, accountLines, csvOf, fileOf, rowsOf, uploadBatch } from '../../../bench/samples/bill-batches.ts';
import { untilPrinted } from '../../support/printed-batch.ts';
import { openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';
import { insertSampleTariff } from '../../../bench/samples/tariffs.ts';

describe('a batch of bills', () => {
  let shop: Shop;
  let office: { readonly url: string; readonly key: string };
  beforeAll(async () => {
    shop = await openShop();
    office = { url: shop.api.url, key: shop.key };
    await insertSampleTariff(async (sql, values) => shop.rows(sql, values), shop.merchantId);
  });
  afterAll(async () => {
    await shop?.close();
  });

  const linksAtBank = async (): Promise<number> => {
    const answer = await fetch(`${shop.bankUrl}/control/calls`);
    return ((await answer.json()) as Readonly<Record<string, number>>)['POST /payment-links'] ?? 0;
  };

  it('gives each account its code, once, and draws the same file on every call', async () => {
    const key = 'march';
    const csv = csvOf(accountLines(60));
    const query = 'kind=stickers&pagesPerFile=2&dueInDays=21';
    const taken = await uploadBatch(office, csv, { key, query });
    expect(taken.status).toBe(202);
    schemas.billBatch.parse(taken.body);
    expect(taken.body).toMatchObject({
      name: 'Lote',
      layout: { kind: 'stickers', level: 'Q', moduleMillimetres: 0.4, pagesPerFile: 2 },
      rows: { total: 60, refused: 0 },
    });
    const printed = await untilPrinted(office, taken.body['id']);
    schemas.billBatch.parse(printed);
    expect(printed).toMatchObject({
      status: 'finished',
      rows: { total: 60, opened: 60, waiting: 0, reused: 0, failed: 0 },
      secondsLeft: null,
      files: [
        { number: 1, bills: 48 },
        { number: 2, bills: 12 },
      ],
    });
    expect(await linksAtBank()).toBe(60);
    const files = printed['files'] as readonly { readonly url: string }[];
    for (const { url } of files) {
      const first = await fileOf(office, url);
      expect(first.subarray(0, 5).toString()).toBe('%PDF-');
      expect((await fileOf(office, url)).equals(first)).toBe(true);
    }

    // The same bytes under the same key are the same batch, and open nothing.
    const again = await uploadBatch(office, csv, { key, query });
    expect(again).toMatchObject({ status: 202, body: { id: printed['id'], status: 'finished' } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const otherwise = await uploadBatch(office, csv, { key, query: 'kind=a4' });
    expect(otherwise).toMatchObject({
      status: 422,
      body: { type: 'https://relink.dev/problems/idempotency-key-reuse' },
    });
    expect(await linksAtBank()).toBe(60);
  });

  it('leaves each account with a free link, a short code that proves itself, and a history', async () => {
    const account = (await shop.pos.get('/v1/service-accounts/0047-000007')).body;
    expect(account).toMatchObject({ dueInDays: 21, meters: [{ id: 'M-000007' }] });
    const link = await shop.link(String(account['paymentLinkId']));
    expect(link).toMatchObject({
      kind: 'bill',
      status: 'free',
      label: 'Account 0047-000007',
      reference: '0047-000007',
    });
    const code = account['shortCode'] as ShortCode;
    expect(parseShortCode(code)).toMatchObject({ ok: true });
    expect(codesOf(shop.merchantId, String(link['id']))[0]).toBe(code);
    const found = await shop.pos.get(`/v1/service-accounts?shortCode=${spacedShortCode(code).toLowerCase()}`);
    expect(found.body['data']).toMatchObject([
      { id: '0047-000007', printedCode: (link['qr'] as { readonly text: string }).text },
    ]);
    const history = await shop.pos.get(`/v1/payment-links/${String(link['id'])}/history`);
    expect(history.body['data']).toMatchObject([{ what: 'opened', actor: expect.stringMatching(/^key /) }]);
    // Nothing of it is in Temporal until something happens on it.
    await expect(
      shop.client.workflow.getHandle(shop.workflowId(String(link['id']), 'bill')).describe(),
    ).rejects.toThrow(/not found/);
    const scanned = await shop.scan((link['qr'] as { readonly text: string }).text);
    expect(scanned).toBeDefined();
  });

  it('prints an account that has its code with that code, whatever is new about its holder', async () => {
    const before = await linksAtBank();
    const lines = [accountLine(1, { holder: 'João Pereira' }), accountLine(61)];
    const { body } = await uploadBatch(office, csvOf(lines, ';'));
    const printed = await untilPrinted(office, body['id']);
    expect(printed['rows']).toMatchObject({ total: 2, reused: 1, opened: 1 });
    expect(await linksAtBank()).toBe(before + 1);
    const [old] = await rowsOf(office, body['id']);
    const account = (await shop.pos.get('/v1/service-accounts/0047-000001')).body;
    expect(account).toMatchObject({ holder: 'João Pereira', dueInDays: 21 });
    expect(old).toMatchObject({
      status: 'reused',
      paymentLinkId: account['paymentLinkId'],
      shortCode: account['shortCode'],
    });
    const round = await shop.pos.get(`/v1/service-accounts?batchId=${String(body['id'])}`);
    expect(round.body['data']).toMatchObject([{ id: '0047-000001' }, { id: '0047-000061' }]);
  });

  it('makes one link of an account that is in two batches at the same moment', async () => {
    const before = await shop.rows<{ n: number }>('select count(*)::int as n from payment_link');
    const lines = Array.from({ length: 40 }, (_, index) => accountLine(100 + index));
    const { body: one } = await uploadBatch(office, csvOf(lines));
    const { body: other } = await uploadBatch(office, csvOf(lines.toReversed()));
    const ended = await Promise.all([untilPrinted(office, one['id']), untilPrinted(office, other['id'])]);
    const opened = ended.map(({ rows }) => rows as { readonly opened: number; readonly reused: number });
    expect(opened.reduce((sum, rows) => sum + rows.opened, 0)).toBe(40);
    expect(opened.reduce((sum, rows) => sum + rows.reused, 0)).toBe(40);
    const after = await shop.rows<{ n: number }>('select count(*)::int as n from payment_link');
    expect(Number(after[0]?.n) - Number(before[0]?.n)).toBe(40);
    const codeIn = async (id: unknown) =>
      new Map((await rowsOf(office, id)).map((row) => [row['accountId'], row['shortCode']]));
    const [first, second] = [await codeIn(one['id']), await codeIn(other['id'])];
    expect(first.size).toBe(40);
    expect(new Map([...second].toReversed())).toEqual(first);
  });

  it('is begun by watch when its start was lost', async () => {
    const { body } = await uploadBatch(office, csvOf([accountLine(300)]));
    await untilPrinted(office, body['id']);
    const lost = 'a'.repeat(32);
    await shop.rows(
      `insert into bill_batch (batch_id, merchant_id, name, layout, payee, digest, idempotency_key, bytes, rows,
       actor, created_at)
       select $1, merchant_id, name, layout, payee, digest, 'lost', bytes, rows, actor, now() - interval '11 s'
         from bill_batch where batch_id = $2`,
      [lost, body['id']],
    );
    await shop.rows(
      `insert into bill_batch_row (merchant_id, batch_id, line, account_id, status) values ($1, $2, 2, $3, 'waiting')`,
      [shop.merchantId, lost, accountLine(300).account],
    );
    const running = await shop.pos.get(`/v1/bill-batches/${lost}/files/1.pdf`);
    expect(running).toMatchObject({ status: 409, body: { type: 'https://relink.dev/problems/bill-batch-running' } });
    await shop.watch();
    expect(await untilPrinted(office, lost)).toMatchObject({ status: 'finished', rows: { reused: 1 } });
  });

  it('waits for a bank that is away, and goes on where it stood when its workflow was terminated', async () => {
    await shop.control('faults', { status: 503, method: 'POST', path: '/payment-links' });
    const { body } = await uploadBatch(office, csvOf([accountLine(310), accountLine(311)]));
    const id = String(body['id']);
    const handle = shop.client.workflow.getHandle(billBatchWorkflowId(shop.merchantId, id));
    const isTrying = async (): Promise<boolean> =>
      ((await handle.describe()).raw.pendingActivities ?? []).some(({ attempt }) => Number(attempt) > 1);
    await eventually(isTrying, 100);
    expect((await shop.pos.get(`/v1/bill-batches/${id}`)).body).toMatchObject({
      status: 'running',
      rows: { waiting: 2 },
    });
    await handle.terminate('by mistake');
    await shop.reset();
    await shop.rows(`update bill_batch set created_at = now() - interval '11 s' where batch_id = $1`, [id]);
    await shop.watch();
    expect(await untilPrinted(office, id)).toMatchObject({ status: 'finished', rows: { opened: 2 } });
  });

  it('says of a provider that refuses an account why, and prints the others', async () => {
    await shop.control('faults', { status: 400, method: 'POST', path: '/payment-links', times: 1 });
    const { body } = await uploadBatch(office, csvOf([accountLine(401), accountLine(402)]));
    const printed = await untilPrinted(office, body['id']);
    expect(printed['rows']).toMatchObject({ failed: 1, opened: 1 });
    const [failed] = await rowsOf(office, body['id'], '&status=failed');
    expect(failed).toMatchObject({ errors: [{ column: '', detail: expect.stringContaining('the bank refused') }] });
  });

  it('is drawn for nobody else, and no file that it does not have', async () => {
    const [batch] = (await shop.pos.get('/v1/bill-batches?limit=1')).body['data'] as readonly { readonly id: string }[];
    for (const file of ['0', '2', '01', 'x', '999999']) {
      expect((await shop.pos.get(`/v1/bill-batches/${batch?.id}/files/${file}.pdf`)).status).toBe(404);
    }
    expect((await shop.pos.get(`/v1/bill-batches/${'0'.repeat(32)}`)).status).toBe(404);
    expect((await shop.pos.get('/v1/bill-batches/x/rows')).status).toBe(404);
  });
});

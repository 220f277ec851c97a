/**
 * What every callback and every check has missed, the night finds: by its Schedule, on the whole product, against the
 * bank.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createProvider } from '../../../providers/from-config.ts';
import { call } from '../../providers/builders.ts';
import { brl, openShop, type Shop } from '../../support/shop.ts';
import { eventually } from '../../limits/until.ts';

type Row = Readonly<Record<string, unknown>>;

describe('the nightly run', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    await shop.reset();
  });
  afterAll(async () => {
    await shop?.close();
  });

  const CANCELLED_NOTICE = `select from inbox where payment_request_id = $1 and status = 'cancelled' and applied_at is not null`;
  const findings = (run: Row) => run['findings'] as readonly Row[];
  /** As if `watch` had lost it: nothing looks at it any more. */
  const forget = async (id: string) =>
    shop.rows('update payment_request set next_check_at = null where payment_request_id = $1', [id]);

  it('of a day on which all went well explains all of the money', async () => {
    const sales = await Promise.all(
      ['10.00', '20.50', '0.01'].map(async (value) => {
        const till = await shop.openTill();
        const id = await shop.sold(till, { amount: brl(value) });
        await shop.pay(id);
        return id;
      }),
    );
    await Promise.all(sales.map(async (id) => shop.untilRequest(id, 'paid')));
    const waiting = await shop.sold(await shop.openTill());
    const run = await shop.reconcileByNight();
    expect(run).toMatchObject({
      kind: 'nightly',
      status: 'finished',
      explained: '100.000',
      money: [{ currency: 'BRL', seen: brl('30.51'), booked: brl('30.51'), explained: '100.000' }],
      counts: { requests: 4, findings: 0 },
      findings: [],
    });
    expect(await shop.request(waiting)).toMatchObject({ status: 'active' });
  });

  it('finds a payment whose callback and checks were lost, and it is booked by the normal path', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    await shop.control('faults', { callbacks: 'drop', times: 10 });
    await shop.pay(id);
    await forget(id);
    const run = await shop.reconcileByNight();
    expect(run).toMatchObject({
      status: 'finished',
      explained: '100.000',
      counts: { findings: 1, healed: 1, checksSent: 1 },
    });
    expect(findings(run)).toMatchObject([
      { kind: 'missing-here', paymentRequestId: id, healed: true, theirs: { amount: brl('24.90') }, exceptionId: null },
    ]);
    expect(await shop.request(id)).toMatchObject({ status: 'paid' });
    await shop.untilLink(till, 'free');
    // The next night has nothing to say about it.
    expect((await shop.reconcileByNight())['counts']).toMatchObject({ findings: 0 });
  });

  it('finds a cancelled request that was paid at the bank after all, and the money gets an owner', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    expect((await shop.cancel(id)).status).toBe(200);
    // The notice of it makes the link read once more; nothing does after that.
    await eventually(async () => (await shop.rows(CANCELLED_NOTICE, [id])).length === 1);
    await shop.control('faults', { callbacks: 'drop', times: 10 });
    await shop.pay(id, { how: 'late' });
    await forget(id);
    const run = await shop.reconcileByNight();
    expect(findings(run)).toMatchObject([{ kind: 'became-paid', paymentRequestId: id, healed: true }]);
    expect(run['explained']).toBe('100.000');
    expect(await shop.request(id)).toMatchObject({ status: 'paid', exceptions: [{ kind: 'late' }] });
  });

  it('finds a request that has ended here and is alive at the bank again, and it is cancelled there', async () => {
    const till = await shop.openTill();
    const [link] = await shop.rows<{ id: string }>(
      'select provider_link_id as id from payment_link where payment_link_id = $1',
      [till],
    );
    const id = randomBytes(16).toString('hex');
    await shop.control('faults', { callbacks: 'drop', times: 20 });
    const provider = createProvider(shop.config.provider);
    // A write of ours that was cut, and landed after the request had been given up here.
    const { createdAt } = await provider.putRequest(
      {
        requestId: id,
        providerLinkId: link?.id ?? '',
        kind: 'till',
        charge: {
          amount: { minorUnits: '2490', currency: 'BRL' },
          reference: 'x',
          expiry: { is: 'within', seconds: 900 },
        },
      },
      call(),
    );
    await provider.close();
    await shop.rows(
      `insert into payment_request (merchant_id, payment_request_id, payment_link_id, status, currency, amount_minor,
       reference, provider_created_at, ended_at)
       values ($1, $2, $3, 'cancelled', 'BRL', 2490, 'x', $4, now())`,
      [shop.merchantId, id, till, createdAt],
    );
    const run = await shop.reconcileByNight();
    expect(findings(run)).toMatchObject([{ kind: 'became-payable', paymentRequestId: id }]);
    await eventually(async () => (await shop.atBank(id))?.['status'] === 'CANCELLED');
  });

  it('and the look right after a settlement find a stranger on the code; its money is booked, and owned', async () => {
    const till = await shop.openTill();
    const id = await shop.sold(till);
    const [link] = await shop.rows<{ id: string }>(
      'select provider_link_id as id from payment_link where payment_link_id = $1',
      [till],
    );
    await shop.control('faults', { callbacks: 'drop', times: 20 });
    await shop.pay(id);
    const provider = createProvider(shop.config.provider);
    const stranger = randomBytes(16).toString('hex');
    const amount = { minorUnits: '700', currency: 'BRL' } as const;
    await provider.putRequest(
      {
        requestId: stranger,
        providerLinkId: link?.id ?? '',
        kind: 'till',
        charge: { amount, reference: 'x', expiry: { is: 'within', seconds: 900 } },
      },
      call(),
    );
    await provider.close();
    await shop.watch();
    await shop.untilRequest(id, 'paid');
    await shop.untilLink(till, 'attention');
    await shop.pay(stranger);
    const run = await shop.reconcileByNight();
    expect(run['explained']).toBe('100.000');
    const exceptions = await shop.rows<{ kind: string; exception_id: string }>(
      'select kind, exception_id from exception where payment_link_id = $1 order by opened_at',
      [till],
    );
    expect(exceptions.map(({ kind }) => kind)).toEqual(['stranger', 'unknown-request']);
    const exceptionId = exceptions[1]?.exception_id;
    expect(findings(run)).toMatchObject([{ kind: 'unknown-request', paymentRequestId: stranger, exceptionId }]);
  });

  it('lists links of the bank that are nobody’s here, and leaves out those that are another merchant’s', async () => {
    const provider = createProvider(shop.config.provider);
    // A young link may be on its way into our own table.
    await shop.control('clock', { advanceSeconds: -3_600 });
    const [stray, neighbours] = [await provider.openLink('till', call()), await provider.openLink('till', call())];
    await shop.control('clock', { reset: true });
    await provider.close();
    await shop.rows(
      `insert into merchant (merchant_id, name, city, time_zone, currency) values ('other', 'O', 'O', 'UTC', 'BRL')`,
    );
    await shop.rows(`insert into merchant_head (merchant_id) values ('other')`);
    await shop.rows(
      `insert into payment_link (merchant_id, payment_link_id, kind, label, status, provider, provider_link_id,
       next_check_at)
       values ('other', 'theirs', 'till', 'Till 1', 'free', 'jpmorgan', $1, null)`,
      [neighbours.providerLinkId],
    );
    const run = await shop.reconcileByNight();
    const strays = findings(run).filter(({ kind }) => kind === 'stray-link');
    expect(strays).toMatchObject([{ providerLinkId: stray.providerLinkId }]);
  });

  it('is asked for as well, once however often the key comes', async () => {
    const headers = { 'idempotency-key': 'close-of-business' };
    const asked = await shop.pos.post('/v1/reconciliations', {}, headers);
    expect(asked).toMatchObject({ status: 202, body: { kind: 'asked' } });
    const run = await shop.untilReconciled(asked.headers.get('location'));
    expect(run).toMatchObject({ status: 'finished', explained: '100.000' });
    const again = await shop.pos.post('/v1/reconciliations', {}, headers);
    expect(again.body['id']).toBe(run['id']);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const from = new Date(Date.now() - 3_600_000).toISOString();
    expect(await shop.pos.post('/v1/reconciliations', { from }, headers)).toMatchObject({ status: 422 });
  });
});

describe('a bank’s statement', () => {
  let shop: Shop;
  let paid: { readonly id: string; readonly e2e: string; readonly day: string };
  beforeAll(async () => {
    shop = await openShop();
    const id = await shop.sold(await shop.openTill());
    await shop.pay(id);
    await shop.untilRequest(id, 'paid');
    const [row] = await shop.rows<{ e2e: string; day: string }>(
      `select end_to_end_id as e2e, (settled_at at time zone 'America/Sao_Paulo')::date::text as day from ledger_transaction`,
    );
    paid = { id, e2e: row?.e2e ?? '', day: row?.day ?? '' };
  });
  afterAll(async () => {
    await shop?.close();
  });

  const send = async (query: string, type: string, body: string, key: string) =>
    shop.pos.send('POST', `/v1/statements${query}`, { 'content-type': type, 'idempotency-key': key }, body);
  const MAPPING = '?date=Dia&amount=Valor&endToEndId=Id&delimiter=;&decimal=,';
  const csvOf = (value: string) => `Dia;Valor;Id\n${paid.day};${value};${paid.e2e}\n`;

  it('as CSV is matched to the ledger, and the same bytes are the same statement', async () => {
    const sent = await send(MAPPING, 'text/csv', csvOf('24,90'), 'one');
    expect(sent).toMatchObject({ status: 202, body: { format: 'csv', lines: 1, from: paid.day, to: paid.day } });
    const run = await shop.untilReconciled(sent.headers.get('location'));
    expect(run).toMatchObject({ kind: 'statement', status: 'finished', explained: '100.000', counts: { matched: 1 } });
    const again = await send(MAPPING, 'text/csv', csvOf('24,90'), 'two');
    expect(again.body).toEqual(sent.body);
    expect(again.headers.get('location')).toBe(sent.headers.get('location'));
    expect((await shop.pos.get(`/v1/statements/${String(sent.body['id'])}`)).body).toEqual(sent.body);
    expect(await send(MAPPING, 'text/csv', csvOf('24,91'), 'one')).toMatchObject({ status: 422 });
  });

  it('that is a cent off is found different, and an exception owns it', async () => {
    const sent = await send(MAPPING, 'text/csv', csvOf('24,91'), 'three');
    const run = await shop.untilReconciled(sent.headers.get('location'));
    expect(run).toMatchObject({
      explained: '0.000',
      findings: [
        {
          kind: 'amount-differs',
          line: 2,
          endToEndId: paid.e2e,
          ours: { amount: brl('24.90') },
          theirs: { amount: brl('24.91') },
        },
      ],
    });
    expect(await shop.request(paid.id)).toMatchObject({ exceptions: [{ kind: 'differs-at-provider' }] });
    const { body } = await shop.pos.get(
      `/v1/reconciliations/${String(run['id'])}/findings?kind=amount-differs&limit=1`,
    );
    expect(body).toMatchObject({ data: [{ line: 2 }], next: null });
  });

  it('as camt.053 is matched to the ledger', async () => {
    const xml = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy="BRL">24.90</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${paid.day}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>${paid.e2e}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`;
    const sent = await send('', 'application/xml', xml, 'four');
    expect(sent).toMatchObject({ status: 202, body: { format: 'camt.053', lines: 1 } });
    expect(await shop.untilReconciled(sent.headers.get('location'))).toMatchObject({
      explained: '100.000',
      findings: [],
    });
  });
});

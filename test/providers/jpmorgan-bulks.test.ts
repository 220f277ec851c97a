/** Many requests in one call, over real HTTP: what the adapter sends, what it believes, and how each row ends. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sameCharge, type Charge } from '../../domain/money/charge.ts';
import type { RequestWrite } from '../../providers/provider.ts';
import { aBank, aCharge, aProvider, aWrite, call, failureOf, newId, type StubReply } from './builders.ts';
import { aSimulatedBank, type SimulatedBank } from './simulated-bank.ts';

const expiry = { is: 'due', date: '2099-11-01', graceDays: 30 } as const;

function aBill(differences: Partial<Charge> = {}): Charge {
  return aCharge({ expiry, reference: 'November', ...differences });
}

function aRow(differences: Partial<RequestWrite> = {}): RequestWrite {
  return aWrite({ requestId: newId(), kind: 'bill', charge: aBill(), ...differences });
}

describe('a bulk at the simulator', () => {
  let bank: SimulatedBank;

  beforeAll(async () => {
    bank = await aSimulatedBank();
  });

  afterAll(() => bank.close());

  async function linkedRow(differences: Partial<RequestWrite> = {}): Promise<RequestWrite> {
    const { providerLinkId } = await bank.jpmorgan.openLink('bill', call());
    return aRow({ providerLinkId, ...differences });
  }

  it('creates each request under our id and on its own code', async () => {
    const writes = [await linkedRow(), await linkedRow({ charge: aBill({ reference: 'meter 7' }) })];
    const { bulkId } = await bank.jpmorgan.putMany(writes, call());
    const rows = await bank.jpmorgan.readBulk(bulkId, call());
    expect(rows).toEqual(writes.map(({ requestId }) => ({ requestId, is: 'done' })));
    for (const { requestId, providerLinkId, charge } of writes) {
      const read = await bank.read(requestId);
      expect(read).toMatchObject({ status: 'active', revision: 0, providerLinkId });
      expect(sameCharge(read.charge, charge)).toBe(true);
    }
  });

  it('of as many rows as there may be is one call', async () => {
    const writes = await Promise.all(Array.from({ length: bank.jpmorgan.bulk?.mostRows ?? 0 }, () => linkedRow()));
    expect(writes).toHaveLength(25);
    const { bulkId } = await bank.jpmorgan.putMany(writes, call());
    expect(new Set((await bank.jpmorgan.readBulk(bulkId, call()))?.map((row) => row.is))).toEqual(new Set(['done']));
  });

  it('succeeds in part, and says by codes and fields why the rest did not', async () => {
    const [good, busy, unknown] = [await linkedRow(), await linkedRow(), aRow({ providerLinkId: newId() })];
    await bank.jpmorgan.putRequest({ ...busy, requestId: newId() }, call());
    const { bulkId } = await bank.jpmorgan.putMany([busy, good, unknown], call());
    expect(await bank.jpmorgan.readBulk(bulkId, call())).toEqual([
      { requestId: busy.requestId, is: 'failed', reasons: ['10104 $.requestMethod.paymentLinkId'] },
      { requestId: good.requestId, is: 'done' },
      { requestId: unknown.requestId, is: 'failed', reasons: [] },
    ]);
    expect(await bank.jpmorgan.getRequest(busy.requestId, call())).toBeUndefined();
  });

  it('is pending until the bank has carried it out', async () => {
    await bank.control('behaviour', { bulkMs: 600_000 });
    const write = await linkedRow();
    const { bulkId } = await bank.jpmorgan.putMany([write], call());
    expect(await bank.jpmorgan.readBulk(bulkId, call())).toEqual([{ requestId: write.requestId, is: 'pending' }]);
    expect(await bank.jpmorgan.getRequest(write.requestId, call())).toBeUndefined();
    await bank.control('behaviour', { reset: true });
    await bank.control('clock', { advanceSeconds: 601 });
    expect(await bank.jpmorgan.readBulk(bulkId, call())).toEqual([{ requestId: write.requestId, is: 'done' }]);
    await bank.control('clock', { reset: true });
  });

  it('gives its rows new charges under its id', async () => {
    const [first, second] = [await linkedRow(), await linkedRow()];
    const { bulkId } = await bank.jpmorgan.putMany([first, second], call());
    const charge = aBill({ amount: { minorUnits: '8455', currency: 'BRL' } });
    expect(await bank.jpmorgan.updateMany(bulkId, [{ ...second, charge }], call())).toEqual({ bulkId });
    expect((await bank.jpmorgan.readBulk(bulkId, call()))?.map((row) => row.is)).toEqual(['done', 'done']);
    expect(await bank.read(second.requestId)).toMatchObject({ revision: 1, charge: { amount: charge.amount } });
    expect(await bank.read(first.requestId)).toMatchObject({ revision: 0 });
  });

  it('whose answer was lost is unknown; its rows are read by id, and a repeat makes none twice', async () => {
    await bank.control('faults', { timeout: 'after', times: 1, path: '/bulk' });
    const writes = [await linkedRow(), await linkedRow()];
    expect(await failureOf(bank.jpmorgan.putMany(writes, call()))).toMatchObject({ kind: 'unknown' });
    const before = await Promise.all(writes.map(({ requestId }) => bank.read(requestId)));
    const { bulkId } = await bank.jpmorgan.putMany(writes, call());
    const rows = await bank.jpmorgan.readBulk(bulkId, call());
    expect(rows).toEqual(writes.map(({ requestId }) => ({ requestId, is: 'failed', reasons: ['10104 $.id'] })));
    const after = await Promise.all(writes.map(({ requestId }) => bank.read(requestId)));
    expect(after).toEqual(before);
  });

  it.each([
    ['that was not taken is unknown too, and then nothing is there', { timeout: 'before' }, 'unknown'],
    ['that meets a limit is asked for again', { status: 429 }, 'retryable'],
    ['that the bank is too busy for is asked for again', { status: 503 }, 'retryable'],
    ['that is refused is refused whole', { status: 403 }, 'refused'],
  ])('%s', async (_, fault, kind) => {
    await bank.control('faults', { ...fault, times: 1, path: '/bulk', method: 'POST' });
    const write = await linkedRow();
    expect(await failureOf(bank.jpmorgan.putMany([write], call()))).toMatchObject({ kind });
    expect(await bank.jpmorgan.getRequest(write.requestId, call())).toBeUndefined();
  });

  it('that the bank does not know is absent', async () => {
    expect(await bank.jpmorgan.readBulk(newId(), call())).toBeUndefined();
  });
});

describe('what a bulk has no room for', () => {
  const jpmorgan = aProvider('http://127.0.0.1:9');
  const [till, based, unlinked] = [aRow({ kind: 'till', charge: aCharge() }), aRow({ baseline: '"1"' }), aRow()];
  afterAll(() => jpmorgan.close());

  it.each<[string, readonly RequestWrite[], readonly string[]]>([
    ['nothing', [], ['requests']],
    ['26 rows', Array.from({ length: 26 }, () => aRow()), ['requests']],
    ['a sale', [aRow(), till], [`${till.requestId} kind`]],
    ['a row with a baseline', [based, aRow()], [`${based.requestId} baseline`]],
    ['one id twice', [unlinked, unlinked], ['the same id twice']],
    ['a short id', [aRow({ requestId: 'short' })], ['requests.0.id']],
    [
      'a row without a link',
      [aRow(), { ...unlinked, providerLinkId: '' }],
      [`${unlinked.requestId} requestMethod.paymentLinkId`],
    ],
  ])('%s is refused before anything is sent, and named', async (_, writes, reasons) => {
    expect(await failureOf(jpmorgan.putMany(writes, call()))).toMatchObject({ kind: 'refused', reasons });
    expect(await failureOf(jpmorgan.updateMany(newId(), writes, call()))).toMatchObject({ kind: 'refused', reasons });
  });
});

describe('what the bank says of a bulk', () => {
  const bulkId = '253f67f3-b640-44cb-aabd-2cc348b52678';
  const sample = (details: unknown): object => ({ id: bulkId, description: 'A Sample Bulk Request', details });

  async function told(reply: StubReply) {
    const bank = await aBank(() => reply);
    const jpmorgan = aProvider(bank.url);
    try {
      return await jpmorgan.readBulk(bulkId, call());
    } finally {
      await jpmorgan.close();
      await bank.close();
    }
  }

  it('is read as its published sample has it, without its messages', async () => {
    const exceptions = [{ code: '10103', message: 'not 1.2', location: 'BODY', field: '$.request.paymentAmount' }];
    const details = [
      { id: '533594cb44f646b7beee3c1ed461e84b', status: 'FAILED', exceptions },
      { id: '344505f9b0814ba3bbe2f50eb693e6c0', status: 'PENDING', more: 'to come' },
      { id: 'a544f3133b804820b295c0854c0d8cba', status: 'SUCCESS' },
      { id: 'b544f3133b804820b295c0854c0d8cba', status: 'FAILED' },
    ];
    expect(await told({ json: sample(details) })).toEqual([
      { requestId: details[0]?.id, is: 'failed', reasons: ['10103 $.request.paymentAmount'] },
      { requestId: details[1]?.id, is: 'pending' },
      { requestId: details[2]?.id, is: 'done' },
      { requestId: details[3]?.id, is: 'failed', reasons: [] },
    ]);
  });

  it.each([
    ['no rows', { json: sample([]) }],
    ['no details yet', { json: sample(undefined) }],
    ['a status of its own', { json: sample([{ id: newId(), status: 'DONE' }]) }],
    ['another bulk', { json: { ...sample([{ id: newId(), status: 'SUCCESS' }]), id: newId() } }],
    ['a page of a proxy', { status: 404, text: '<html>' }],
  ])('with %s ends no row: it is asked again', async (_, reply) => {
    expect(await failureOf(told(reply))).toMatchObject({ kind: 'retryable' });
  });

  it('goes out without a key and without If-Match, with our ids in its rows', async () => {
    const bank = await aBank(() => ({ status: 202, json: { id: bulkId } }));
    const jpmorgan = aProvider(bank.url);
    const write = aRow();
    expect(await jpmorgan.putMany([write], call())).toEqual({ bulkId });
    await jpmorgan.updateMany(bulkId, [write], call());
    await jpmorgan.close();
    await bank.close();
    expect(bank.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /payment-requests/bulk',
      `PUT /payment-requests/bulk/${bulkId}`,
    ]);
    const [made, updated] = bank.received;
    expect(made?.headers).not.toHaveProperty('idempotency-key');
    expect(updated?.headers).not.toHaveProperty('if-match');
    expect(JSON.parse(made?.body ?? '')).toMatchObject({
      requests: [
        { id: write.requestId, country: 'BR', request: { expirationType: 'DUE_DATE', paymentAmount: '24.90' } },
      ],
    });
  });
});

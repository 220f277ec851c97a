/** Returns on the wire: what we send, and what is made of what the bank says in either of its two places. */
import { describe, expect, it } from '@jest/globals';
import { present } from '../../domain/present.ts';
import { fromRequestAnswer } from '../../providers/jpmorgan/mapping.ts';
import { toReturnBody } from '../../providers/jpmorgan/returns.ts';
import { requestAnswer } from '../../providers/jpmorgan/schemas.ts';
import { aBank, anOrder, aProvider, brl, call, details, failureOf, type StubReply } from './builders.ts';

const RETURN_ID = '0123456789abcdef0123456789abcdef';

describe('an order on the wire', () => {
  it('names the payment by what the clearing system knows it by, and itself by our id', () => {
    expect(toReturnBody(anOrder('E123', { returnId: RETURN_ID }))).toEqual({
      paymentType: 'RTP',
      country: 'BR',
      originalPaymentIdentifiers: { clearingSystemReference: 'E123' },
      paymentIdentifiers: { endToEndId: RETURN_ID },
      returnType: 'PARTIAL',
      value: { amount: '4.90', currency: 'BRL' },
      reason: { proprietary: 'paid twice' },
    });
  });

  it('is FULL when it is all of the payment', () => {
    expect(toReturnBody(anOrder('E123', { whole: true })).returnType).toBe('FULL');
  });

  it('cuts a reason that is too long, and says it once more with more room', () => {
    const { reason, additionalInformation } = toReturnBody(anOrder('E123', { reason: 'ç'.repeat(200) }));
    expect(reason?.proprietary).toBe('ç'.repeat(35));
    expect(additionalInformation).toEqual(['ç'.repeat(105)]);
    expect(toReturnBody(anOrder('E123', { reason: ' ' }))).not.toHaveProperty('reason');
  });

  it.each([
    ['an id that is not ours', { returnId: 'x' }, 'paymentIdentifiers.endToEndId'],
    ['no payment', { endToEndId: '' }, 'originalPaymentIdentifiers.clearingSystemReference'],
    ['no money', { amount: brl('0') }, 'value.amount'],
  ])('with %s is refused before it is sent', (_named, differences, field) => {
    expect(() => toReturnBody(anOrder('E123', differences))).toThrow(
      expect.objectContaining({ name: 'ProviderFailure', kind: 'refused', reasons: [field] }),
    );
  });

  it('carries its key, and another request id with every try', async () => {
    const answering = await aBank(() => ({ status: 503, json: { title: 'System Error' } }));
    const jpmorgan = aProvider(answering.url, { returnsUrl: `${answering.url}/payment/v2/` });
    const order = anOrder('E123');
    for (let tries = 0; tries < 2; tries += 1) await failureOf(jpmorgan.returnMoney(order, call()));
    expect(answering.received.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array.from({ length: 2 }, () => 'POST /payment/v2/payments/returns'),
    );
    expect(answering.received.map(({ headers }) => headers['idempotency-key'])).toEqual([
      order.returnId,
      order.returnId,
    ]);
    expect(new Set(answering.received.map(({ headers }) => headers['request-id'])).size).toBe(2);
    await jpmorgan.close();
    await answering.close();
  });
});

describe('an answer about a return', () => {
  const answer = (differences: object = {}) => ({
    returnId: 'bre4c092',
    returnStatus: 'ACCEPTED',
    paymentIdentifiers: { endToEndId: RETURN_ID },
    paymentType: 'RTP',
    ...differences,
  });

  async function answered(reply: StubReply) {
    const answering = await aBank(() => reply);
    const jpmorgan = aProvider(answering.url, { returnsUrl: answering.url });
    const settled = async <T>(work: Promise<T>) => work.catch((error: unknown) => error);
    const order = anOrder('E123', { returnId: RETURN_ID });
    const results = [
      await settled(jpmorgan.returnMoney(order, call())),
      await settled(jpmorgan.getReturn('bre4c092', call())),
    ];
    await jpmorgan.close();
    await answering.close();
    return results;
  }

  it.each([
    ['RECEIVED', 'pending'],
    ['ACCEPTED', 'pending'],
    ['PROCESSING', 'pending'],
    ['COMPLETED', 'completed'],
    ['CANCELED', 'failed'],
    ['REJECTED', 'failed'],
    ['RETURNED', 'failed'],
  ])('that is %s is %s', async (returnStatus, status) => {
    const because = status === 'failed' ? { because: returnStatus } : {};
    const expected = { id: 'bre4c092', reference: RETURN_ID, status, ...because };
    expect(await answered({ json: answer({ returnStatus }) })).toEqual([expected, expected]);
  });

  it.each([
    ['another word', { returnStatus: 'CANCELLED' }],
    ['a word of the language', { returnStatus: 'constructor' }],
    ['another id', { returnId: '' }],
  ])('with %s tells nothing: the order is unknown, and the read is repeated', async (_named, differences) => {
    const failures = await answered({ json: answer(differences) });
    expect(failures).toMatchObject([{ kind: 'unknown' }, { kind: 'retryable' }]);
  });

  it.each([
    ['a return', answer({ paymentIdentifiers: { endToEndId: 'theirs' } })],
    ['a duplicate', { duplicateOf: { returnId: 'bre4c092', paymentIdentifiers: { endToEndId: 'theirs' } } }],
  ])('about the money of somebody else is not ours: %s', async (_named, json) => {
    expect((await answered({ json }))[0]).toMatchObject({ kind: 'unknown' });
  });

  it('shows an amount only with its currency, as the published sample has none', async () => {
    const [, without] = await answered({ json: answer({ value: { amount: '50.00' } }) });
    const [, having] = await answered({ json: answer({ value: { amount: '50.00', currency: 'BRL' } }) });
    expect(without).not.toHaveProperty('amount');
    expect(having).toMatchObject({ amount: brl('5000') });
  });

  it('says the code of the bank where it names no other, and nothing where the reasons cannot be read', async () => {
    const failed = (exceptions: unknown) => ({ json: answer({ returnStatus: 'REJECTED', exceptions }) });
    const becauses = [];
    for (const exceptions of [[{ code: '11500', message: 'x' }], [], 'nonsense', [{ code: 7 }]]) {
      becauses.push((await answered(failed(exceptions)))[1]);
    }
    expect(becauses).toMatchObject(
      ['REJECTED 11500', 'REJECTED', 'REJECTED', 'REJECTED'].map((because) => ({ because })),
    );
  });
});

describe('without PROVIDER_RETURNS_URL', () => {
  it('a return is refused when it is asked for, in words, and nothing is sent', async () => {
    const answering = await aBank(() => ({}));
    const jpmorgan = aProvider(answering.url);
    const expected = { kind: 'refused', message: expect.stringContaining('PROVIDER_RETURNS_URL is not set') };
    expect(await failureOf(jpmorgan.returnMoney(anOrder('E123'), call()))).toMatchObject(expected);
    expect(await failureOf(jpmorgan.getReturn('bre4c092', call()))).toMatchObject(expected);
    expect(answering.received).toEqual([]);
    await jpmorgan.close();
    await answering.close();
  });
});

describe('a return in the settlement of its request', () => {
  function returnsOf(returned: Record<string, unknown>) {
    const settlementSummary = { payment: { amount: '24.90' }, returns: [returned] };
    return fromRequestAnswer(requestAnswer.parse(details({ status: 'SETTLED', settlementSummary })), { evidence: 'e' })
      .returns;
  }

  it.each([
    ['PENDING', 'pending'],
    ['COMPLETED', 'completed'],
    ['SUCCESS', 'completed'],
    ['FAILED', 'failed'],
  ])('shows a return that is %s as %s', (word, status) => {
    const returned = { id: 'D1', currency: 'BRL', amount: '4.90', status: word };
    expect(returnsOf(returned)).toEqual([
      {
        id: 'D1',
        amount: { minorUnits: '490', currency: 'BRL' },
        status,
        ...(status === 'failed' && { because: 'FAILED' }),
      },
    ]);
  });

  it.each([
    ['ours', { id: 'D1', referenceId: '0123456789abcdef0123456789abcdef' }, 'D1', '0123456789abcdef0123456789abcdef'],
    ['of somebody else', { id: 'D1', referenceId: 'RT2021' }, 'D1', 'RT2021'],
    ['the id once more', { id: 'D1', referenceId: 'D1' }, 'D1', undefined],
    ['absent', { id: 'D1' }, 'D1', undefined],
    ['all there is', { referenceId: 'RT2021' }, 'RT2021', undefined],
  ])('knows a return by its reference, which is %s', (_name, identity, id, reference) => {
    const returned = { ...identity, currency: 'BRL', amount: '4.90', status: 'FAILED', statusReason: 'REJECTED AM04' };
    expect(returnsOf(returned)).toEqual([
      {
        id,
        ...present({ reference }),
        amount: { minorUnits: '490', currency: 'BRL' },
        status: 'failed',
        because: 'REJECTED AM04',
      },
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sameCharge, type Charge, type Expiry } from '../../domain/money/charge.ts';
import type { Currency } from '../../domain/money.ts';
import { UnreadableAnswer } from '../../providers/jpmorgan/failures.ts';
import { fromLinkAnswer, fromRequestAnswer, toRequestBody } from '../../providers/jpmorgan/mapping.ts';
import { linkAnswer, requestAnswer } from '../../providers/jpmorgan/schemas.ts';
import type { ProviderRequest } from '../../providers/provider.ts';
import { aCharge, aWrite, creditor, details } from './builders.ts';

function read(answer: unknown): ProviderRequest {
  return fromRequestAnswer(requestAnswer.parse(answer), { evidence: 'e' });
}

function paid(payment: Record<string, unknown>, more: Record<string, unknown> = {}): ProviderRequest {
  return read(details({ status: 'SETTLED', settlementSummary: { payment, ...more } }));
}

const expiries: fc.Arbitrary<Expiry> = fc.oneof(
  fc.record({ is: fc.constant('within' as const), seconds: fc.integer({ min: 0, max: 999_999 }) }),
  fc.record({
    is: fc.constant('due' as const),
    date: fc
      .date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
    graceDays: fc.integer({ min: 0, max: 400 }),
  }),
);

const charges: fc.Arbitrary<Charge> = fc.record(
  {
    amount: fc.record({
      minorUnits: fc.bigInt({ min: 1n, max: 10n ** 15n }).map(String),
      currency: fc.constantFrom<Currency>('BRL', 'SGD', 'HKD'),
    }),
    reference: fc.string({ unit: 'grapheme', maxLength: 140 }).filter((text) => Array.from(text).length <= 140),
    description: fc.string({ unit: 'grapheme', maxLength: 140 }).filter((text) => Array.from(text).length <= 140),
    expiry: expiries,
  },
  { requiredKeys: ['amount', 'reference', 'expiry'] },
);

describe('a charge at the bank', () => {
  it('comes back as the same charge, whatever it is', () => {
    fc.assert(
      fc.property(charges, (charge) => {
        const body = toRequestBody(aWrite({ kind: charge.expiry.is === 'due' ? 'bill' : 'till', charge }), creditor);
        const answer: unknown = JSON.parse(JSON.stringify(details({ request: body.request })));
        expect(sameCharge(read(answer).charge, charge)).toBe(true);
      }),
      { numRuns: 500, seed: 20 },
    );
  });

  it('is written in full for a till: seconds, no adjustable amount, the link by name', () => {
    const charge = aCharge({ description: 'two loaves' });
    expect(toRequestBody(aWrite({ charge }), creditor)).toEqual({
      country: 'BR',
      request: {
        creditor: {
          account: { alternateAccountIdentifier: '70204587000136', schemeName: { proprietary: 'CNPJ' } },
          name: 'Padaria do Bairro',
          address: { city: 'SAO PAULO', country: 'BR' },
        },
        expirationType: 'IMMEDIATE',
        duration: 1800,
        isAmountAdjustable: false,
        currency: 'BRL',
        paymentAmount: '24.90',
        reference: 'cart 5423645',
        additionalInformation: [{ valueType: 'description', text: 'two loaves' }],
      },
      requestMethodType: 'QR_CODE',
      requestMethod: {
        qrCodeType: 'DYNAMIC',
        contentType: 'TEXT_ONLY',
        paymentLinkId: '6ea59f2b-1d02-4447-8b96-dc49bdcca25f',
      },
    });
  });

  it('is written with its day and its days of grace for a bill', () => {
    const charge = aCharge({ expiry: { is: 'due', date: '2024-11-01', graceDays: 30 } });
    const { request } = toRequestBody(aWrite({ kind: 'bill', charge }), creditor);
    expect(request).toMatchObject({ expirationType: 'DUE_DATE', paymentDueDate: '2024-11-01', gracePeriod: 30 });
    expect(request).not.toHaveProperty('isAmountAdjustable');
    expect(request).not.toHaveProperty('duration');
  });

  it.each([
    ['a currency without two digits', { amount: { minorUnits: '500', currency: 'JPY' } }, 'request.currency'],
    ['a negative amount', { amount: { minorUnits: '-1', currency: 'BRL' } }, 'request.paymentAmount'],
    ['a reference of 141 characters', { reference: 'x'.repeat(141) }, 'request.reference'],
    ['a million seconds', { expiry: { is: 'within', seconds: 1_000_000 } }, 'request.duration'],
    ['a due day on a till', { expiry: { is: 'due', date: '2024-11-01', graceDays: 1 } }, 'expiry'],
  ] satisfies [string, Partial<Charge>, string][])('is refused before it is sent: %s', (_name, differences, field) => {
    expect(() => toRequestBody(aWrite({ charge: aCharge(differences) }), creditor)).toThrow(
      expect.objectContaining({ name: 'ProviderFailure', kind: 'refused', reasons: expect.arrayContaining([field]) }),
    );
  });

  it('counts an emoji as one character', () => {
    const charge = aCharge({ reference: '🍞'.repeat(140) });
    expect(toRequestBody(aWrite({ charge }), creditor).request.reference).toBe('🍞'.repeat(140));
  });

  it('cuts a name and a city that are too long for the bank', () => {
    const long = { ...creditor, name: 'Companhia de Energia do Litoral', city: 'SAO MIGUEL DO OESTE' };
    expect(toRequestBody(aWrite(), long).request.creditor).toMatchObject({
      name: 'Companhia de Energia do L',
      address: { city: 'SAO MIGUEL DO O' },
    });
  });
});

describe('an answer of the bank', () => {
  it('is read whole', () => {
    expect(fromRequestAnswer(requestAnswer.parse(details()), { etag: '"v1"', evidence: 'abc' })).toEqual({
      requestId: 'fca7becb133a4501b5aff72d082a1709',
      revision: 0,
      etag: '"v1"',
      status: 'active',
      providerLinkId: '6ea59f2b-1d02-4447-8b96-dc49bdcca25f',
      charge: aCharge(),
      createdAt: '2024-10-01T20:32:10Z',
      updatedAt: '2024-10-01T20:32:10Z',
      expiresAt: '2024-10-01T21:02:10Z',
      returns: [],
      evidence: 'abc',
    });
  });

  it('is read without a request method, without an expiry kind and with null fields', () => {
    const request = { duration: 60, currency: 'BRL', paymentAmount: '1.00', reference: null };
    const answer = read(details({ requestMethod: undefined, request, expiresAt: null, somethingNew: true }));
    expect(answer).not.toHaveProperty('providerLinkId');
    expect(answer).not.toHaveProperty('expiresAt');
    expect(answer.charge).toEqual({
      amount: { minorUnits: '100', currency: 'BRL' },
      reference: '',
      expiry: { is: 'within', seconds: 60 },
    });
  });

  it.each([
    ['ACTIVE', 'active'],
    ['PROCESSING', 'processing'],
    ['SETTLED', 'settled'],
    ['EXPIRED', 'expired'],
    ['CANCELLED', 'cancelled'],
  ])('says %s, which is %s', (word, status) => {
    expect(read(details({ status: word })).status).toBe(status);
  });

  it.each(['PAID', 'constructor', ''])('is unreadable with the status "%s"', (status) => {
    expect(() => read(details({ status }))).toThrow(UnreadableAnswer);
  });

  it('gives an instant without an offset the offset it means', () => {
    expect(read(details({ createdAt: '2023-03-13T10:00:00' })).createdAt).toBe('2023-03-13T10:00:00Z');
  });

  it('shows money with its parts', () => {
    const { settlement } = paid({
      endToEndId: 'E123',
      currency: 'BRL',
      amount: '100.00',
      interest: '5.00',
      penalty: '2.00',
      discount: '1.00',
      reduction: '0.50',
      settledAt: '2024-10-01T20:40:00Z',
    });
    expect(settlement).toEqual({
      endToEndId: 'E123',
      amount: { minorUnits: '10000', currency: 'BRL' },
      parts: {
        interest: { minorUnits: '500', currency: 'BRL' },
        penalty: { minorUnits: '200', currency: 'BRL' },
        discount: { minorUnits: '100', currency: 'BRL' },
        reduction: { minorUnits: '50', currency: 'BRL' },
      },
      settledAt: '2024-10-01T20:40:00Z',
    });
  });

  it('shows money in the currency it came in, not in the one asked for', () => {
    expect(paid({ endToEndId: 'E1', currency: 'USD', amount: '24.90' }).settlement?.amount.currency).toBe('USD');
  });

  it('shows no settlement while the amount is missing, and no id while that is missing', () => {
    expect(paid({ endToEndId: 'E1' })).not.toHaveProperty('settlement');
    expect(paid({ amount: '24.90' }).settlement).toEqual({
      amount: { minorUnits: '2490', currency: 'BRL' },
      parts: {},
    });
  });

  it.each([
    ['500.0', '50000'],
    ['500', '50000'],
    ['00500.000', '50000'],
    ['0.01', '1'],
  ])('reads the amount %s as %s minor units', (amount, minorUnits) => {
    expect(paid({ amount }).settlement?.amount.minorUnits).toBe(minorUnits);
  });

  it('reads an amount in a currency without decimals', () => {
    expect(paid({ amount: '500.00', currency: 'JPY' }).settlement?.amount).toEqual({
      minorUnits: '500',
      currency: 'JPY',
    });
  });

  it.each(['1.005', '-1.00', '1e3', '1,00', ' 1.00', '99999999999999999.00'])(
    'never guesses at the amount "%s"',
    (amount) => {
      expect(() => paid({ amount })).toThrow(UnreadableAnswer);
    },
  );

  it('is unreadable in a currency that we do not know', () => {
    expect(() => paid({ amount: '1.00', currency: 'XXX' })).toThrow(UnreadableAnswer);
  });
});

describe('a payment link at the bank', () => {
  const sample = {
    id: '55835a9c-180e-48ba-8373-b4d806c77962',
    alternateIdentifier: 98765,
    url: 'https://bank.example/pix/cobv/bad82b51',
    expirationType: 'DUE_DATE',
    country: 'BR',
    createdAt: '2024-10-21T14:19:51Z',
  };

  it('is for bills when its requests fall due, and names what it shows', () => {
    expect(fromLinkAnswer(linkAnswer.parse({ ...sample, paymentRequestId: 'abc' }))).toEqual({
      providerLinkId: '55835a9c-180e-48ba-8373-b4d806c77962',
      kind: 'bill',
      url: 'https://bank.example/pix/cobv/bad82b51',
      createdAt: '2024-10-21T14:19:51Z',
      currentRequestId: 'abc',
    });
  });

  it('is for a till when its requests expire in seconds', () => {
    expect(fromLinkAnswer(linkAnswer.parse({ ...sample, expirationType: 'IMMEDIATE' })).kind).toBe('till');
  });

  it('is unreadable when it is of another kind', () => {
    expect(() => fromLinkAnswer(linkAnswer.parse({ ...sample, expirationType: 'SCHEDULED' }))).toThrow(
      UnreadableAnswer,
    );
  });
});

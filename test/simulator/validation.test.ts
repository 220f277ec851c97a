/** The documented codes and fields of everything that the bank refuses to read. */
import { describe, expect, it } from '@jest/globals';

import { bill, creditor, dayFromNow, requestId, sale, startBank } from './bank.ts';

/** What is wrong, the body, and the code and field of each error. */
type Case = readonly [named: string, body: unknown, ...expected: string[]];

const without = (body: Record<string, unknown>, name: string): unknown => {
  const { [name]: _gone, ...rest } = body['request'] as Record<string, unknown>;
  return { ...body, request: rest };
};
const interest = {
  interestType: 'PERCENTAGE_PER_DAY',
  interestParameters: { days: 'CALENDAR_DAYS', percentage: '5.00' },
};
const discount = (detail: object): object => ({
  discountType: 'PERCENTAGE_TO_DATE',
  discountParameters: { cutOffDetails: [detail] },
});

const cases: readonly Case[] = [
  ['nothing at all', {}, '10001 $.country', '10001 $.request', '10001 $.requestMethodType'],

  ['no amount', without(sale(), 'paymentAmount'), '10001 $.request.paymentAmount'],

  ['no creditor', without(sale(), 'creditor'), '10001 $.request.creditor'],

  ['no expiration type', without(sale(), 'expirationType'), '10001 $.request.expirationType'],

  ['a creditor without account', sale(undefined, { creditor: { name: 'A' } }), '10001 $.request.creditor.account'],

  ['a bill without due date', without(bill(), 'paymentDueDate'), '10001 $.request.paymentDueDate'],

  ['an empty creditor name', sale(undefined, { creditor: { ...creditor, name: '' } }), '10002 $.request.creditor.name'],

  [
    'a creditor name of 26',
    sale(undefined, { creditor: { ...creditor, name: 'x'.repeat(26) } }),
    '10003 $.request.creditor.name',
  ],

  [
    'a city of 16',
    sale(undefined, { creditor: { ...creditor, address: { city: 'x'.repeat(16) } } }),
    '10003 $.request.creditor.address.city',
  ],

  ['a reference of 141', sale(undefined, { reference: 'x'.repeat(141) }), '10003 $.request.reference'],

  [
    'a second line of 201',
    sale(undefined, {
      additionalInformation: [
        { valueType: 'a', text: 'b' },
        { valueType: 'a', text: 'x'.repeat(201) },
      ],
    }),
    '10003 $.request.additionalInformation[1].text',
  ],
  ['a negative duration', sale(undefined, { duration: -1 }), '10100 $.request.duration'],

  ['a duration over 999999', sale(undefined, { duration: 1_000_000 }), '10101 $.request.duration'],

  ['an amount of zero', sale(undefined, { paymentAmount: '0.00' }), '10100 $.request.paymentAmount'],

  ['an amount as a number', sale(undefined, { paymentAmount: 24.9 }), '10103 $.request.paymentAmount'],

  ['an amount with one digit', sale(undefined, { paymentAmount: '24.9' }), '10103 $.request.paymentAmount'],

  ['an amount with a comma', sale(undefined, { paymentAmount: '24,90' }), '10103 $.request.paymentAmount'],

  [
    'an amount of 16 digits',
    sale(undefined, { paymentAmount: `${'9'.repeat(16)}.00` }),
    '10103 $.request.paymentAmount',
  ],

  ['a negative amount', sale(undefined, { paymentAmount: '-1.00' }), '10103 $.request.paymentAmount'],

  ['a half second', sale(undefined, { duration: 1.5 }), '10103 $.request.duration'],

  ['a day that does not exist', bill(undefined, { paymentDueDate: '2999-02-30' }), '10103 $.request.paymentDueDate'],

  [
    'a CPF of three digits',
    sale(undefined, { debtor: { taxInformation: { taxpayerCategory: 'INDIVIDUAL', taxId: '123' } } }),
    '10103 $.request.debtor.taxInformation.taxId',
  ],

  [
    'a CNPJ key with letters',
    sale(undefined, {
      creditor: { ...creditor, account: { alternateAccountIdentifier: 'abc', schemeName: { proprietary: 'CNPJ' } } },
    }),
    '10103 $.request.creditor.account.alternateAccountIdentifier',
  ],

  [
    'a percentage of nothing',
    bill(undefined, { ...interest, interestParameters: { percentage: '0.00' } }),
    '10102 $.request.interestParameters.percentage',
  ],

  ['a due date in the past', bill(undefined, { paymentDueDate: dayFromNow(-3) }), '10102 $.request.paymentDueDate'],

  ['another country', { ...sale(), country: 'SG' }, '10104 $.country'],

  ['another currency', sale(undefined, { currency: 'USD' }), '10104 $.request.currency'],

  ['an unknown expiration type', sale(undefined, { expirationType: 'NEVER' }), '10104 $.request.expirationType'],

  [
    'a cut-off after the due date',
    bill(undefined, discount({ cutOffDate: dayFromNow(30), percentage: '2.00' })),
    '10104 $.request.discountParameters.cutOffDetails[0].cutOffDate',
  ],
  ['a field that nobody knows', sale(undefined, { amount: '1.00' }), '10105 $.request.amount'],

  [
    'taxPayerCategory, as the playbook spells it',
    sale(undefined, { debtor: { taxInformation: { taxPayerCategory: 'INDIVIDUAL', taxId: '81877226220' } } }),
    '10001 $.request.debtor.taxInformation.taxpayerCategory',
    '10105 $.request.debtor.taxInformation.taxPayerCategory',
  ],

  ['a due date on a sale', sale(undefined, { paymentDueDate: dayFromNow(1) }), '10105 $.request.paymentDueDate'],

  ['a duration on a bill', bill(undefined, { duration: 5 }), '10105 $.request.duration'],

  ['an adjustable bill', bill(undefined, { isAmountAdjustable: false }), '10105 $.request.isAmountAdjustable'],

  ['terms on a sale', sale(undefined, interest), '10105 $.request.interestType', '10105 $.request.interestParameters'],

  [
    'interest and penalty without parameters',
    bill(undefined, { interestType: 'PERCENTAGE_PER_DAY', penaltyType: 'FIXED_AMOUNT' }),
    '10001 $.request.interestParameters',
    '10001 $.request.penaltyParameters',
  ],

  [
    'parameters without a type',
    bill(undefined, { reductionParameters: { amount: '1.00' } }),
    '10105 $.request.reductionParameters',
  ],

  [
    'an amount where a percentage is meant',
    bill(undefined, { penaltyType: 'PERCENTAGE', penaltyParameters: { amount: '1.00' } }),
    '10001 $.request.penaltyParameters.percentage',
    '10105 $.request.penaltyParameters.amount',
  ],

  [
    'a discount to no date',
    bill(undefined, { discountType: 'FIXED_TO_DATE', discountParameters: {} }),
    '10001 $.request.discountParameters.cutOffDetails',
  ],

  [
    'everything wrong at once',
    sale(undefined, {
      paymentAmount: '1',
      duration: -5,
      currency: 'EUR',
      colour: 'red',
      paymentDueDate: '2999-01-01',
    }),
    '10100 $.request.duration',
    '10103 $.request.paymentAmount',
    '10104 $.request.currency',
    '10105 $.request.colour',
    '10105 $.request.paymentDueDate',
  ],

  ['text instead of JSON', 'not json', '10103 $'],
];

describe('a payment request is refused with every documented code and field at once', () => {
  it.each(cases)('%s', async (_named, body, ...expected) => {
    const bank = await startBank();
    const answer = await bank.call('PUT', `/payment-requests/${requestId()}`, body);
    const { context } = answer.body;
    const found = context.map(({ code, field }) => `${code} ${field}`);
    expect([answer.status, found.toSorted()]).toEqual([400, expected.toSorted()]);
    const worded = context.every(({ message }) => message.length > 0 && message.length < 100);
    expect([worded, context.every(({ location }) => location === 'BODY')]).toEqual([true, true]);
    const text: unknown = expect.any(String);
    expect(answer.body).toMatchObject({ httpStatus: 400, title: text, traceId: text, requestId: text });
  });

  it('the amount 0.01 is accepted, and refused when the bank takes its contract literally', async () => {
    const bank = await startBank();
    expect((await bank.put(requestId(), undefined, { paymentAmount: '0.01' })).status).toBe(200);
    await bank.control('/behaviour', { acceptOneCent: false });
    expect((await bank.put(requestId(), undefined, { paymentAmount: '0.01' })).body.context).toMatchObject([
      { code: '10100', field: '$.request.paymentAmount' },
    ]);
    expect((await bank.put(requestId(), undefined, { paymentAmount: '0.02' })).status).toBe(200);
  });

  it('140 characters of reference are counted as people count them', async () => {
    const bank = await startBank();
    expect((await bank.put(requestId(), undefined, { reference: '🍞'.repeat(140) })).status).toBe(200);
  });

  it('a bill with every term is accepted', async () => {
    const bank = await startBank();
    const terms = {
      ...interest,
      ...discount({ cutOffDate: dayFromNow(1), percentage: '2.00' }),
      penaltyType: 'FIXED_AMOUNT',
      penaltyParameters: { amount: '16.50' },
      reductionType: 'FIXED_AMOUNT',
      reductionParameters: { amount: '2.00' },
    };
    expect((await bank.call('PUT', `/payment-requests/${requestId()}`, bill(undefined, terms))).status).toBe(200);
  });
});

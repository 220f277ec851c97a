/** Interest, penalty, discount and reduction at the bank: what it refuses, what a scan asks for, and what is paid. */
import { describe, expect, it } from '@jest/globals';

import { dueToday } from '../../simulator/requests/amount-due.ts';
import type { RequestContent } from '../../simulator/records.ts';
import { bill, dayFromNow, requestId, startBank, type TestBank } from './bank.ts';

/** 10:00 in São Paulo. */
const at = (day: string): number => Date.parse(`${day}T13:00:00Z`);
const sample = {
  interestType: 'PERCENTAGE_PER_DAY',
  interestParameters: { days: 'CALENDAR_DAYS', percentage: '5.00' },
  discountType: 'PERCENTAGE_TO_DATE',
  discountParameters: { cutOffDetails: [{ percentage: '2.00', cutOffDate: '2024-10-02' }] },
  penaltyType: 'FIXED_AMOUNT',
  penaltyParameters: { amount: '16.50' },
  reductionType: 'FIXED_AMOUNT',
  reductionParameters: { amount: '20.00' },
};

function content(paymentAmount: string, paymentDueDate: string, terms: object): RequestContent {
  return { expirationType: 'DUE_DATE', currency: 'BRL', paymentAmount, paymentDueDate, gracePeriod: 30, ...terms };
}

function due(of: RequestContent, day: string, holidays: readonly string[] = []): string {
  const cents = dueToday(of, at(day), holidays).total.toString();
  return `${cents.slice(0, -2)}.${cents.slice(-2)}`;
}

describe('what a bill costs today', () => {
  it.each([
    ['2024-10-02', '127.40'],
    ['2024-10-03', '130.00'],
    ['2024-11-01', '130.00'],
    ['2024-11-04', '166.00'],
    ['2024-12-01', '341.50'],
  ])("on %s the bank's own sample costs %s", (day, total) => {
    expect(due(content('150.00', '2024-11-01', sample), day)).toBe(total);
  });

  it('has the worked numbers of the scheme', () => {
    const penalty = { penaltyType: 'PERCENTAGE', penaltyParameters: { percentage: '3.00' } };
    const interest = { interestType: 'PERCENTAGE_PER_DAY', interestParameters: { percentage: '1.00' } };
    const late = content('100.00', '2026-08-11', { ...penalty, ...interest });
    expect(due(late, '2026-08-13')).toBe('105.00');
    expect(dueToday(late, at('2026-08-13'), []).parts).toEqual({ interest: '2.00', penalty: '3.00' });
    const fixed = {
      penaltyType: 'FIXED_AMOUNT',
      penaltyParameters: { amount: '15.00' },
      interestType: 'AMOUNT',
      interestParameters: { days: 'CALENDAR_DAYS', amount: '2.00' },
    };
    expect(due(content('123.45', '2026-08-11', fixed), '2026-08-12')).toBe('140.45');
    const discount = { discountType: 'FIXED_ADVANCE_PAYMENT', discountParameters: { amount: '100.00' } };
    expect(dueToday(content('1000.00', '2026-12-10', discount), at('2026-12-07'), []).parts).toEqual({
      discount: '300.00',
    });
  });

  it('changes at midnight in São Paulo', () => {
    const late = content('150.00', '2024-11-01', sample);
    expect(dueToday(late, Date.parse('2024-11-02T02:59:59Z'), []).total).toBe(13_000n);
    expect(dueToday(late, Date.parse('2024-11-02T03:00:00Z'), []).total).toBe(15_300n);
  });

  it('counts from the business day to which a due date moves', () => {
    const saturday = content('100.00', '2026-08-08', {
      interestType: 'PERCENTAGE_PER_MONTH',
      interestParameters: { days: 'BUSINESS_DAYS', percentage: '21.00' },
    });
    expect(['2026-08-10', '2026-08-11', '2026-08-17'].map((day) => due(saturday, day))).toEqual([
      '100.00',
      '101.00',
      '105.00',
    ]);
    expect(due(saturday, '2026-08-11', ['2026-08-10'])).toBe('100.00');
  });
});

describe('terms that the bank cannot read', () => {
  const cutOff = { cutOffDate: dayFromNow(1), percentage: '2.00' };
  const step = (change: object) => ({ discountType: 'PERCENTAGE_TO_DATE', discountParameters: change });

  it.each<readonly [string, object, readonly string[]]>([
    [
      'the case of the playbook',
      {
        interestType: 'PERCENTAGE_PER_DAY',
        penaltyType: 'FIXED_AMOUNT',
        ...step({ cutOffDetails: [cutOff] }),
      },
      ['10001 $.request.interestParameters', '10001 $.request.penaltyParameters'],
    ],
    [
      'a percentage with one digit',
      { penaltyType: 'PERCENTAGE', penaltyParameters: { percentage: '2.5' } },
      ['10103 $.request.penaltyParameters.percentage'],
    ],
    [
      'a percentage as a number',
      { reductionType: 'PERCENTAGE', reductionParameters: { percentage: 2 } },
      ['10103 $.request.reductionParameters.percentage'],
    ],
    [
      'a hundred per cent',
      { interestType: 'PERCENTAGE_PER_YEAR', interestParameters: { percentage: '100.00' } },
      ['10103 $.request.interestParameters.percentage'],
    ],
    [
      'a fixed fine with three digits',
      { penaltyType: 'FIXED_AMOUNT', penaltyParameters: { amount: '1.005' } },
      ['10103 $.request.penaltyParameters.amount'],
    ],
    [
      'a type that nobody knows',
      { interestType: 'PERCENTAGE_PER_HOUR', interestParameters: { percentage: '1.00' } },
      ['10104 $.request.interestType'],
    ],
    [
      'other days',
      { interestType: 'AMOUNT', interestParameters: { amount: '1.00', days: 'SUNDAYS' } },
      ['10104 $.request.interestParameters.days'],
    ],
    [
      'four days of discount',
      step({ cutOffDetails: [cutOff, cutOff, cutOff, cutOff] }),
      ['10003 $.request.discountParameters.cutOffDetails'],
    ],
    [
      'a discount to a date that also counts days',
      step({ cutOffDetails: [cutOff], percentage: '1.00', days: 'CALENDAR_DAYS' }),
      ['10105 $.request.discountParameters.days', '10105 $.request.discountParameters.percentage'],
    ],
    [
      'an early discount with dates',
      { discountType: 'FIXED_ADVANCE_PAYMENT', discountParameters: { amount: '1.00', cutOffDetails: [cutOff] } },
      ['10105 $.request.discountParameters.cutOffDetails'],
    ],
  ])('%s', async (_named, terms, expected) => {
    const bank = await startBank();
    const answer = await bank.call('PUT', `/payment-requests/${requestId()}`, bill(undefined, terms));
    const found = answer.body.context.map(({ code, field }) => `${code} ${field}`);
    expect([answer.status, found.toSorted()]).toEqual([400, expected]);
  });
});

/** The first Tuesday that is two days away at least: what follows it is no weekend. */
function tuesday(): string {
  for (let days = 2; ; days += 1) {
    const day = dayFromNow(days);
    if (new Date(day).getUTCDay() === 2) return day;
  }
}

async function moveTo(bank: TestBank, day: string): Promise<void> {
  await bank.control('/clock', { reset: true });
  await bank.control('/clock', { advanceSeconds: (at(day) - Date.now()) / 1000 });
}

function after(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

describe('a payer of a bill with terms', () => {
  const late = {
    paymentAmount: '100.00',
    interestType: 'PERCENTAGE_PER_DAY',
    interestParameters: { days: 'CALENDAR_DAYS', percentage: '1.00' },
    penaltyType: 'PERCENTAGE',
    penaltyParameters: { percentage: '3.00' },
  };
  const parts = { interest: '2.00', penalty: '3.00' };
  const open = async (terms: object, dueDate = tuesday()) => {
    const bank = await startBank();
    const link = await bank.openLink('DUE_DATE');
    const id = requestId();
    const body = bill(link.id, { paymentDueDate: dueDate, ...terms });
    const { text } = (await bank.call('PUT', `/payment-requests/${id}`, body)).body.requestMethod;
    return { bank, id, text, dueDate };
  };

  it('is asked for what is due today, and pays it with its parts', async () => {
    const { bank, id, text, dueDate } = await open(late);
    await moveTo(bank, dueDate);
    const onTime = (await bank.control('/scan', { text })).body;
    expect(onTime).toMatchObject({ payable: true, amount: { value: '100.00' } });
    expect(onTime['parts']).toBeUndefined();
    await moveTo(bank, after(dueDate, 2));
    const amount = { currency: 'BRL', value: '105.00' };
    expect((await bank.control('/scan', { text })).body).toMatchObject({ payable: true, amount, parts });
    expect((await bank.control('/pay', { text })).body).toMatchObject({ status: 'SETTLED', amount });
    expect((await bank.call('GET', `/payment-requests/${id}`)).body.settlementSummary.payment).toMatchObject({
      amount: '105.00',
      ...parts,
    });
  });

  it('is refused with the face value when more is due, and may pay what is due by name', async () => {
    const { bank, text, dueDate } = await open(late);
    await moveTo(bank, after(dueDate, 2));
    const pay = async (value: string) =>
      (await bank.control('/pay', { text, amount: { currency: 'BRL', value } })).body;
    expect((await pay('100.00')).because).toBe('wrong-amount');
    expect(await pay('105.00')).toMatchObject({ status: 'SETTLED' });
  });

  it('pays the parts that the test names instead', async () => {
    const { bank, id, text, dueDate } = await open(late);
    await moveTo(bank, after(dueDate, 2));
    await bank.control('/pay', { text, parts: { interest: '0.01' } });
    const { payment } = (await bank.call('GET', `/payment-requests/${id}`)).body.settlementSummary;
    expect(payment).toMatchObject({ amount: '100.01', interest: '0.01' });
    expect(payment).not.toHaveProperty('penalty');
  });

  it('on a holiday of the bank is not late', async () => {
    const { bank, text, dueDate } = await open(late);
    await bank.control('/behaviour', { holidays: [dueDate, after(dueDate, 1)] });
    await moveTo(bank, after(dueDate, 2));
    expect((await bank.control('/scan', { text })).body).toMatchObject({ amount: { value: '100.00' } });
  });

  it('of another amount pays no parts', async () => {
    const { bank, id, text, dueDate } = await open(late);
    await moveTo(bank, after(dueDate, 2));
    await bank.control('/pay', { text, how: 'wrong', amount: { currency: 'BRL', value: '1.00' } });
    const { payment } = (await bank.call('GET', `/payment-requests/${id}`)).body.settlementSummary;
    expect(payment).not.toHaveProperty('penalty');
  });
});

/** What enters from Postgres is checked once, and a row that does not fit is an error that names columns and no values. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkedRow, storedJson, UnexpectedRow, wholeNumber } from '../../db/rows.ts';

const shape = z.strictObject({
  requestId: z.string(),
  status: z.enum(['active', 'paid']),
  seq: wholeNumber,
  at: z.date(),
  because: z.string().exactOptional(),
  charge: storedJson<{ readonly amount: string }>().optional(),
});
const row = { requestId: 'r', status: 'paid', seq: '12', at: new Date(0), because: null, charge: { amount: '1' } };
const errorOf = (change: object): string => {
  try {
    checkedRow(shape, { ...row, ...change }, 'select secret_name from payment_request');
    return 'fits';
  } catch (error) {
    return error instanceof UnexpectedRow ? error.message : 'another error';
  }
};

describe('a row', () => {
  it('that fits is the shape, without what is null', () => {
    const read = checkedRow(shape, row, 'select');
    expect(read).toEqual({ requestId: 'r', status: 'paid', seq: 12, at: new Date(0), charge: { amount: '1' } });
    expect(Object.keys(read)).not.toContain('because');
  });

  it.each([
    ['null where none may be', { requestId: null }, 'requestId'],
    ['of another type', { at: '2026-12-01' }, 'at'],
    ['with a word that the code does not know', { status: 'mislaid' }, 'status'],
    ['with more than was asked for', { payer: 'Ana' }, 'payer'],
    ['with a number that no number holds', { seq: '12345678901234567890' }, 'seq'],
  ])('%s is an error that names the column', (_, change, column) => {
    expect(errorOf(change)).toContain(column);
  });

  it('tells nothing of what it holds', () => {
    expect(errorOf({ status: 'mislaid by Ana Souza' })).not.toContain('Ana Souza');
    expect(errorOf({ requestId: 17_42 })).not.toContain('1742');
  });
});

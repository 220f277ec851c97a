/** What enters from Postgres is checked once; a row that does not fit is an error that names columns and no values. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkedRow, storedJson, UnexpectedRow } from '../../db/rows.ts';

const shape = z.object({
  requestId: z.string(),
  status: z.enum(['active', 'paid']),
  at: z.date(),
  because: z.string().nullable(),
  charge: storedJson<{ readonly amount: string }>(),
});
const row = { request_id: 'r', status: 'paid', at: new Date(0), because: null, charge: { amount: '1' } };
const errorOf = (change: object): string => {
  try {
    checkedRow(shape, { ...row, ...change }, 'select secret_name from payment_request');
    return 'fits';
  } catch (error) {
    return error instanceof UnexpectedRow ? error.message : 'another error';
  }
};

describe('a row', () => {
  it('that fits has the fields of its shape, named as the code names them', () => {
    const read = checkedRow(shape, row, 'select');
    expect(read).toEqual({ requestId: 'r', status: 'paid', at: new Date(0), because: null, charge: { amount: '1' } });
  });

  it.each([
    ['null where none may be', { request_id: null }, 'requestId'],
    ['of another type', { at: '2026-12-01' }, 'at'],
    ['with a word that the code does not know', { status: 'mislaid' }, 'status'],
    ['without a column', { charge: undefined }, 'charge'],
  ])('%s is an error that names the column', (_, change, column) => {
    expect(errorOf(change)).toContain(column);
  });

  it('tells nothing of what it holds', () => {
    expect(errorOf({ status: 'mislaid by Ana Souza' })).not.toContain('Ana Souza');
    expect(errorOf({ request_id: 17_42 })).not.toContain('1742');
  });
});

import { describe, expect, it } from '@jest/globals';
import { neededColumns, readBatchRow } from '../../../domain/billing/bill-batch-row.ts';

const LINE = {
  account: '0047-000123',
  holder: 'Maria da Conceição Gonçalves',
  taxId: '529.982.247-25',
  address: 'Rua das Laranjeiras, 12 | 22240-003 Rio de Janeiro – RJ',
  language: 'pt',
  tariff: 'residential',
  meter: 'M-7781',
  digits: '5',
  decimals: '',
  multiplier: '',
  installedValue: '00120',
  installedAt: '2026-01-01T08:00:00-03:00',
};

const errorsIn = (changes: object): readonly (readonly [string, string])[] => {
  const row = readBatchRow({ ...LINE, ...changes }, undefined);
  return row.is === 'refused' ? row.errors.map(({ column, detail }) => [column, detail] as const) : [];
};

describe('a line of a batch', () => {
  it('is an account and its meter, with what is usual where a cell is empty', () => {
    expect(readBatchRow(LINE, undefined)).toEqual({
      is: 'read',
      account: {
        accountId: '0047-000123',
        holder: 'Maria da Conceição Gonçalves',
        taxId: '529.982.247-25',
        address: ['Rua das Laranjeiras, 12', '22240-003 Rio de Janeiro – RJ'],
        language: 'pt',
        tariffId: 'residential',
      },
      meter: {
        meterId: 'M-7781',
        accountId: '0047-000123',
        digits: 5,
        decimals: 0,
        multiplier: '1',
        installed: { value: '00120', at: '2026-01-01T08:00:00-03:00' },
      },
    });
  });

  it('is the same as JSON, with numbers and a list', () => {
    const { taxId: _, ...line } = LINE;
    const json = { ...line, address: ['Rua', 'Rio'], digits: 5, decimals: 2 };
    expect(readBatchRow(json, undefined)).toMatchObject({
      is: 'read',
      account: { address: ['Rua', 'Rio'] },
      meter: { digits: 5, decimals: 2 },
    });
  });

  it('takes the tariff of the upload where it names none', () => {
    const { tariff: _, ...line } = LINE;
    expect(readBatchRow(line, 'social')).toMatchObject({ is: 'read', account: { tariffId: 'social' } });
    expect(readBatchRow(LINE, 'social')).toMatchObject({ is: 'read', account: { tariffId: 'residential' } });
    expect(neededColumns('social')).not.toContain('tariff');
    expect(neededColumns(undefined)).toContain('tariff');
  });

  it.each<[object, string]>([
    [{ account: 'a b' }, 'account'],
    [{ holder: '' }, 'holder'],
    [{ taxId: '529.982.247-26' }, 'taxId'],
    [{ address: 'Rua||Rio' }, 'address'],
    [{ address: ['Rua', 7] }, 'address'],
    [{ address: [] }, 'address'],
    [{ language: 'de' }, 'language'],
    [{ tariff: '' }, 'tariff'],
    [{ meter: null }, 'meter'],
    [{ digits: '5.0' }, 'digits'],
    [{ decimals: -1 }, 'decimals'],
    [{ multiplier: 'x' }, 'multiplier'],
    [{ installedValue: '123456' }, 'installedValue'],
    [{ installedAt: '2026-02-30T00:00:00Z' }, 'installedAt'],
    [{ installedAt: 17 }, 'installedAt'],
    [{ decimal: '2' }, 'decimal'],
  ])('names the column that is wrong: %j', (changes, column) => {
    expect(errorsIn(changes).map(([name]) => name)).toEqual([column]);
  });

  it('says each column once, and what is missing in one word', () => {
    expect(errorsIn({ account: '', digits: '' })).toEqual([
      ['account', 'is needed'],
      ['digits', 'is needed'],
    ]);
  });

  it('keeps its account number only where it can be one', () => {
    expect(readBatchRow({ ...LINE, holder: '' }, undefined)).toMatchObject({ accountId: '0047-000123' });
    expect(readBatchRow({ ...LINE, account: 'a\0b' }, undefined)).not.toHaveProperty('accountId');
  });
});

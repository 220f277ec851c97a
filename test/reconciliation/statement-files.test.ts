/**
 * Statements as banks write them: CSV with a declared mapping, camt.053; what cannot be read names its line and column.
 */
import { describe, expect, it } from '@jest/globals';
import { readCamt } from '../../api/reconciliation/statement-camt.ts';
import { readCsv, type CsvMapping } from '../../api/reconciliation/statement-csv.ts';
import type { ReadLine } from '../../api/reconciliation/statement-lines.ts';
import { parseDay, parseStatementAmount } from '../../domain/reconciliation/statement.ts';

/** In pieces that cut through words, as a network does. */
async function* pieces(text: string, size = 7): AsyncIterable<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  await Promise.resolve();
}

async function all(lines: AsyncIterable<ReadLine>): Promise<readonly ReadLine[]> {
  const read: ReadLine[] = [];
  for await (const line of lines) read.push(line);
  return read;
}

const PLAIN: CsvMapping = {
  amount: 'amount',
  date: 'date',
  debit: 'D',
  sign: 'credit-positive',
  dateFormat: 'yyyy-mm-dd',
  decimal: '.',
  delimiter: ',',
  header: true,
  allIn: 'BRL',
};
const csv = async (text: string, mapping: Partial<CsvMapping> = {}) =>
  all(readCsv(pieces(text), { ...PLAIN, ...mapping }));

describe('an amount of a statement', () => {
  it.each([
    ['24.90', '.', 2490n],
    ['24.9', '.', 2490n],
    ['24', '.', 2400n],
    ['-24.900', '.', -2490n],
    ['1,234.56', '.', 123456n],
    ['1.234.567,8', ',', 123456780n],
    ['+0,01', ',', 1n],
    ['.5', '.', undefined],
    ['1,23', '.', undefined],
    ['12,34.56', '.', undefined],
    ['1.234', '.', undefined],
    ['24.905', '.', undefined],
    ['1e3', '.', undefined],
    ['R$ 1', '.', undefined],
    ['', '.', undefined],
  ] as const)('%s with %s is %s', (text, decimal, expected) => {
    expect(parseStatementAmount(text, 'BRL', decimal)?.minorUnits).toBe(expected);
  });
});

describe('a day of a statement', () => {
  it.each([
    ['24/11/2026', 'dd/mm/yyyy', '2026-11-24'],
    ['11/24/2026', 'mm/dd/yyyy', '2026-11-24'],
    ['20261124', 'yyyymmdd', '2026-11-24'],
    ['24.11.2026', 'dd.mm.yyyy', '2026-11-24'],
    ['31/02/2026', 'dd/mm/yyyy', undefined],
    ['2026-11-24', 'dd/mm/yyyy', undefined],
    ['24-11-2026', 'dd.mm.yyyy', undefined],
  ] as const)('%s as %s is %s', (text, format, expected) => {
    expect(parseDay(text, format)).toBe(expected);
  });
});

describe('a statement as CSV', () => {
  it('is read by the names of its columns, as its sender declares them', async () => {
    const text = '\uFEFFDia;Valor;Histórico;Id\n24/11/2026;1.234,56;"Pix; recebido";E1\n25/11/2026;-3,00;Devolução;\n';
    const mapping = { amount: 'Valor', date: 'Dia', endToEndId: 'Id', description: 'Histórico' } as const;
    expect(await csv(text, { ...mapping, delimiter: ';', decimal: ',', dateFormat: 'dd/mm/yyyy' })).toEqual([
      {
        is: 'line',
        line: {
          line: 2,
          bookedOn: '2026-11-24',
          amount: { minorUnits: '123456', currency: 'BRL' },
          endToEndId: 'E1',
          description: 'Pix; recebido',
        },
      },
      {
        is: 'line',
        line: {
          line: 3,
          bookedOn: '2026-11-25',
          amount: { minorUnits: '-300', currency: 'BRL' },
          description: 'Devolução',
        },
      },
    ]);
  });

  it('is read by the numbers of its columns where it has no header, with words for the direction', async () => {
    const mapping = { amount: '2', date: '1', direction: '3', currency: '4', header: false, debit: 'out' } as const;
    const read = await csv('2026-11-24,5.00,in,USD\n2026-11-24,5.00,Out,EUR\n2026-11-24,0.00,in,EUR\n', mapping);
    expect(read.map((one) => (one.is === 'line' ? one.line.amount : one))).toEqual([
      { minorUnits: '500', currency: 'USD' },
      { minorUnits: '-500', currency: 'EUR' },
    ]);
  });

  it('takes a debit for positive where that is declared', async () => {
    const read = await csv('date,amount\n2026-11-24,5.00\n2026-11-24,-6.00\n', { sign: 'debit-positive' });
    expect(read.map((one) => (one.is === 'line' ? one.line.amount.minorUnits : one))).toEqual(['-500', '600']);
  });

  it('names line and column of everything that it cannot read', async () => {
    const text =
      'date,amount,id,cur\n2026-13-01,1.00,E1,BRL\n2026-11-24,1.005,E2,BRL\n2026-11-24,1.00,E 3,BRL\n2026-11-24,1.00,E4,XXX\n2026-11-24\n';
    expect(await csv(text, { endToEndId: 'id', currency: 'cur' })).toMatchObject([
      { is: 'error', line: 2, column: 'date' },
      { is: 'error', line: 3, column: 'amount' },
      { is: 'error', line: 4, column: 'id' },
      { is: 'error', line: 5, column: 'cur' },
      { is: 'error', line: 6, column: 'cur' },
    ]);
  });

  it('names a column that was declared and is not there', async () => {
    expect(await csv('date,amount\n2026-11-24,1.00\n', { endToEndId: 'payment' })).toMatchObject([
      { is: 'error', line: 1, column: 'payment', detail: 'no column has this name, which was declared as endToEndId' },
    ]);
  });

  it('ends with an error at a quote that never closes', async () => {
    expect((await csv('date,amount\n2026-11-24,"1.00\n')).at(-1)).toMatchObject({ is: 'error', column: '' });
  });

  it('passes on what goes wrong with its source', async () => {
    async function* broken(): AsyncIterable<string> {
      yield 'date,amount\n2026-11-24,1.00\n';
      await Promise.resolve();
      throw new TypeError('the bytes end here');
    }
    await expect(all(readCsv(broken(), PLAIN))).rejects.toThrow('the bytes end here');
  });
});

const entry = (inner: string, more = '<Sts><Cd>BOOK</Cd></Sts>') =>
  `<Ntry>${more}<BookgDt><Dt>2026-11-24</Dt></BookgDt>${inner}</Ntry>`;
const camt = (entries: string, version = '08') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.${version}">\n<BkToCstmrStmt><Stmt><Bal><Amt Ccy="BRL">9.99</Amt></Bal>\n${entries}\n</Stmt></BkToCstmrStmt></Document>`;
const details = (id: string, amount = '') =>
  `<NtryDtls><TxDtls><Refs><EndToEndId>${id}</EndToEndId></Refs>${amount}<RmtInf><Ustrd>coffee &amp; cake</Ustrd></RmtInf></TxDtls></NtryDtls>`;

describe('a statement as camt.053', () => {
  const line = (number: number, minorUnits: string, id?: string) => ({
    is: 'line',
    line: {
      line: number,
      bookedOn: '2026-11-24',
      amount: { minorUnits, currency: 'BRL' },
      ...(id === undefined ? {} : { endToEndId: id, description: 'coffee & cake' }),
    },
  });

  it('has a line for each booked entry, and none for one that is only pending', async () => {
    const text = camt(
      [
        entry(`<Amt Ccy="BRL">24.9</Amt><CdtDbtInd>CRDT</CdtDbtInd>${details('E1')}`),
        entry(
          `<Amt Ccy="BRL">3</Amt><CdtDbtInd>DBIT</CdtDbtInd>${details('NOTPROVIDED').replace(/<RmtInf>.*<\/RmtInf>/, '')}`,
        ),
        entry(`<Amt Ccy="BRL">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>`, '<Sts><Cd>PDNG</Cd></Sts>'),
      ].join('\n'),
    );
    expect(await all(readCamt(pieces(text)))).toEqual([line(1, '2490', 'E1'), line(2, '-300')]);
  });

  it('has a line for each transaction of a batch, of version 02 as well', async () => {
    const one = (id: string, value: string) =>
      details(id, `<AmtDtls><TxAmt><Amt Ccy="BRL">${value}</Amt></TxAmt></AmtDtls>`).replaceAll(/<\/?NtryDtls>/g, '');
    const batch = `<Amt Ccy="BRL">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls>${one('E1', '10.00')}${one('E2', '20.00')}</NtryDtls>`;
    const text = camt(entry(batch, '<Sts>BOOK</Sts>'), '02');
    expect(await all(readCamt(pieces(text)))).toEqual([line(1, '1000', 'E1'), line(2, '2000', 'E2')]);
  });

  it('names the line and the field of an entry that cannot be read', async () => {
    const text = camt(
      [
        entry(`<Amt Ccy="BRL">1,00</Amt><CdtDbtInd>CRDT</CdtDbtInd>`),
        entry(`<Amt Ccy="XXX">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>`),
        entry(`<Amt Ccy="BRL">1.00</Amt><CdtDbtInd>PLUS</CdtDbtInd>`),
        entry(`<Amt Ccy="BRL">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>`).replace('2026-11-24', 'today'),
      ].join('\n'),
    );
    expect(await all(readCamt(pieces(text)))).toMatchObject([
      { is: 'error', line: 4, column: 'Ntry/Amt' },
      { is: 'error', line: 5, column: 'Ntry/Amt/@Ccy' },
      { is: 'error', line: 6, column: 'Ntry/CdtDbtInd' },
      { is: 'error', line: 7, column: 'Ntry/BookgDt' },
    ]);
  });

  it.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'a document type is not taken'],
    ['an entity of its own', camt('&b;'), 'not XML'],
    [
      'another document',
      '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>',
      'the root is no Document',
    ],
    ['a document cut in the middle', camt('').slice(0, 150), 'not XML'],
    ['nothing', '', 'not XML'],
    ['no XML', 'date,amount', 'not XML'],
  ])('refuses %s', async (_what, text, why) => {
    const read = await all(readCamt(pieces(text)));
    expect(read).toHaveLength(1);
    expect(read[0]).toMatchObject({ is: 'error', detail: expect.stringContaining(why) as unknown });
  });
});

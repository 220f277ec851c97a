/** The checker can fail: each broken promise, alone, is named with its row. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { judge } from './checker.ts';
import type { BankRecords, BankRequest, KeptAnswer, StoredRows } from './records.ts';

const digest = createHash('sha256').update('one').digest('hex');
const hash = createHash('sha256').update(Buffer.from(digest, 'hex')).digest('hex');

const request: BankRequest = {
  id: 'r1',
  status: 'SETTLED',
  paymentLinkId: 'bank-1',
  amount: { currency: 'BRL', value: '24.90' },
  payments: [{ endToEndId: 'E1', amount: { currency: 'BRL', value: '24.90' } }],
  returns: [],
};
const alive: BankRequest = { ...request, id: 'r2', status: 'ACTIVE', payments: [] };
const answer: KeptAnswer = { call: 'POST /sale', key: 'k1', status: 201, replayed: false, body: { id: 'r1' } };

const transaction = {
  id: 't1',
  end_to_end_id: 'E1',
  request: 'r1',
  received: '2490',
  settles: true,
  sums: ['0'],
} as const;
const row = { id: 'r1', link: 'l1', status: 'paid', because: null, amount: '2490' } as const;
const link = { id: 'l1', status: 'free', because: null, current: null, at_provider: 'bank-1' } as const;
const command = { id: 'c1', kind: 'link', key: 'k1', outcome: { is: 'linked' }, queued: false, request: 'r1' } as const;
const linked = { position: '1', name: 'payment_request.linked', request: 'r1' } as const;
const paid = { position: '2', name: 'payment_request.paid', request: 'r1' } as const;

/** One sale, paid and booked. */
const sound: StoredRows = {
  requests: [row],
  links: [link],
  transactions: [transaction],
  returns: [],
  exceptions: [],
  chain: [{ row: '1', transaction: 't1', digest, hash }],
  head: { position: '2', rows: '1', hash },
  commands: [command],
  events: [linked, paid],
  notices: [],
};

const faultsOf = (rows: Partial<StoredRows>, bank: readonly BankRequest[] = [request], answers = [answer]) => {
  const records: BankRecords = { paymentRequests: [...bank], paymentLinks: [] };
  return judge(records, { ...sound, ...rows }, answers).join('\n');
};

describe('the checker', () => {
  it('has nothing to say about a sound sale', () => {
    expect(faultsOf({})).toBe('');
  });

  const twice = { ...transaction, id: 't2' };
  const gone = { id: 'b1', status: 'COMPLETED' as const, amount: { currency: 'BRL', value: '24.90' } };
  const back = { id: 'x1', at_provider: 'b1', status: 'completed', amount: '2490', left: '2490' };
  const busy = { ...row, id: 'r2', status: 'active' };
  const broken: readonly (readonly [string, Partial<StoredRows>, (readonly BankRequest[])?])[] = [
    ['payment E1 of request r1 is booked 0 times', { transactions: [] }],
    ['payment E1 of request r1 is booked 2 times', { transactions: [transaction, twice] }],
    ['is booked to request r9', { transactions: [{ ...transaction, request: 'r9' }] }],
    ['over 2490 is booked as 2480', { transactions: [{ ...transaction, received: '2480' }] }],
    ['the bank knows no payment E1', {}, [{ ...request, payments: [] }]],
    ['ledger transaction t1 does not balance', { transactions: [{ ...transaction, sums: ['10'] }] }],
    ['return b1 (COMPLETED) at the bank is known 0 times', {}, [{ ...request, returns: [gone] }]],
    [
      'return x1 is pending here and COMPLETED at the bank',
      { returns: [{ ...back, status: 'pending', left: '0' }] },
      [{ ...request, returns: [gone] }],
    ],
    ['return x1 is completed, and 4980 has left', { returns: [{ ...back, left: '4980' }] }],
    ['notice 7 (settled, request r1) is not applied', { notices: [{ id: '7', request: 'r1', status: 'settled' }] }],
    ['chain row 1 does not follow', { chain: [{ row: '1', transaction: 't1', digest, hash: digest }] }],
    ['ledger transaction t1 is 0 times in the chain', { chain: [] }],
    ['the head (2 rows) does not match', { head: { position: '2', rows: '2', hash } }],
    ['command c1 (link) has no outcome', { commands: [{ ...command, outcome: null }] }],
    ['command c1 is refused, unsaid why', { commands: [{ ...command, outcome: { is: 'refused' } }] }],
    ['0 commands have its key k1', { commands: [] }],
    ['and r1 is gone', { requests: [] }],
    ['request r1 is at the bank only', { requests: [] }],
    ['request r1 is expired here (null) and SETTLED', { requests: [{ ...row, status: 'expired' }] }],
    ['request r2 is active here (null) and absent', { requests: [row, busy] }],
    [
      'request r2 asks 2490 here, 3170 at the bank',
      { requests: [row, busy] },
      [request, { ...alive, amount: { currency: 'BRL', value: '31.70' } }],
    ],
    ['link l1 is free, and its code still serves r2', { requests: [row, busy] }, [request, alive]],
    ['link l1 is linked to r1, and its code serves nothing', { links: [{ ...link, status: 'linked', current: 'r1' }] }],
    ['link l1 is linking, and nothing says why', { links: [{ ...link, status: 'linking' }] }],
    ['2 requests are alive on its code', {}, [alive, { ...alive, id: 'r3' }]],
    ['a gap', { events: [linked, { ...paid, position: '3' }] }],
    ['the head says 2 events, and there are 1', { events: [linked] }],
    ['request r1 is paid, and 0 events say that it was paid', { events: [linked] }],
    ['request r1 is paid, and 2 events', { events: [linked, paid, { ...paid, position: '3' }] }],
    ['told 2 times to be linked', { events: [linked, { ...linked, position: '2' }] }],
  ];

  it.each(broken.map(([sentence, rows, bank = [request]]) => [sentence, rows, bank] as const))(
    'says "%s"',
    (sentence, rows, bank) => {
      expect(faultsOf(rows, bank)).toContain(sentence);
    },
  );
});

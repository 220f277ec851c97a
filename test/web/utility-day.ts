/** A day of a small utility, in the shapes of docs/bills.md: what it charges, what was read, what is held. */

export const brl = (value: string) => ({ currency: 'BRL', value });
const hex = (sign: string) => sign.repeat(32);

const tariff = { unit: 'kWh', currency: 'BRL', tiers: { mode: 'step', list: [{ price: '0.61' }] }, taxes: [] };
export const TARIFFS = [
  { ...tariff, id: 'residential', version: 3, effectiveFrom: '2026-11-01' },
  { ...tariff, id: 'residential', version: 2, effectiveFrom: '2026-01-01' },
  { ...tariff, id: 'business', version: 1, effectiveFrom: '2026-01-01' },
];

interface ExpectedBill {
  readonly account: string;
  readonly number: number;
  readonly usage: string;
  readonly lines: readonly (readonly [kind: string, text: string, value: string])[];
  readonly total: string;
  readonly status?: 'billed' | 'held' | 'nothing-due';
  readonly request?: string | null;
  readonly because?: string;
  readonly exceptionId?: string;
}

const month = (number: number) => `2026-${String(number).padStart(2, '0')}-20T13:00:00.000Z`;

function bill({ account, number, usage, lines, total, status = 'billed', request = 'active', ...held }: ExpectedBill) {
  return {
    id: `${account}${'0'.repeat(26)}${String(number).padStart(2, '0')}`.slice(0, 32),
    accountId: account,
    paymentLinkId: `bill-${account}`,
    number,
    revision: 0,
    status,
    request,
    ...held,
    usage,
    unit: 'kWh',
    from: month(number),
    upTo: month(number + 1),
    estimated: false,
    tariff: { id: 'residential', version: 3 },
    lines: lines.map(([kind, text, value]) => ({ kind, text, amount: brl(value) })),
    total: brl(total),
    dueDate: '2026-12-07',
  };
}

const FIXED = ['fixed', 'fixed charge = 12.00', '12.00'] as const;
const paid = (account: string, number: number, usage: string) =>
  bill({ account, number, usage, lines: [FIXED], total: '12.00', request: 'paid' });

export const BILLED = bill({
  account: '1001',
  number: 10,
  usage: '120',
  lines: [
    FIXED,
    ['energy', '100 kWh × 0.61 = 61.00', '61.00'],
    ['energy', '20 kWh × 0.74 = 14.80', '14.80'],
    ['tax', 'ICMS, of the usage: 18 % of 75.80 = 13.644, rounded 13.64', '13.64'],
  ],
  total: '101.44',
});
export const ABOVE = bill({
  account: '1002',
  number: 10,
  usage: '4120',
  lines: [FIXED, ['energy', '4120 kWh × 0.61 = 2513.20', '2513.20']],
  total: '2525.20',
  status: 'held',
  request: null,
  because: '4120 kWh is more than 3 times the usual 120 kWh.',
  exceptionId: hex('a'),
});
const BACKWARDS = bill({
  account: '1003',
  number: 2,
  usage: '-20',
  lines: [FIXED],
  total: '-8.00',
  status: 'held',
  request: null,
  because: 'The register went backwards: -20 kWh.',
  exceptionId: hex('b'),
});
export const BILLS = [
  BILLED,
  ABOVE,
  ...['131', '118', '124', '109', '122', '120'].map((usage, index) => paid('1002', 9 - index, usage)),
  BACKWARDS,
  paid('1003', 1, '64'),
];

const exception = {
  kind: 'held-bill',
  status: 'open',
  amount: null,
  left: null,
  policy: 'hold',
  owner: 'operations',
  escalated: false,
  may: ['approve', 'correct', 'reread'],
  resolution: null,
};
export const HELD = [
  {
    ...exception,
    id: hex('b'),
    sentence: 'the register went backwards: -20 kWh',
    paymentLinkId: 'bill-1003',
    paymentRequestId: null,
    deadlineAt: '2099-01-01T00:00:00.000Z',
    workflowId: 'exception:utility:b',
    openedAt: '2026-11-26T09:00:00.000Z',
  },
  {
    ...exception,
    id: hex('a'),
    sentence: '4120 kWh is more than 3 times the usual 120 kWh',
    paymentLinkId: 'bill-1002',
    paymentRequestId: ABOVE.id,
    deadlineAt: '2099-01-01T00:00:00.000Z',
    workflowId: 'exception:utility:a',
    openedAt: '2026-11-26T08:00:00.000Z',
  },
];

interface ReadingRow {
  readonly line: number;
  readonly result: string;
  readonly outcome: string;
  readonly errors?: readonly { readonly column: string; readonly detail: string }[];
  readonly deviceId: string | null;
  readonly sequence: number | null;
  readonly meterId: string | null;
  readonly accountId: string | null;
  readonly because?: string;
  readonly billId?: string;
  readonly exceptionId?: string;
}

const of = (sequence: number, account: string) => ({
  line: sequence - 38,
  deviceId: 'Phone 7',
  sequence,
  meterId: `M-${account}`,
  accountId: account,
});
export const READING_ROWS: readonly ReadingRow[] = [
  { ...of(40, '1001'), result: 'stored', outcome: 'billed', billId: BILLED.id },
  {
    ...of(44, '1002'),
    line: 3,
    result: 'stored',
    outcome: 'held',
    because: ABOVE.because ?? '',
    exceptionId: hex('a'),
  },
  { ...of(45, '1004'), line: 4, result: 'stored', outcome: 'waiting' },
  { ...of(46, '1005'), line: 5, result: 'repeat', outcome: 'replaced', because: 'Phone 7, 47 corrects it' },
  {
    ...of(48, '1006'),
    line: 6,
    result: 'conflict',
    outcome: 'conflict',
    because: 'the value differs from the one that came first',
  },
  {
    ...of(49, '1007'),
    line: 7,
    result: 'refused',
    outcome: 'refused',
    sequence: null,
    accountId: null,
    errors: [
      { column: 'sequence', detail: 'must be a whole number' },
      { column: 'readAt', detail: 'must be an instant with its offset' },
    ],
  },
  {
    ...of(50, '1008'),
    line: 8,
    result: 'stored',
    outcome: 'refused',
    because: 'the register has 5 digits, and 120034 has 6',
  },
];

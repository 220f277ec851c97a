/**
 * Reads one line of a batch file, an account and its meter, from text cells or from JSON. Every fault names its column;
 * a bad line is refused alone and the others are taken.
 */
import {
  accountFaults,
  isAccountNumber,
  meterFaults,
  type AccountFault,
  type InstalledMeter,
  type ServiceAccount,
} from './account.ts';
import type { Fields } from '../message-fields.ts';

const batchColumns = [
  'account',
  'holder',
  'taxId',
  'address',
  'language',
  'tariff',
  'meter',
  'digits',
  'decimals',
  'multiplier',
  'installedValue',
  'installedAt',
] as const;
export type BatchColumn = (typeof batchColumns)[number];

/** Defaults of absent or empty cells. The tariff's default comes with the upload. */
const USUAL = { decimals: '0', multiplier: '1' } as const;
const OPTIONAL: readonly BatchColumn[] = ['taxId', 'decimals', 'multiplier'];
const BETWEEN_LINES = '|';

export interface RowError {
  /** Empty when the whole line is wrong. */
  readonly column: string;
  readonly detail: string;
}

export type BatchRow =
  | { readonly is: 'read'; readonly account: ServiceAccount; readonly meter: InstalledMeter }
  | {
      readonly is: 'refused';
      /** Present when the line holds something that has the form of an account number. */
      readonly accountId?: string;
      readonly errors: readonly RowError[];
    };

/** The columns that a file must have. `tariffId`: the upload's default for lines that name none. */
export function neededColumns(tariffId: string | undefined): readonly BatchColumn[] {
  return batchColumns.filter((name) => !OPTIONAL.includes(name) && !(name === 'tariff' && tariffId !== undefined));
}

export function isBatchColumn(name: string): name is BatchColumn {
  return batchColumns.some((column) => column === name);
}

/** `fields` are named after the columns; the address is a text with "|" between its lines, or a list of them. */
export function readBatchRow(fields: Fields, tariffId: string | undefined): BatchRow {
  const errors: RowError[] = unknownFields(fields);
  const cell = (name: BatchColumn): string => {
    const said = fields[name] ?? '';
    if (typeof said === 'string' && said.trim() !== '') return said.trim();
    if (typeof said === 'number' && (name === 'digits' || name === 'decimals')) return String(said);
    if (typeof said !== 'string') errors.push({ column: name, detail: 'must be a text' });
    else if (neededColumns(tariffId).includes(name)) errors.push({ column: name, detail: 'is needed' });
    return '';
  };
  const usual = (name: keyof typeof USUAL): string => cell(name) || USUAL[name];
  const taxId = cell('taxId');
  const account: ServiceAccount = {
    accountId: cell('account'),
    holder: cell('holder'),
    address: addressOf(fields['address'], cell),
    language: cell('language') as ServiceAccount['language'],
    tariffId: cell('tariff') || (tariffId ?? ''),
    ...(taxId === '' ? {} : { taxId }),
  };
  const meter: InstalledMeter = {
    meterId: cell('meter'),
    accountId: account.accountId,
    digits: wholeOf(cell('digits')),
    decimals: wholeOf(usual('decimals')),
    multiplier: usual('multiplier'),
    installed: { value: cell('installedValue'), at: cell('installedAt') },
  };
  const faults = [...accountFaults(account), ...meterFaults(meter)].map(errorOf);
  // A missing cell is reported as missing only, not as malformed too.
  const missing = new Set(errors.map(({ column }) => column));
  errors.push(...faults.filter(({ column }) => !missing.has(column)));
  if (errors.length === 0) return { is: 'read', account, meter };
  const named = isAccountNumber(account.accountId) ? { accountId: account.accountId } : {};
  return { is: 'refused', ...named, errors: onceByColumn(errors) };
}

function addressOf(said: unknown, cell: (name: 'address') => string): readonly string[] {
  const lines = Array.isArray(said) && said.every((line): line is string => typeof line === 'string') && said;
  const written = lines === false ? cell('address').split(BETWEEN_LINES) : lines;
  return written.map((line) => line.trim());
}

/** NaN for anything but digits: the rules of the meter then refuse it by name. */
function wholeOf(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
}

const COLUMN_OF: Readonly<Record<string, BatchColumn>> = {
  accountId: 'account',
  meterId: 'meter',
  tariffId: 'tariff',
  'installed.value': 'installedValue',
  'installed.at': 'installedAt',
};

/** A fault names `address[1]`; the file has one column for all lines of the address. */
function errorOf({ field, because }: AccountFault): RowError {
  return { column: COLUMN_OF[field] ?? field.replace(/\[\d+\]$/, ''), detail: because };
}

/** A bad account number is a fault of the account and of its meter: it is reported once. */
function onceByColumn(errors: readonly RowError[]): readonly RowError[] {
  return [...new Map(errors.toReversed().map((error) => [error.column, error])).values()].toReversed();
}

const LONGEST_NAME = 40;
const MOST_UNKNOWN = 20;

/** Unknown columns are refused: a misspelt `decimals` would otherwise bill wrong amounts for years. */
function unknownFields(fields: Fields): RowError[] {
  return Object.keys(fields)
    .filter((name) => !isBatchColumn(name))
    .slice(0, MOST_UNKNOWN)
    .map((name) => ({ column: printable(name), detail: 'this column is not known' }));
}

function printable(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cs}]/gu, '?').slice(0, LONGEST_NAME);
}

/**
 * One line of the file that a batch of bills is printed from: an account and its meter, of text cells or of JSON. It answers every
 * fault by column, so that a line is refused by itself and the others go on.
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

export const batchColumns = [
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

/** What stands for a cell that is not there, or empty; of the tariff, what the upload names for all lines. */
const USUAL = { decimals: '0', multiplier: '1' } as const;
const OPTIONAL: readonly BatchColumn[] = ['taxId', 'decimals', 'multiplier'];
const BETWEEN_LINES = '|';

export interface RowError {
  /** Empty where it is the whole line. */
  readonly column: string;
  readonly detail: string;
}

export type BatchRow =
  | { readonly is: 'read'; readonly account: ServiceAccount; readonly meter: InstalledMeter }
  | {
      readonly is: 'refused';
      /** As far as the line says it in a form that can be one. */
      readonly accountId?: string;
      readonly errors: readonly RowError[];
    };

/** Without them there is no bill. `tariffId`: what the upload names for lines that name none. */
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
  // What is missing has no form either, and one word about it is enough.
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

/** NaN for anything else, which the meter's rules refuse in their own words. */
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

/** The domain says `address[1]`; a file has one column of it. */
function errorOf({ field, because }: AccountFault): RowError {
  return { column: COLUMN_OF[field] ?? field.replace(/\[\d+\]$/, ''), detail: because };
}

/** An account number is wrong for the account and for its meter. */
function onceByColumn(errors: readonly RowError[]): readonly RowError[] {
  return [...new Map(errors.toReversed().map((error) => [error.column, error])).values()].toReversed();
}

const LONGEST_NAME = 40;
const MOST_UNKNOWN = 20;

/** A misspelt `decimals` would otherwise print a bill that asks for the wrong amount for years. */
function unknownFields(fields: Fields): RowError[] {
  return Object.keys(fields)
    .filter((name) => !isBatchColumn(name))
    .slice(0, MOST_UNKNOWN)
    .map((name) => ({ column: printable(name), detail: 'this column is not known' }));
}

function printable(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cs}]/gu, '?').slice(0, LONGEST_NAME);
}

/**
 * A service account and its meters, and the checks before either is stored. Pure: whether the tariff exists and whether
 * the meter is in service elsewhere is checked against the database.
 */
import { readDecimal } from '../decimal.ts';
import { isInstant } from '../instant.ts';
import { registerValue, type Meter, type RegisterAt } from './meter.ts';
import { readTaxId } from '../tax-id.ts';

export interface ServiceAccount {
  /** The utility's own number. */
  readonly accountId: string;
  readonly holder: string;
  /** CPF or CNPJ, with or without its punctuation. */
  readonly taxId?: string;
  /** Line by line, as it stands on the bill. */
  readonly address: readonly string[];
  readonly language: Language;
  readonly tariffId: string;
}

/** A meter's time at one account. */
export interface InstalledMeter extends Meter {
  readonly accountId: string;
}

export interface AccountFault {
  /** "installed.value" */
  readonly field: string;
  /** A plain clause: "has at most 140 characters". */
  readonly because: string;
}

export const languages = ['pt', 'en'] as const;
export type Language = (typeof languages)[number];

/** Account and meter numbers alike: they stand in URLs and in file names. */
const NUMBER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const TARIFF = /^[A-Za-z0-9_-]{1,50}$/;
const MOST_NAME = 140;
const MOST_LINES = 6;
const MOST_DIGITS = 12;
const MOST_DECIMALS = 6;

export function isAccountNumber(text: string): boolean {
  return NUMBER.test(text);
}

/** Returns every fault, not only the first, so that a file of accounts can be corrected in one pass. */
export function accountFaults(account: ServiceAccount): readonly AccountFault[] {
  const { accountId, holder, taxId, address, language, tariffId } = account;
  const faults: AccountFault[] = [];
  const fault = (field: string, because: string): void => void faults.push({ field, because });
  checkNumber('accountId', accountId, fault);
  checkText('holder', holder, fault);
  if (taxId !== undefined && readTaxId(taxId) === undefined) {
    fault('taxId', 'is no CPF or CNPJ: its length or its check digits are wrong');
  }
  if (address.length < 1 || address.length > MOST_LINES) fault('address', `has 1 to ${MOST_LINES} lines`);
  for (const [index, line] of address.slice(0, MOST_LINES).entries()) checkText(`address[${index}]`, line, fault);
  if (!languages.includes(language)) fault('language', `is one of ${languages.join(', ')}`);
  if (!TARIFF.test(tariffId)) fault('tariffId', 'names a tariff: 1 to 50 letters, digits, hyphens or underscores');
  return faults;
}

export function meterFaults(meter: InstalledMeter): readonly AccountFault[] {
  const { meterId, accountId, digits, decimals, multiplier, installed, removed } = meter;
  const faults: AccountFault[] = [];
  const fault = (field: string, because: string): void => void faults.push({ field, because });
  checkNumber('meterId', meterId, fault);
  checkNumber('accountId', accountId, fault);
  if (!isDigits(digits)) fault('digits', `is a whole number from 1 to ${MOST_DIGITS}`);
  if (!isDecimals(decimals)) fault('decimals', `is a whole number from 0 to ${MOST_DECIMALS}`);
  const factor = readDecimal(multiplier);
  if (factor === undefined || factor.units <= 0n) fault('multiplier', 'is a decimal number above zero: "1" or "40"');
  checkRegister('installed', installed, meter, fault);
  if (removed === undefined) return faults;
  checkRegister('removed', removed, meter, fault);
  if (isInstant(installed.at) && isInstant(removed.at) && Date.parse(removed.at) < Date.parse(installed.at)) {
    fault('removed.at', 'is not before the meter was installed');
  }
  return faults;
}

type Fault = (field: string, because: string) => void;

function isDigits(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MOST_DIGITS;
}

function isDecimals(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MOST_DECIMALS;
}

function checkNumber(field: string, text: string, fault: Fault): void {
  if (!NUMBER.test(text)) {
    fault(field, 'has 1 to 40 letters, digits, points, hyphens or underscores, the first a letter or digit');
  }
}

function checkText(field: string, text: string, fault: Fault): void {
  if (text.trim() === '') fault(field, 'must say something');
  else if ([...text].length > MOST_NAME) fault(field, `has at most ${MOST_NAME} characters`);
  // Neither a store nor a printer has a place for them.
  else if (/[\p{Cc}\p{Cs}]/u.test(text)) fault(field, 'holds characters that cannot be printed');
}

function checkRegister(field: string, { value, at }: RegisterAt, meter: InstalledMeter, fault: Fault): void {
  // The values of an impossible register are not checked: its own faults are reported already.
  const possible = isDigits(meter.digits) && isDecimals(meter.decimals);
  if (possible && registerValue(value, meter) === undefined) {
    const after = meter.decimals === 0 ? 'none' : `at most ${meter.decimals}`;
    fault(`${field}.value`, `is what the register shows: at most ${meter.digits} digits, and ${after} after a point`);
  }
  if (!isInstant(at)) fault(`${field}.at`, 'is an instant with its offset, for example 2026-11-26T07:00:00Z');
}

/**
 * The installation that overlaps the one asked for: this meter at another account, or another meter at this account.
 * Undefined when there is none. One may begin at the very instant at which the other ends.
 */
export function conflictingInstallation(
  known: readonly InstalledMeter[],
  asked: InstalledMeter,
): InstalledMeter | undefined {
  return known.find((other) => {
    const about = other.meterId === asked.meterId || other.accountId === asked.accountId;
    return about && !isSameInstallation(other, asked) && overlap(other, asked);
  });
}

/** The sentence of the refusal. */
export function describeConflict({ meterId, accountId, installed }: InstalledMeter, asked: InstalledMeter): string {
  if (meterId === asked.meterId) return `is at account ${accountId} since ${installed.at}`;
  return `cannot be at account ${accountId}: meter ${meterId} is there since ${installed.at}`;
}

/** A repeat and a removal name the same installation; another instant or another account is another one. */
export function isSameInstallation(left: InstalledMeter, right: InstalledMeter): boolean {
  return (
    left.meterId === right.meterId &&
    left.accountId === right.accountId &&
    Date.parse(left.installed.at) === Date.parse(right.installed.at)
  );
}

/** A repeat changes no bill. A body that says nothing of the removal leaves it as it is. */
export function isUnchanged(known: InstalledMeter | undefined, asked: InstalledMeter): boolean {
  if (known === undefined || !isSameInstallation(known, asked)) return false;
  const { removed = known.removed } = asked;
  const sameEnd =
    removed?.value === known.removed?.value && Date.parse(removed?.at ?? '') === Date.parse(known.removed?.at ?? '');
  return (
    (removed === undefined ? known.removed === undefined : sameEnd) &&
    known.digits === asked.digits &&
    known.decimals === asked.decimals &&
    known.multiplier === asked.multiplier &&
    known.installed.value === asked.installed.value
  );
}

function overlap(left: InstalledMeter, right: InstalledMeter): boolean {
  const [leftFrom, rightFrom] = [Date.parse(left.installed.at), Date.parse(right.installed.at)];
  const end = ({ removed }: InstalledMeter): number => (removed === undefined ? Infinity : Date.parse(removed.at));
  if (leftFrom === rightFrom) return true;
  return leftFrom < end(right) && rightFrom < end(left);
}

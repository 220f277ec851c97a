/** Checks a tariff before it is stored; `priceUsage` relies on these checks. */
import { compareDecimals, readDecimal, ZERO, type Decimal } from '../decimal.ts';
import type { MoneyJson } from '../money.ts';
import type { Tariff, Tier } from './tariff.ts';

interface TariffFault {
  /** "tiers.list[1].upTo" */
  readonly field: string;
  /** A plain sentence. */
  readonly because: string;
}

/** Returns every fault, so that a tariff can be corrected in one pass. */
export function tariffFaults(tariff: Tariff): readonly TariffFault[] {
  const faults: TariffFault[] = [];
  const fault = (field: string, because: string): void => void faults.push({ field, because });
  if (!isDay(tariff.effectiveFrom)) fault('effectiveFrom', 'A day of the calendar is needed, for example 2026-11-26.');
  if (!Number.isSafeInteger(tariff.version) || tariff.version < 1) fault('version', 'Versions count from 1.');
  if (tariff.unit.trim() === '') fault('unit', 'A unit is needed, for example kWh.');
  checkAmount('fixed', tariff.fixed, tariff, fault);
  checkAmount('minimum', tariff.minimum, tariff, fault);
  checkTiers(tariff.tiers.list, fault);
  for (const [index, tax] of tariff.taxes.entries()) {
    if (tax.name.trim() === '') fault(`taxes[${index}].name`, 'A tax has a name, because the bill prints it.');
    if (notNegative(tax.rate) === undefined) fault(`taxes[${index}].rate`, 'A percentage is needed, for example "18".');
  }
  return faults;
}

type Fault = (field: string, because: string) => void;

function checkAmount(field: string, amount: MoneyJson | undefined, { currency }: Tariff, fault: Fault): void {
  if (amount === undefined) return;
  if (amount.currency !== currency) fault(field, `The tariff is in ${currency}, this is in ${amount.currency}.`);
  if (!/^\d+$/.test(amount.minorUnits)) fault(field, 'An amount of zero or more is needed.');
}

function checkTiers(tiers: readonly Tier[], fault: Fault): void {
  if (tiers.length === 0) fault('tiers.list', 'At least one tier is needed.');
  let before: Decimal = ZERO;
  for (const [index, { upTo, price }] of tiers.entries()) {
    const field = `tiers.list[${index}]`;
    if (notNegative(price) === undefined)
      fault(`${field}.price`, 'A price of zero or more is needed, for example "0.61".');
    const last = index === tiers.length - 1;
    if (last) {
      if (upTo !== undefined) fault(`${field}.upTo`, 'The last tier has no end: some usage would have no price.');
      continue;
    }
    const end = upTo === undefined ? undefined : notNegative(upTo);
    if (end === undefined) fault(`${field}.upTo`, 'Every tier but the last says where it ends.');
    else if (compareDecimals(end, before) <= 0)
      fault(`${field}.upTo`, 'A tier ends above the end of the one before it.');
    else before = end;
  }
}

function notNegative(text: string): Decimal | undefined {
  const read = readDecimal(text);
  return read === undefined || read.units < 0n ? undefined : read;
}

/** JavaScript rolls 30 February over into March, so the formatted date is compared with the text. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

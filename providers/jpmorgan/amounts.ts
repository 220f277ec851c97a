/** Numbers as the bank writes them. By characters only: no float is ever on the way, and nothing is rounded. */
import { isCurrency, parseDecimal, toJson, type MoneyJson } from '../../domain/money.ts';
import { UnreadableAnswer } from './failures.ts';

/**
 * Reads "500.0" and "500" as 500.00, because the bank's own samples write such; a digit that counts and does not fit
 * the currency makes the amount unreadable.
 */
export function fromWire(value: string, currency: string, field: string): MoneyJson {
  const form = /^0*(\d{1,15})(?:\.(\d{1,4}))?$/.exec(value);
  if (!form || !isCurrency(currency)) throw new UnreadableAnswer([field]);
  const whole = (form[1] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = (form[2] ?? '').replace(/0+$/, '');
  for (const digits of [0, 2, 3]) {
    if (fraction.length > digits) continue;
    const amount = parseDecimal(digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, '0')}`, currency);
    if (amount) return toJson(amount);
  }
  throw new UnreadableAnswer([field]);
}

/** "2.00", and "2" as well, in hundredths of a percent. */
export function shareFromWire(value: string, field: string): number {
  const [, whole, fraction = ''] = /^(\d{1,3})(?:\.(\d{1,2})0*)?$/.exec(value) ?? [];
  if (whole === undefined) throw new UnreadableAnswer([field]);
  return Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
}

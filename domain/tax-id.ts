/**
 * Brazil's tax numbers: CPF of a person, CNPJ of a company (with letters too since July 2026). Read with or without
 * punctuation, kept without; shown masked outside the engine.
 */
interface TaxId {
  readonly kind: 'CPF' | 'CNPJ';
  /** Without punctuation, in capitals: 11 digits, or 14 digits and letters. */
  readonly value: string;
}

const FORMS = {
  CPF: /^(?:\d{11}|\d{3}\.\d{3}\.\d{3}-\d{2})$/,
  CNPJ: /^(?:[0-9A-Z]{12}\d{2}|[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}\/[0-9A-Z]{4}-\d{2})$/,
} as const;

/** Undefined when it is neither, or its check digits say that it was mistyped. */
export function readTaxId(text: string): TaxId | undefined {
  // Letters of other alphabets become ASCII as capitals: they are no part of a tax number.
  if (!/^[0-9A-Za-z./-]+$/.test(text)) return undefined;
  const written = text.toUpperCase();
  const value = written.replace(/[./-]/g, '');
  // 111.111.111-11 adds up, and is what people type to get past a field.
  if (/^(.)\1*$/.test(value)) return undefined;
  for (const kind of ['CPF', 'CNPJ'] as const) {
    if (!FORMS[kind].test(written)) continue;
    return value.endsWith(checkDigits(value.slice(0, -2), kind)) ? { kind, value } : undefined;
  }
  return undefined;
}

/** The first of the two digits counts for the second. */
function checkDigits(body: string, kind: TaxId['kind']): string {
  const first = checkDigit(body, kind);
  return `${first}${checkDigit(`${body}${first}`, kind)}`;
}

/** Weights rise from 2 at the right end; a CNPJ's begin again after 9. A letter counts as its distance from "0". */
function checkDigit(body: string, kind: TaxId['kind']): number {
  const sum = [...body].toReversed().reduce((total, sign, place) => {
    const weight = 2 + (kind === 'CNPJ' ? place % 8 : place);
    return total + (sign.charCodeAt(0) - 48) * weight;
  }, 0);
  return sum % 11 < 2 ? 0 : 11 - (sum % 11);
}

/** Masked so that the holder recognises it and nobody else can use it: ***.982.247-** and **.ABC.345/01DE-**. */
export function maskedTaxId({ kind, value }: TaxId): string {
  return kind === 'CPF'
    ? `***.${value.slice(3, 6)}.${value.slice(6, 9)}-**`
    : `**.${value.slice(2, 5)}.${value.slice(5, 8)}/${value.slice(8, 12)}-**`;
}

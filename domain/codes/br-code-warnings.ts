/**
 * Deviations that are tolerated when a BR Code is read and never written. Nothing is refused here: refusals are in
 * `br-code.ts`.
 */
import type { DataObject, EmvCode } from './emv.ts';

export const PIX = 'br.gov.bcb.pix';
/** The placeholder for "no txid", the only value that a dynamic code should carry. */
export const ANY_TXID = '***';

export type BrCodeWarning =
  | 'crc-lower-case'
  | 'initiation-unknown'
  | 'dynamic-under-11'
  | 'static-under-12'
  | 'key-and-url'
  | 'key-form'
  | 'txid-missing'
  | 'txid-characters'
  | 'txid-ignored'
  | 'version-mark'
  | 'recurring-url-ignored'
  | 'not-ascii';

interface WarningInput {
  readonly account: readonly DataObject[];
  readonly dynamic: boolean;
  readonly initiation: string | undefined;
  readonly label: string | undefined;
}

export function warningsOf(
  emv: EmvCode,
  { account, dynamic, initiation, label }: WarningInput,
): readonly BrCodeWarning[] {
  const { objects, warnings } = emv;
  const key = valueOf(account, '01');
  const additional = objects.find(({ id }) => id === '62')?.children;
  const recurring = objects.some(
    ({ id, children }) => id >= '80' && isPixTemplate(children) && valueOf(children, '25'),
  );
  const found: readonly (readonly [BrCodeWarning, boolean])[] = [
    ['crc-lower-case', warnings.includes('crc-lower-case')],
    ['initiation-unknown', initiation !== undefined && initiation !== '11' && initiation !== '12'],
    ['dynamic-under-11', dynamic && initiation === '11'],
    ['static-under-12', !dynamic && initiation === '12'],
    ['key-and-url', key !== undefined && valueOf(account, '25') !== undefined],
    ['key-form', key !== undefined && !isKey(key)],
    ['txid-missing', label === undefined],
    ['txid-characters', label !== undefined && label !== ANY_TXID && !/^[A-Za-z0-9]+$/.test(label)],
    ['txid-ignored', dynamic && label !== undefined && label !== ANY_TXID],
    ['version-mark', valueOf(additional, '50') !== undefined],
    ['recurring-url-ignored', recurring],
    ['not-ascii', objects.some(({ value }) => /[^\x20-\x7e]/.test(value))],
  ];
  return found.filter(([, applies]) => applies).map(([warning]) => warning);
}

/** E-mail, CPF or CNPJ, phone, or a random key. An alphanumeric CNPJ is a CNPJ. */
function isKey(key: string): boolean {
  return (
    /^[^@\s]+@[^@\s]+$/.test(key) ||
    /^[0-9]{11}$/.test(key) ||
    /^[0-9A-Z]{12}[0-9]{2}$/.test(key) ||
    /^\+[1-9][0-9]{4,14}$/.test(key) ||
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key)
  );
}

/** The scheme's name is compared without case. */
export function isPixTemplate(children: readonly DataObject[] | undefined): boolean {
  return valueOf(children, '00')?.toLowerCase() === PIX;
}

export function valueOf(objects: readonly DataObject[] | undefined, id: string): string | undefined {
  return objects?.find((object) => object.id === id)?.value;
}

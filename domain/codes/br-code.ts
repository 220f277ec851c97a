/**
 * The BR Code: the text of a Pix QR code. Reads leniently, with warnings, and writes strictly, the dynamic form only.
 * It refuses whatever a payer's bank might read as another payee, and never throws on a text it reads.
 */
import { crc16, decodeEmv, encodeTlv } from './emv.ts';
import type { DataObject, EmvCode, EmvError, EmvErrorName } from './emv.ts';
import { ANY_TXID, isPixTemplate, PIX, valueOf, warningsOf } from './br-code-warnings.ts';
import type { BrCodeWarning } from './br-code-warnings.ts';
import { parseDecimal, toDecimal } from '../money.ts';
import type { Money } from '../money.ts';
import { present } from '../present.ts';

export { crc16 } from './emv.ts';

export interface BrCode {
  readonly kind: 'static' | 'dynamic';
  /** Dynamic only, without a scheme. */
  readonly url?: string;
  /** Static only. */
  readonly key?: string;
  /** Static only, always with two digits after the point, so that `parseDecimal` reads it. */
  readonly amount?: string;
  readonly merchantName: string;
  readonly merchantCity: string;
  /** Static only; absent where the code says `***`. */
  readonly txid?: string;
  readonly initiation?: '11' | '12';
  readonly crc: string;
  /** Fields that a dynamic code also carries. The content behind the URL decides, so no payment may rely on them. */
  readonly ignored?: { readonly amount?: string; readonly txid?: string };
  /** Empty for a clean code. A code with warnings is read and never written. */
  readonly warnings: readonly BrCodeWarning[];
}

export type BrCodeErrorName =
  | EmvErrorName
  | 'not-pix'
  | 'two-pix-templates'
  | 'neither-key-nor-url'
  | 'info-too-long'
  | 'url-scheme'
  | 'url-characters'
  | 'missing-object'
  | 'not-brl'
  | 'not-brazil';

type BrCodeError = EmvError<BrCodeErrorName>;
type BrCodeResult = { readonly ok: true; readonly code: BrCode } | { readonly ok: false; readonly error: BrCodeError };

/** A template shares 99 characters: 18 for the GUI, 4 for the URL's own id and length. */
const MOST_URL = 77;
const MOST_NAME = 25;
const MOST_CITY = 15;

type UnwritableReason =
  | 'url-empty'
  | 'url-scheme'
  | 'url-characters'
  | 'url-too-long'
  | 'name-empty'
  | 'city-empty'
  | 'amount-not-brl'
  | 'amount-not-positive'
  | 'amount-too-long';

/** Content that no valid code can carry. */
export class UnwritableBrCode extends Error {
  readonly reason: UnwritableReason;

  constructor(reason: UnwritableReason, detail: string) {
    super(detail);
    this.name = 'UnwritableBrCode';
    this.reason = reason;
  }
}

export interface BrCodeContent {
  readonly url: string;
  readonly merchantName: string;
  readonly merchantCity: string;
  /** For a request code on a screen. The printed code is for every sale and carries none. */
  readonly amount?: Money;
  /** Says `12`, "new code for each payment". Without it nothing is said: banks may then use the code again. */
  readonly oneTime?: boolean;
}

export function encodeBrCode(content: BrCodeContent): string {
  const template = encodeTlv('00', PIX) + encodeTlv('25', writableUrl(content.url));
  const body = [
    encodeTlv('00', '01'),
    content.oneTime === true ? encodeTlv('01', '12') : '',
    encodeTlv('26', template),
    encodeTlv('52', '0000'),
    encodeTlv('53', '986'),
    content.amount === undefined ? '' : encodeTlv('54', writableAmount(content.amount)),
    encodeTlv('58', 'BR'),
    encodeTlv('59', writableWords(content.merchantName, MOST_NAME, 'name-empty')),
    encodeTlv('60', writableWords(content.merchantCity, MOST_CITY, 'city-empty')),
    encodeTlv('62', encodeTlv('05', ANY_TXID)),
    '6304',
  ].join('');
  return body + crc16(body);
}

function writableUrl(url: string): string {
  const bare = url.replace(/^https?:\/\//i, '');
  if (bare === '') throw new UnwritableBrCode('url-empty', 'a dynamic code needs a URL');
  if (hasScheme(bare)) throw new UnwritableBrCode('url-scheme', `only https URLs go into a code: ${url}`);
  if (!isPlainUrl(bare)) throw new UnwritableBrCode('url-characters', 'a URL in a code is printable ASCII, no spaces');
  if (bare.length > MOST_URL) {
    throw new UnwritableBrCode('url-too-long', `the URL has ${bare.length} characters without scheme, ${MOST_URL} fit`);
  }
  return bare;
}

function writableAmount(amount: Money): string {
  if (amount.currency !== 'BRL') throw new UnwritableBrCode('amount-not-brl', `Pix pays BRL, not ${amount.currency}`);
  if (amount.minorUnits <= 0n) throw new UnwritableBrCode('amount-not-positive', 'an amount in a code is above zero');
  const value = toDecimal(amount);
  if (value.length > 13) throw new UnwritableBrCode('amount-too-long', `${value} has more than 13 characters`);
  return value;
}

/** Letters that Unicode does not decompose into base letter and accent. */
const LETTERS = new Map(
  'ß=ss æ=ae Æ=AE œ=oe Œ=OE ø=o Ø=O đ=d Đ=D ð=d Ð=D ł=l Ł=L þ=th Þ=Th'.split(' ').map((pair) => {
    const [letter = '', plain = ''] = pair.split('=');
    return [letter, plain] as const;
  }),
);

/** The payer is shown the bank's own record, so the printed name may lose accents and be cut. */
function writableWords(words: string, most: number, empty: UnwritableReason): string {
  const plain = words
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, (character) => LETTERS.get(character) ?? ' ')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, most)
    .trim();
  if (plain === '') throw new UnwritableBrCode(empty, `nothing of "${words.slice(0, 40)}" can be written in ASCII`);
  return plain;
}

function hasScheme(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url);
}

function isPlainUrl(url: string): boolean {
  return /^[\x21-\x7e]+$/.test(url);
}

/** Clean (no warnings), read with warnings, or refused by name. */
export function decodeBrCode(text: string): BrCodeResult {
  const emv = decodeEmv(text);
  if (!emv.ok) return emv;
  const templates = emv.code.objects.filter(({ id, children }) => id >= '26' && id <= '51' && isPixTemplate(children));
  const template = templates[0];
  if (template === undefined) return refuse('not-pix', `no template 26 to 51 names ${PIX}`);
  if (templates[1] !== undefined) return refuse('two-pix-templates', 'two payees in one code', templates[1].at);
  const refusal = checkMarket(emv.code) ?? checkAccount(template.children ?? []);
  if (refusal !== undefined) return refusal;
  return { ok: true, code: read(emv.code, template.children ?? []) };
}

function checkMarket({ objects }: EmvCode): BrCodeResult | undefined {
  const missing = ['52', '53', '58', '59', '60'].find((id) => valueOf(objects, id) === undefined);
  if (missing !== undefined) return refuse('missing-object', `object ${missing} is mandatory`);
  if (valueOf(objects, '53') !== '986') return refuse('not-brl', `the currency is ${valueOf(objects, '53')}, not 986`);
  if (valueOf(objects, '58') !== 'BR') return refuse('not-brazil', `the country is ${valueOf(objects, '58')}, not BR`);
  const amount = objects.find(({ id }) => id === '54');
  if (amount !== undefined && twoDigits(amount.value) === undefined) {
    return refuse('amount-form', `reais have two digits after the point or none: ${amount.value}`, amount.at);
  }
  return undefined;
}

/**
 * No length check is needed for key and URL: beyond 77 characters the template would exceed 99 and not be valid TLV.
 */
function checkAccount(account: readonly DataObject[]): BrCodeResult | undefined {
  for (const { id, value, at } of account) {
    if (id === '02' && value.length > 72) return refuse('info-too-long', 'the note has at most 72 characters', at);
    if (id !== '25') continue;
    if (hasScheme(value)) return refuse('url-scheme', 'a URL in a code has no scheme', at);
    if (!isPlainUrl(value)) return refuse('url-characters', 'a URL in a code is printable ASCII, no spaces', at);
  }
  if (account.some(({ id }) => id === '01' || id === '25')) return undefined;
  return refuse('neither-key-nor-url', 'the Pix template names no payee');
}

function read(emv: EmvCode, account: readonly DataObject[]): BrCode {
  const { objects } = emv;
  // If a template holds both, the first one wins, as in Chromium, with a warning.
  const payee = account.find(({ id }) => id === '01' || id === '25');
  const url = payee?.id === '25' ? payee.value : undefined;
  const key = payee?.id === '01' ? payee.value : undefined;
  const initiation = valueOf(objects, '01');
  const label = valueOf(objects.find(({ id }) => id === '62')?.children, '05');
  const amountText = valueOf(objects, '54');
  const said = present({
    amount: amountText === undefined ? undefined : twoDigits(amountText),
    txid: label === ANY_TXID ? undefined : label,
  });
  return {
    ...(url === undefined ? { kind: 'static', ...present({ key }), ...said } : { kind: 'dynamic', url }),
    merchantName: valueOf(objects, '59') ?? '',
    merchantCity: valueOf(objects, '60') ?? '',
    ...(initiation === '11' || initiation === '12' ? { initiation } : {}),
    crc: emv.crc,
    ...(url !== undefined && Object.keys(said).length > 0 ? { ignored: said } : {}),
    warnings: warningsOf(emv, { account, dynamic: url !== undefined, initiation, label }),
  };
}

/** "98", "98." and "0098.73" are valid in a code; our own form has two digits and no leading zeros. */
function twoDigits(value: string): string | undefined {
  const [whole = '', cents = ''] = value.split('.');
  const amount = parseDecimal(`${whole.replace(/^0+(?=[0-9])/, '')}.${cents === '' ? '00' : cents}`, 'BRL');
  return amount === undefined ? undefined : toDecimal(amount);
}

function refuse(name: BrCodeErrorName, detail: string, at?: number): BrCodeResult {
  return { ok: false, error: at === undefined ? { name, detail } : { name, at, detail } };
}

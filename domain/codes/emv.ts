/**
 * The EMV merchant-presented QR payload: data objects of id, length and value, and the checksum over them.
 * It knows the rules every scheme shares and refuses what breaks them; what a scheme adds (Pix) is in `br-code.ts`.
 */

export interface DataObject {
  readonly id: string;
  readonly value: string;
  /** Offset of the id in the text, in characters. */
  readonly at: number;
}

interface EmvObject extends DataObject {
  /** Present on templates only. */
  readonly children?: readonly DataObject[];
}

export type EmvErrorName =
  | 'too-long'
  | 'control-character'
  | 'not-tlv'
  | 'truncated'
  | 'empty-value'
  | 'duplicate-id'
  | 'format-indicator'
  | 'crc-missing'
  | 'crc-not-last'
  | 'crc-form'
  | 'crc-mismatch'
  | 'category-form'
  | 'currency-form'
  | 'amount-form'
  | 'amount-zero'
  | 'country-form'
  | 'name-too-long'
  | 'city-too-long'
  | 'postal-code-too-long'
  | 'additional-data-too-long';

/** `at` counts characters from the start of the text. */
export interface EmvError<Name extends string = EmvErrorName> {
  readonly name: Name;
  readonly at?: number;
  readonly detail: string;
}

type EmvRefusal = { readonly ok: false; readonly error: EmvError };

export interface EmvCode {
  readonly objects: readonly EmvObject[];
  /** Upper case, as written or not. */
  readonly crc: string;
  /** `missing-52` and its like: mandatory by EMV, left out by some schemes. `crc-lower-case`: right, written small. */
  readonly warnings: readonly string[];
}

const MOST_CHARACTERS = 512;
const MANDATORY = ['52', '53', '58', '59', '60'] as const;

/** CRC-16 of ISO/IEC 13239 (0x1021, initial 0xFFFF) over the UTF-8 bytes: always four upper-case digits. */
export function crc16(text: string): string {
  let crc = 0xffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}

/** Throws on an id or a length that has no TLV form: the caller has checked its values, so this is a bug. */
export function encodeTlv(id: string, value: string): string {
  const length = Array.from(value).length;
  if (!/^[0-9]{2}$/.test(id)) throw new Error(`not a data object id: ${id}`);
  if (length < 1 || length > 99) throw new Error(`data object ${id} has ${length} characters; 1 to 99 can be written`);
  return `${id}${String(length).padStart(2, '0')}${value}`;
}

/** One level of data objects. Lengths count characters, not bytes; an id appears once. `from` shifts the offsets. */
function decodeTlv(
  text: string,
  from = 0,
): { readonly ok: true; readonly objects: readonly DataObject[] } | EmvRefusal {
  const characters = Array.from(text);
  const objects: DataObject[] = [];
  const seen = new Set<string>();
  let next = 0;
  while (next < characters.length) {
    const at = from + next;
    const header = characters.slice(next, next + 4).join('');
    if (!/^[0-9]*$/.test(header)) return refuse('not-tlv', `id and length are not digits: ${header}`, at);
    if (header.length < 4) return refuse('truncated', 'the text ends inside an id or a length', at);
    const id = header.slice(0, 2);
    const length = Number(header.slice(2));
    if (length === 0) return refuse('empty-value', `object ${id} has length 00`, at);
    if (next + 4 + length > characters.length) {
      return refuse(
        'truncated',
        `object ${id} says ${length} characters, ${characters.length - next - 4} are left`,
        at,
      );
    }
    if (seen.has(id)) return refuse('duplicate-id', `object ${id} appears twice`, at);
    seen.add(id);
    objects.push({ id, value: characters.slice(next + 4, next + 4 + length).join(''), at });
    next += 4 + length;
  }
  return { ok: true, objects };
}

/** Total: every string has an answer, and a refusal has a name. */
export function decodeEmv(text: string): { readonly ok: true; readonly code: EmvCode } | EmvRefusal {
  // A character has at most two code units, so a text longer than that is refused without being split.
  if (text.length > 2 * MOST_CHARACTERS || Array.from(text).length > MOST_CHARACTERS) {
    return refuse('too-long', `a code has at most ${MOST_CHARACTERS} characters`);
  }
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return refuse('control-character', 'control characters and half characters');
  const root = decodeTlv(text);
  if (!root.ok) return root;
  const frame = checkFrame(text, root.objects);
  if (frame !== undefined) return frame;

  const objects: EmvObject[] = [];
  for (const object of root.objects) {
    const refusal = checkForm(object);
    if (refusal !== undefined) return refusal;
    if (!isTemplate(object.id)) {
      objects.push(object);
      continue;
    }
    const inner = decodeTlv(object.value, object.at + 4);
    if (!inner.ok) return inner;
    const long = object.id === '62' ? inner.objects.find(isOverlongLabel) : undefined;
    if (long !== undefined) return refuse('additional-data-too-long', `62-${long.id} has more than 25`, long.at);
    objects.push({ ...object, children: inner.objects });
  }
  return { ok: true, code: { objects, crc: text.slice(-4).toUpperCase(), warnings: warningsOf(text, root.objects) } };
}

/** Checks the frame: `00` first, `63` last, and a checksum over everything before its own value. */
function checkFrame(text: string, objects: readonly DataObject[]): EmvRefusal | undefined {
  const first = objects[0];
  const last = objects.at(-1);
  if (first?.id !== '00') return refuse('format-indicator', 'the first object is not 00', 0);
  if (last?.id !== '63') {
    const crc = objects.find((object) => object.id === '63');
    if (crc !== undefined) return refuse('crc-not-last', 'objects follow the checksum', crc.at);
    return refuse('crc-missing', 'the last object is not 63');
  }
  if (!/^[0-9A-Fa-f]{4}$/.test(last.value)) {
    return refuse('crc-form', `the checksum is four hexadecimal digits, not ${last.value}`, last.at);
  }
  const expected = crc16(text.slice(0, -4));
  if (last.value.toUpperCase() !== expected) {
    return refuse('crc-mismatch', `the text says ${last.value}, its checksum is ${expected}`, last.at);
  }
  if (first.value !== '01') return refuse('format-indicator', `object 00 is ${first.value}, not 01`, 0);
  return undefined;
}

/** The forms of C.1; a limit counts characters. */
function checkForm({ id, value, at }: DataObject): EmvRefusal | undefined {
  const length = Array.from(value).length;
  switch (id) {
    case '52':
      return /^[0-9]{4}$/.test(value) ? undefined : refuse('category-form', 'object 52 is four digits', at);
    case '53':
      return /^[0-9]{3}$/.test(value) ? undefined : refuse('currency-form', 'object 53 is three digits', at);
    case '54':
      if (length > 13 || !/^[0-9]+(\.[0-9]*)?$/.test(value))
        return refuse('amount-form', `not an amount: ${value}`, at);
      return /[1-9]/.test(value) ? undefined : refuse('amount-zero', 'an amount of zero is left out instead', at);
    case '58':
      return /^[A-Z]{2}$/.test(value) ? undefined : refuse('country-form', 'object 58 is two capital letters', at);
    case '59':
      return length <= 25 ? undefined : refuse('name-too-long', `the name has ${length} characters, 25 at most`, at);
    case '60':
      return length <= 15 ? undefined : refuse('city-too-long', `the city has ${length} characters, 15 at most`, at);
    case '61':
      return length <= 10 ? undefined : refuse('postal-code-too-long', 'the postal code has more than 10', at);
    default:
      return undefined;
  }
}

function isTemplate(id: string): boolean {
  return (id >= '26' && id <= '51') || id === '62' || id === '64' || id >= '80';
}

function isOverlongLabel({ id, value }: DataObject): boolean {
  return id >= '01' && id <= '08' && Array.from(value).length > 25;
}

function warningsOf(text: string, objects: readonly DataObject[]): readonly string[] {
  const missing = MANDATORY.filter((id) => !objects.some((object) => object.id === id)).map((id) => `missing-${id}`);
  return /[a-f]/.test(text.slice(-4)) ? ['crc-lower-case', ...missing] : missing;
}

function refuse(name: EmvErrorName, detail: string, at?: number): EmvRefusal {
  return { ok: false, error: at === undefined ? { name, detail } : { name, at, detail } };
}

/**
 * The modules of a code. `qrcode` makes them; the choice of the mask, which takes thirteen fourteenths of its time, is
 * made here, and comes out the same. It refuses a text that is no code.
 */
import QRCode from 'qrcode';
import { exclusiveOr, pack, penaltyOf, type PackedSquare } from './mask-penalty.ts';
import type { BillLevel } from '../domain/billing/bill-layout.ts';
import { BillRefusal } from './printed-bill.ts';

const MOST_CHARACTERS = 512;
const MASKS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
type Mask = (typeof MASKS)[number];

interface CodeMatrix {
  /** Modules on a side, without the quiet zone. */
  readonly size: number;
  /** One byte for a module, row by row, 1 is dark. */
  readonly modules: Uint8Array;
}

/**
 * What a mask changes of mask 0. It is the same for every text of a version and level: data are turned over, never
 * read.
 */
interface MaskDifference {
  readonly modules: Uint8Array;
  readonly packed: PackedSquare;
}

const differences = new Map<string, readonly MaskDifference[]>();

export function codeMatrix(text: string, level: BillLevel): CodeMatrix {
  if (text === '' || text.length > MOST_CHARACTERS) {
    throw new BillRefusal('printedCode', `a code has 1 to ${MOST_CHARACTERS} characters, not ${text.length}`);
  }
  const bytes = new TextEncoder().encode(text);
  const { size, modules } = masked(bytes, level, 0);
  const key = `${level}${size}`;
  const known = differences.get(key) ?? MASKS.map((mask) => difference(modules, masked(bytes, level, mask)));
  differences.set(key, known);
  const best = bestOf(pack(size, modules), known);
  return { size, modules: exclusiveOrOf(modules, best.modules) };
}

/** The first of the least, as the standard's own order has it. */
function bestOf(square: PackedSquare, known: readonly MaskDifference[]): MaskDifference {
  const [first, ...others] = known;
  if (first === undefined) throw new Error('a code has masks');
  let [best, least] = [first, penaltyOf(square)];
  for (const other of others) {
    const penalty = penaltyOf(exclusiveOr(square, other.packed), least);
    if (penalty < least) [best, least] = [other, penalty];
  }
  return best;
}

/** Byte mode throughout: mixed modes save a few modules and trip some older scanners. */
function masked(data: Uint8Array, level: BillLevel, maskPattern: Mask): CodeMatrix {
  const { modules } = QRCode.create([{ data, mode: 'byte' }], { errorCorrectionLevel: level, maskPattern });
  return { size: modules.size, modules: modules.data };
}

function difference(plain: Uint8Array, { size, modules }: CodeMatrix): MaskDifference {
  const changed = exclusiveOrOf(plain, modules);
  return { modules: changed, packed: pack(size, changed) };
}

function exclusiveOrOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  const result = new Uint8Array(left.length);
  for (let at = 0; at < result.length; at++) result[at] = (left[at] ?? 0) ^ (right[at] ?? 0);
  return result;
}

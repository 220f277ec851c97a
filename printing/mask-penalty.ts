/**
 * The points by which ISO/IEC 18004 §7.8.3 tells a good mask from a bad one, counted for 32 modules at a time. They are
 * those of the `qrcode` package to the digit, at a tenth of its time; a test holds one against the other.
 */

/**
 * A square of modules as bits, by rows and, turned over, by columns: what is counted along one is counted along the
 * other.
 */
export interface PackedSquare {
  readonly size: number;
  readonly words: number;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** One byte for a module, row by row, 1 is dark. */
export function pack(size: number, modules: Uint8Array): PackedSquare {
  const words = (size + 31) >> 5;
  const rows = new Int32Array(size * words);
  const columns = new Int32Array(size * words);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (modules[y * size + x] !== 1) continue;
      const [row, column] = [y * words + (x >> 5), x * words + (y >> 5)];
      rows[row] = (rows[row] ?? 0) | (1 << (x & 31));
      columns[column] = (columns[column] ?? 0) | (1 << (y & 31));
    }
  }
  return { size, words, rows, columns };
}

export function exclusiveOr(left: PackedSquare, right: PackedSquare): PackedSquare {
  return {
    size: left.size,
    words: left.words,
    rows: exclusiveOrOf(left.rows, right.rows),
    columns: exclusiveOrOf(left.columns, right.columns),
  };
}

/** A plain loop: this runs fourteen times for each bill, and a callback for each element is half of its time. */
function exclusiveOrOf(left: Int32Array, right: Int32Array): Int32Array {
  const result = new Int32Array(left.length);
  for (let at = 0; at < result.length; at++) result[at] = (left[at] ?? 0) ^ (right[at] ?? 0);
  return result;
}

/** Once it is clear that there are `enough` points, the rest is not counted: the mask is not the best one. */
export function penaltyOf(square: PackedSquare, enough = Infinity): number {
  const { size, words, rows, columns } = square;
  let points = runPoints(rows, size, words) + runPoints(columns, size, words);
  points += 40 * (finders(rows, size, words) + finders(columns, size, words));
  if (points >= enough) return points;
  let dark = 0;
  for (const word of rows) dark += ones(word);
  const deviation = Math.abs(Math.ceil((dark * 100) / (size * size) / 5) - 10);
  return points + 3 * blocks(rows, size, words) + 10 * deviation;
}

/** Five of one colour in line are three points, each one more is a point. */
function runPoints(lines: Int32Array, size: number, words: number): number {
  let points = 0;
  for (let word = 0; word < words; word++) {
    let before = 0;
    // Whether a line is like its successor: four in a row of these are five modules of one colour.
    let first = alike(lines, word, words);
    let second = alike(lines, word + words, words);
    let third = alike(lines, word + 2 * words, words);
    for (let y = 0; y <= size - 5; y++) {
      const fourth = alike(lines, (y + 3) * words + word, words);
      const fives = first & second & third & fourth & inside(size, word);
      // A run of n holds n - 4 fives and begins once: n - 4 + 2 are its points.
      points += ones(fives) + 2 * ones(fives & ~before);
      before = fives;
      first = second;
      second = third;
      third = fourth;
    }
  }
  return points;
}

/** Two by two of one colour. */
function blocks(lines: Int32Array, size: number, words: number): number {
  let found = 0;
  for (let y = 0; y < size - 1; y++) {
    for (let word = 0; word < words; word++) {
      const at = y * words + word;
      const last = word === words - 1;
      const same = alike(lines, at, words);
      const sameBeside = (same >>> 1) | (last ? 0 : alike(lines, at + 1, words) << 31);
      const line = lines[at] ?? 0;
      const beside = (line >>> 1) | (last ? 0 : (lines[at + 1] ?? 0) << 31);
      found += ones(same & sameBeside & ~(line ^ beside) & inside(size - 1, word));
    }
  }
  return found;
}

/** What looks like a finder: dark and light as 1:1:3:1:1 with four light modules before or behind. */
function finders(lines: Int32Array, size: number, words: number): number {
  let found = 0;
  const at = (y: number, word: number): number => lines[y * words + word] ?? 0;
  const light = (y: number, word: number): number =>
    ~(at(y, word) | at(y + 1, word) | at(y + 2, word) | at(y + 3, word));
  for (let word = 0; word < words; word++) {
    for (let y = 0; y <= size - 7; y++) {
      const middle = at(y + 2, word) & at(y + 3, word) & at(y + 4, word);
      const core = middle & at(y, word) & at(y + 6, word) & ~at(y + 1, word) & ~at(y + 5, word);
      if (core === 0) continue;
      if (y + 10 < size) found += ones(core & light(y + 7, word));
      if (y >= 4) found += ones(core & light(y - 4, word));
    }
  }
  return found;
}

function alike(lines: Int32Array, at: number, words: number): number {
  return ~((lines[at] ?? 0) ^ (lines[at + words] ?? 0));
}

/** The bits of a word that are modules: the rest of the last word is nothing. */
function inside(size: number, word: number): number {
  const left = size - word * 32;
  if (left >= 32) return -1;
  return left <= 0 ? 0 : (1 << left) - 1;
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

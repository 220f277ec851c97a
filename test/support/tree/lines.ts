/**
 * How long lines are. Counted is all that can be broken: code, comments, and texts over several lines, SQL above all.
 * Not counted are a string or pattern that stands on one line, and a word that is longer than a line by itself.
 */
import { present } from '../../../domain/present.ts';

interface Piece {
  readonly is: 'code' | 'comment' | 'string' | 'template';
  readonly text: string;
  /** Pieces of one template, between which code stands. */
  readonly of?: number;
}

export const LONGEST_LINE = 120;
const length = (text: string): number => Array.from(text).length;

/** The numbers of those that are too long, from 1. */
export function longLines(text: string): readonly number[] {
  const lines = text.split('\n');
  if (lines.every((line) => length(line) <= LONGEST_LINE)) return [];
  const counted = countedIn(text);
  return lines.flatMap((line, n) => {
    const words = line.trim().replace(/^(?:\/\*\*?|\*|\/\/)\s*/, '');
    return length(line) > LONGEST_LINE && (counted[n] ?? 0) > LONGEST_LINE && /\s/.test(words) ? [n + 1] : [];
  });
}

/** How much of each line counts. */
function countedIn(text: string): readonly number[] {
  const pieces = piecesOf(text);
  const spread = new Set(pieces.filter((piece) => piece.text.includes('\n')).map((piece) => piece.of));
  const counts = [0];
  for (const piece of pieces) {
    const isWhole = piece.is === 'string' || (piece.is === 'template' && !spread.has(piece.of));
    for (const [n, part] of piece.text.split('\n').entries()) {
      if (n > 0) counts.push(0);
      counts.push((counts.pop() ?? 0) + (isWhole ? 0 : length(part)));
    }
  }
  return counts;
}

const COMMENT = String.raw`\/\*[^]*?\*\/|\/\/.*`;
const STRING = String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"`;
const PATTERN = String.raw`(?<=(?:[-+*(,=:[!&|?{};<>]|\breturn|^)\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*`;
const TOKENS = new RegExp(`(?<comment>${COMMENT})|(?<string>${STRING}|${PATTERN})|[\`{}]`, 'gm');
/** Up to the closing quote, or to the brace that opens code. */
const TEMPLATE = /(?:[^\\`$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y;

/** Templates are the one thing that nests: code stands in them, and templates in that again. */
function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  /** The templates that are open here, each with the braces that are open in its code. */
  const open: { readonly of: number; braces: number }[] = [];
  let at = 0;

  function take(is: Piece['is'], end: number, of?: number): void {
    pieces.push({ is, text: text.slice(at, end), ...present({ of }) });
    at = end;
  }
  function takeTemplate(of: number, from: number): number {
    take('code', from);
    TEMPLATE.lastIndex = from + 1;
    const end = TEMPLATE.test(text) ? TEMPLATE.lastIndex : text.length;
    take('template', end, of);
    if (text[end - 1] === '{') open.push({ of, braces: 0 });
    return end;
  }

  TOKENS.lastIndex = 0;
  for (let found = TOKENS.exec(text); found !== null; found = TOKENS.exec(text)) {
    const { 0: token, index, groups = {} } = found;
    const inside = open.at(-1);
    if (groups['comment'] !== undefined || groups['string'] !== undefined) {
      take('code', index);
      take(groups['comment'] === undefined ? 'string' : 'comment', index + token.length);
    } else if (token === '`') {
      TOKENS.lastIndex = takeTemplate(index, index);
    } else if (token === '}' && inside?.braces === 0) {
      open.pop();
      TOKENS.lastIndex = takeTemplate(inside.of, index);
    } else if (inside !== undefined) {
      inside.braces += token === '{' ? 1 : -1;
    }
  }
  take('code', text.length);
  return pieces;
}

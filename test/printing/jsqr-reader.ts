/** A program: reads a code in each of the PGM pictures that are its arguments, and writes the texts as JSON. */
import { readFileSync } from 'node:fs';
import jsqr from 'jsqr';
import { greyOf } from './grey.ts';

const texts = process.argv.slice(2).map((path) => {
  const { width, height, data } = greyOf(readFileSync(path));
  const colours = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let at = 0; at < data.length; at++) colours.fill(data[at] ?? 255, at * 4, at * 4 + 3);
  return jsqr.default(colours, width, height, { inversionAttempts: 'dontInvert' })?.data ?? '';
});
process.stdout.write(JSON.stringify(texts));

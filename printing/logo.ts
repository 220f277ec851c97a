/**
 * A merchant's logo, made ready once for a batch: opaque, on white, eight bits. It refuses what is no PNG here, where
 * it can be answered. pdfkit reads pictures with transparency in the background, where a broken one ends the process
 * and where a whole one lands between other objects at a moment of its own, so that a reprint would not have the same
 * bytes.
 */
import { PNG } from 'pngjs';
import { BillRefusal } from './printed-bill.ts';

const MOST_BYTES = 1_000_000;
const MOST_PIXELS = 2_000;
const SIGNATURE = '89504e470d0a1a0a';

/** PNG bytes that any document can open. */
export type OpaquePng = Buffer & { readonly __brand: 'OpaquePng' };
/** As pdfkit holds it: opened once for a document, in the file once however often it is drawn. */
export type Logo = PDFKit.Mixins.ImageSrc;

export function opaquePng(bytes: Uint8Array): OpaquePng {
  const png = Buffer.from(bytes);
  const [width, height] = measured(png);
  if (width < 1 || height < 1 || width > MOST_PIXELS || height > MOST_PIXELS) {
    throw new BillRefusal('logo', `a logo has at most ${MOST_PIXELS} pixels on a side, not ${width} by ${height}`);
  }
  const { data } = decoded(png);
  const flat = new PNG({ width, height });
  for (let at = 0; at < data.length; at += 4) {
    const cover = (data[at + 3] ?? 255) / 255;
    for (let colour = 0; colour < 3; colour++) {
      flat.data[at + colour] = Math.round((data[at + colour] ?? 255) * cover + 255 * (1 - cover));
    }
    flat.data[at + 3] = 255;
  }
  return PNG.sync.write(flat, { colorType: 2 }) as OpaquePng;
}

/** Before anything is unpacked: a small file may unpack to gigabytes. */
function measured(png: Buffer): readonly [width: number, height: number] {
  if (png.length > MOST_BYTES) throw new BillRefusal('logo', `a logo has at most ${MOST_BYTES} bytes`);
  if (png.length < 24 || png.toString('hex', 0, 8) !== SIGNATURE) throw new BillRefusal('logo', 'a logo is a PNG');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

function decoded(png: Buffer): PNG {
  try {
    return PNG.sync.read(png);
  } catch (error) {
    throw new BillRefusal('logo', `the logo cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

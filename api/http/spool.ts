/**
 * Spools a large body to a file first, so that a slow client holds no transaction and the digest is known before
 * parsing.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Problem } from './problems.ts';

/** As in request-body.ts: a client that is still sending reads no answer, so the excess is read and discarded. */
const DRAINED_BYTES = 64 * 1024 * 1024;

export interface SpooledFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  remove(): Promise<void>;
}

export async function spool(stream: AsyncIterable<Buffer>, most: number): Promise<SpooledFile> {
  const dir = await mkdtemp(path.join(tmpdir(), 'relink-upload-'));
  const remove = async (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    const file = path.join(dir, 'body');
    const handle = await open(file, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const part of stream) {
        bytes += part.length;
        if (bytes > DRAINED_BYTES) break;
        if (bytes > most) continue;
        hash.update(part);
        await handle.write(part);
      }
    } finally {
      await handle.close();
    }
    if (bytes > most) throw new Problem('payload-too-large', `At most ${most} bytes are taken.`);
    return { file, bytes, sha256: hash.digest(), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

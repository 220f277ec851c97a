/**
 * What every uploaded file has in common: bytes that are text in some encoding, and errors that name a line and a
 * column.
 */

export interface LineError {
  /** Of the file, from 1. */
  readonly line: number;
  readonly column: string;
  readonly detail: string;
}

/** Bytes as text, in pieces. Throws on bytes that are not of this encoding. */
export async function* decoded(bytes: AsyncIterable<Buffer>, encoding: string): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const part of bytes) yield decoder.decode(part, { stream: true });
  yield decoder.decode();
}

export function isUndecodable(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  );
}

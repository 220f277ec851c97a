/**
 * The bank's memory on disk: one JSON line per resulting record, the last line of an id wins. A line is written before
 * the answer leaves, so a killed process loses nothing that it answered; a machine that loses power may lose the last
 * moments.
 */
import fs from 'node:fs';
import path from 'node:path';

import type { Behaviour } from './behaviour.ts';
import type { BulkRecord, LinkRecord, RequestRecord, RevisionRecord, StatusEvent } from './records.ts';

export type JournalEntry =
  | { readonly is: 'link'; readonly link: LinkRecord }
  | { readonly is: 'request'; readonly request: RequestRecord }
  | { readonly is: 'revision'; readonly requestId: string; readonly revision: RevisionRecord }
  | { readonly is: 'bulk'; readonly bulk: BulkRecord }
  | { readonly is: 'key'; readonly key: string; readonly requestId: string; readonly body: string }
  | { readonly is: 'callback'; readonly number: number; readonly event: StatusEvent }
  | { readonly is: 'callback-done'; readonly number: number }
  | { readonly is: 'clock'; readonly offsetMs: number }
  | { readonly is: 'behaviour'; readonly behaviour: Behaviour };

export interface Journal {
  append(entry: JournalEntry): void;
  close(): void;
}

/** Every whole line of the file. The last line has no line break when its write was cut short: it never happened. */
export function* readJournal(file: string): Generator<JournalEntry> {
  if (!fs.existsSync(file)) return;
  const descriptor = fs.openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(1 << 20);
    let rest: Buffer = Buffer.alloc(0);
    for (let size = fs.readSync(descriptor, chunk); size > 0; size = fs.readSync(descriptor, chunk)) {
      const bytes = Buffer.concat([rest, chunk.subarray(0, size)]);
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        yield JSON.parse(bytes.toString('utf8', start, end)) as JournalEntry;
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Starts the file afresh with what is still true, under another name until it is whole, and then appends to it. */
export function openJournal(file: string | undefined, stillTrue: Iterable<JournalEntry>): Journal {
  if (file === undefined) return { append: () => undefined, close: () => undefined };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const fresh = `${file}.fresh`;
  const rewriting = fs.openSync(fresh, 'w');
  for (const entry of stillTrue) fs.writeSync(rewriting, `${JSON.stringify(entry)}\n`);
  fs.fsyncSync(rewriting);
  fs.closeSync(rewriting);
  fs.renameSync(fresh, file);
  const descriptor = fs.openSync(file, 'a');
  let open = true;
  return {
    append: (entry) => {
      if (open) fs.writeSync(descriptor, `${JSON.stringify(entry)}\n`);
    },
    close: () => {
      if (!open) return;
      open = false;
      fs.closeSync(descriptor);
    },
  };
}

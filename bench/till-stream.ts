/** A till's ear: one Server-Sent Events stream, and for each request the moment at which an event about it was read. */
import { get } from 'node:http';
import { z } from 'zod';

/** Answers when the event was read, also when that was before the question. */
export type EventTime = (requestId: string, name: string, withinMs: number) => Promise<number>;

interface TillStream {
  readonly heard: EventTime;
  close(): void;
}

const ABOUT = z.object({ paymentRequestId: z.string().nullish() });

export async function followTill(url: string, apiKey: string): Promise<TillStream> {
  const read = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  const take = (block: string): void => {
    const name = /^event: (.*)$/m.exec(block)?.[1];
    const data = /^data: (.*)$/m.exec(block)?.[1];
    if (name === undefined || data === undefined) return;
    const { paymentRequestId } = ABOUT.parse(JSON.parse(data));
    const at = performance.now();
    const key = `${name} ${paymentRequestId ?? ''}`;
    const waiter = waiting.get(key);
    waiting.delete(key);
    if (waiter === undefined) read.set(key, at);
    else waiter(at);
  };
  const close = await listen(url, apiKey, take);
  return {
    close,
    heard: async (requestId, name, withinMs) => {
      const key = `${name} ${requestId}`;
      const at = read.get(key);
      read.delete(key);
      if (at !== undefined) return at;
      return new Promise<number>((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(key);
          reject(new Error(`no ${name} within ${withinMs} ms`));
        }, withinMs);
        waiting.set(key, (moment) => {
          clearTimeout(late);
          resolve(moment);
        });
      });
    },
  };
}

async function listen(url: string, apiKey: string, take: (block: string) => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const asking = get(url, { agent: false, headers: { authorization: `Bearer ${apiKey}` } }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`no events: status ${answer.statusCode}`));
      let unread = '';
      answer.setEncoding('utf8');
      answer.on('data', (more: string) => {
        const blocks = (unread + more).split('\n\n');
        unread = blocks.pop() ?? '';
        for (const block of blocks) take(block);
      });
      answer.on('error', () => undefined);
      resolve(() => asking.destroy());
    });
    asking.on('error', reject);
  });
}

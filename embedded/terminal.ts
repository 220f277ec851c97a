/** What `npm start` shows: one line for each thing it does, while it does it, and how long it took. */
import type { WriteStream } from 'node:tty';

export interface Terminal {
  /**
   * Shows `doing` while the work runs, then what `done` makes of its result. A failure is shown by whoever catches it.
   */
  step<T>(doing: string, work: () => Promise<T>, done: (result: T) => string): Promise<T>;
  line(text?: string): void;
  heading(text: string): void;
  failure(text: string): void;
}

export function createTerminal(out: WriteStream = process.stdout): Terminal {
  const lively = out.isTTY && process.env['NO_COLOR'] === undefined;
  const paint = (code: number, text: string): string => (lively ? `\u001b[${code}m${text}\u001b[0m` : text);
  const write = (text: string): void => void out.write(`${text}\n`);
  return {
    async step(doing, work, done) {
      const began = performance.now();
      // On a real terminal the finished line takes the place of this one.
      out.write(`${paint(2, `· ${doing} …`)}${lively ? '\r' : '\n'}`);
      try {
        const result = await work();
        const ms = performance.now() - began;
        const took = ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
        out.write(lively ? '\u001b[2K' : '');
        write(`${paint(32, '✓')} ${done(result)} ${paint(2, took)}`);
        return result;
      } catch (error) {
        out.write(lively ? '\u001b[2K' : '');
        write(`${paint(31, '✗')} ${doing}`);
        throw error;
      }
    },
    line: (text = '') => write(text),
    heading: (text) => write(`\n${paint(1, text)}`),
    failure: (text) => write(`\n${paint(31, '✗')} ${text}`),
  };
}

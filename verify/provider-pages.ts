/**
 * Reading a provider's whole list by windows of creation time. It only asks; what is missing from a list proves
 * nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ProviderFailure, type CallLimits, type Provider, type ProviderRequest } from '../providers/provider.ts';

const CALL_MS = 20_000;
const TRIES = 5;
/** No provider has to search further at once. */
const WINDOW_MS = 30 * 86_400_000;

const call = (): CallLimits => ({ signal: AbortSignal.timeout(CALL_MS), timeoutMs: CALL_MS });

/** A read may be asked again: nothing happens there. Whoever looks has time. */
export async function retryRead<T>(read: (call: CallLimits) => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await read(call());
    } catch (error) {
      if (!(error instanceof ProviderFailure) || error.kind === 'refused' || tried >= TRIES) throw error;
      await pause(error.retryAfterMs ?? 200 * 2 ** tried);
    }
  }
}

interface SearchRange {
  readonly from: number;
  readonly to: number;
  /** Pages to read at most; the caller asks by id for what was not reached. */
  readonly mostPages?: number;
}

/** Oldest first, each once as far as one page can tell; more than a page in one millisecond is left to reads by id. */
export async function* requestsAt(provider: Provider, range: SearchRange): AsyncGenerator<ProviderRequest> {
  let pages = 0;
  for (let from = range.from; from <= range.to;) {
    const to = Math.min(range.to, from + WINDOW_MS);
    const page = await retryRead(async (one) =>
      provider.searchRequests({ from: new Date(from), to: new Date(to) }, one),
    );
    yield* page.requests;
    pages += 1;
    if (range.mostPages !== undefined && pages >= range.mostPages) return;
    const last = page.requests.at(-1);
    const reached = last === undefined ? from : Date.parse(last.createdAt);
    // The last one's millisecond is asked again, unless it filled the page alone.
    from = page.truncated ? Math.max(reached, from + 1) : to + 1;
  }
}

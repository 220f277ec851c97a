/**
 * Reads many requests with few calls: the provider's search, 99 a page by creation time, and by id only what a search
 * left out, because absence from a search proves nothing (protocol.md §7).
 */
import type { CallLimits, Provider, ProviderRequest } from '../../providers/provider.ts';

export interface ReadTarget {
  readonly requestId: string;
  readonly createdAt: Date;
}

/** Calls `seen` with each request that could be read; `undefined` when the provider does not know it. */
export async function readMany(
  provider: Provider,
  wanted: readonly ReadTarget[],
  call: () => CallLimits | undefined,
  seen: (requestId: string, view: ProviderRequest | undefined) => void,
): Promise<void> {
  let left = wanted.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  while (left.length > 0) {
    const share = call();
    const [first] = left;
    const last = left.at(-1);
    if (share === undefined || first === undefined || last === undefined) return;
    const page = await provider.searchRequests({ from: first.createdAt, to: last.createdAt }, share);
    const found = new Map(page.requests.map((view) => [view.requestId, view]));
    const newest = page.requests.at(-1);
    const end = page.truncated && newest !== undefined ? Date.parse(newest.createdAt) : Number.POSITIVE_INFINITY;
    const before = left.length;
    const absent: ReadTarget[] = [];
    left = left.filter(({ requestId, createdAt }) => {
      const view = found.get(requestId);
      if (view !== undefined) seen(requestId, view);
      else if (createdAt.getTime() < end) absent.push({ requestId, createdAt });
      return view === undefined && createdAt.getTime() >= end;
    });
    if (left.length === before) {
      // More than a page within one instant: the search cannot be narrowed further, so the rest of it is read by id.
      const instant = first.createdAt.getTime();
      absent.push(...left.filter(({ createdAt }) => createdAt.getTime() === instant));
      left = left.filter(({ createdAt }) => createdAt.getTime() !== instant);
    }
    await readEach(provider, absent, call, seen);
  }
}

export async function readEach(
  provider: Provider,
  wanted: readonly Pick<ReadTarget, 'requestId'>[],
  call: () => CallLimits | undefined,
  seen: (requestId: string, view: ProviderRequest | undefined) => void,
): Promise<void> {
  for (const { requestId } of wanted) {
    const share = call();
    if (share === undefined) return;
    seen(requestId, await provider.getRequest(requestId, share));
  }
}

/** Reads from the past (`readLagMs`): a read shows the version that held so long ago, as a lagging replica does. */

interface ReadLag<T> {
  /** Remembers the version that has just been replaced. */
  replaced(id: string, earlier: T): void;
  /** What a reader sees now in place of the current version. */
  seen(id: string, current: T): T;
}

export function createReadLag<T>(lagMs: () => number): ReadLag<T> {
  const versions = new Map<string, { readonly version: T; readonly replacedAt: number }[]>();
  return {
    replaced: (id, earlier) => {
      if (lagMs() === 0) return;
      const list = versions.get(id) ?? [];
      versions.set(id, [...list, { version: earlier, replacedAt: performance.now() }]);
    },
    seen: (id, current) => {
      const shownMoment = performance.now() - lagMs();
      const held = versions.get(id)?.find((entry) => entry.replacedAt > shownMoment);
      if (held !== undefined) return held.version;
      versions.delete(id);
      return current;
    },
  };
}

/** Ids in the order of their creation, for searches by time. Binary search; a clock set back inserts in the middle. */

interface CreationIndex {
  add(id: string, createdAt: number): void;
  /** Ids created in [from, to], oldest first; those of one second in the order in which they came. */
  between(from: number, to: number): Generator<string>;
}

export function createCreationIndex(): CreationIndex {
  const ids: string[] = [];
  const times: number[] = [];
  /** The first place whose time is later than (or, with `orAt`, not earlier than) the given one. */
  const placeOf = (time: number, orAt: boolean): number => {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const found = times[middle] ?? Infinity;
      if (orAt ? found < time : found <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    add: (id, createdAt) => {
      const place = placeOf(createdAt, false);
      ids.splice(place, 0, id);
      times.splice(place, 0, createdAt);
    },
    *between(from, to) {
      for (let place = placeOf(from, true); place < ids.length; place += 1) {
        const id = ids[place];
        if (id === undefined || (times[place] ?? Infinity) > to) return;
        yield id;
      }
    },
  };
}

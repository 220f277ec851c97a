/**
 * Fills a box with boxes of given areas, each as square as the order allows (Bruls, Huizing, van Wijk: squarified
 * treemaps).
 */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One box for each size, in the order given: from the largest to the smallest looks best. */
export function squarify(sizes: readonly number[], into: Box): readonly Box[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const side = Math.min(into.width, into.height);
  if (sizes.length === 0 || total <= 0 || side <= 0) return [];
  const area = (into.width * into.height) / total;
  let count = 1;
  while (
    count < sizes.length &&
    worst(sizes.slice(0, count + 1), area, side) <= worst(sizes.slice(0, count), area, side)
  ) {
    count += 1;
  }
  const row = sizes.slice(0, count);
  const depth = (row.reduce((sum, size) => sum + size, 0) * area) / side;
  const isWide = into.width >= into.height;
  let at = 0;
  const boxes = row.map((size) => {
    const length = (size * area) / depth;
    const box = isWide
      ? { x: into.x, y: into.y + at, width: depth, height: length }
      : { x: into.x + at, y: into.y, width: length, height: depth };
    at += length;
    return box;
  });
  const rest = isWide
    ? { ...into, x: into.x + depth, width: into.width - depth }
    : { ...into, y: into.y + depth, height: into.height - depth };
  return [...boxes, ...squarify(sizes.slice(count), rest)];
}

/** How far from a square the worst box of a row along this side would be. */
function worst(row: readonly number[], area: number, side: number): number {
  const depth = (row.reduce((sum, size) => sum + size, 0) * area) / side;
  return Math.max(...row.map((size) => Math.max(depth ** 2 / (size * area), (size * area) / depth ** 2)));
}

/** docs/rooms.svg shows the rooms and imports as they are; how many lines there are today may differ. */
import { describe, expect, it } from '@jest/globals';
import { sourceFiles, textOf } from './support/tree/files.ts';
import { drawRooms, outlineIn } from './support/tree/rooms-picture.ts';
import { houseOf, outlineOf } from './support/tree/rooms.ts';
import { squarify } from './support/tree/squarify.ts';

const files = sourceFiles();

function outlineWith(changed: readonly { readonly path: string; readonly text: string }[]): readonly string[] {
  const kept = files.filter(({ path }) => !changed.some((one) => one.path === path));
  return outlineOf(houseOf([...kept, ...changed]));
}

describe('the picture of the rooms', () => {
  it('shows them as they are: else draw it again with `npm run rooms`', () => {
    expect(outlineIn(textOf('docs/rooms.svg'))).toEqual(outlineOf(houseOf(files)));
  });

  it('is the same in whatever order the files are read', () => {
    expect(drawRooms(houseOf(files.toReversed()))).toBe(drawRooms(houseOf(files)));
  });

  it('has whoever imports above whom it imports', () => {
    const { layers, arrows } = houseOf(files);
    const place = (name: string): number => layers.findIndex((layer) => layer.name === name);
    expect(arrows.length).toBeGreaterThan(20);
    expect(arrows.filter(({ from, to }) => place(from) >= place(to))).toEqual([]);
  });

  it('is out of date after a new room, a new import or one that is no longer of types alone', () => {
    const outline = outlineOf(houseOf(files));
    expect(outlineWith([{ path: 'printing/labels/label.ts', text: '' }])).toContain('printing/labels');
    const text = "import { createPool } from '../db/pool.ts';";
    expect(outlineWith([{ path: 'printing/label.ts', text }])).toContain('printing > db');
    expect(outline).toContain('workflows > activities (types)');
    const value = "import { settle } from '../activities/money/settle.ts';";
    expect(outlineWith([{ path: 'workflows/more.ts', text: value }])).toContain('workflows > activities');
  });

  it('is not after a file that grows, or a new one in a room that is there', () => {
    const pool = { path: 'db/pool.ts', text: `${textOf('db/pool.ts')}\n// more\n` };
    expect(outlineWith([pool, { path: 'db/money/more.ts', text: '' }])).toEqual(outlineOf(houseOf(files)));
  });
});

describe('boxes of rooms', () => {
  it.each([[[7, 3, 2, 1, 1]], [[1]], [[900, 5, 5, 4, 1, 1, 1]], [Array.from({ length: 20 }, (_, n) => 40 - n)]])(
    'of %j fill their strip by size and never overlap',
    (sizes) => {
      const strip = { x: 10, y: 20, width: 600, height: 50 };
      const boxes = squarify(sizes, strip);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      for (const [n, { x, y, width, height }] of boxes.entries()) {
        expect(width * height).toBeCloseTo(((sizes[n] ?? 0) / total) * 600 * 50);
        expect(x).toBeGreaterThanOrEqual(10);
        expect(y).toBeGreaterThanOrEqual(20);
        expect(x + width).toBeLessThanOrEqual(610.001);
        expect(y + height).toBeLessThanOrEqual(70.001);
      }
      const overlaps = boxes.flatMap((a, n) =>
        boxes.slice(n + 1).filter((b) => {
          const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
          const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
          return across > 0.001 && down > 0.001;
        }),
      );
      expect(overlaps).toEqual([]);
    },
  );
});

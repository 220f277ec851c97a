/** Draws a list again and again: a row that says the same stays the same element, and keeps the focus that is in it. */

/** @type {WeakMap<Element, Map<string, { readonly text: string, readonly row: HTMLElement }>>} */
const drawn = new WeakMap();

/**
 * @template T
 * @param {HTMLElement} root
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} build
 */
export function redraw(root, items, keyOf, build) {
  const before = drawn.get(root) ?? new Map();
  /** @type {Map<string, { readonly text: string, readonly row: HTMLElement }>} */
  const now = new Map();
  for (const item of items) {
    const text = JSON.stringify(item);
    const known = before.get(keyOf(item));
    now.set(keyOf(item), known?.text === text ? known : { text, row: build(item) });
  }
  place(
    root,
    [...now.values()].map(({ row }) => row),
  );
  drawn.set(root, now);
}

/**
 * What goes is taken away first: whoever stands where they belong is not moved, or they would lose the focus.
 * @param {HTMLElement} root
 * @param {readonly HTMLElement[]} rows
 */
export function place(root, rows) {
  const staying = new Set(/** @type {readonly Element[]} */ (rows));
  const leaving = [...root.children].filter((row) => !staying.has(row));
  for (const row of leaving) row.remove();
  let at = root.firstElementChild;
  for (const row of rows) {
    if (row === at) at = at.nextElementSibling;
    else root.insertBefore(row, at);
  }
}

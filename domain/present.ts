/** Optional fields: an absent value leaves no key behind, so that "absent" has one form only. */

/** The fields of `T` that may be absent become optional; the others stay as they are. */
export type Present<T> = {
  [K in keyof T as undefined extends T[K] ? never : null extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : null extends T[K] ? K : never]?: NonNullable<T[K]>;
};

/** Without the fields that are `undefined`, or `null` as a database says it. Not for a `null` that means something. */
export function present<T extends object>(fields: T): Present<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(entries) as Present<T>;
}

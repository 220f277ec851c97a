/** Optional fields: an absent value leaves no key behind, and the type says so. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { present, type Present } from '../../domain/present.ts';

const aValue = fc.oneof(fc.constant(undefined), fc.constant(null), fc.constantFrom(0, '', false, 'text'), fc.object());
const fields = fc.dictionary(fc.string(), aValue);

describe('fields that are there', () => {
  it('stay, in their order, even if they are zero, empty or false', () => {
    const kept = present({ zero: 0, empty: '', no: false, none: [] });
    expect(Object.keys(kept)).toEqual(['zero', 'empty', 'no', 'none']);
    expect(kept).toEqual({ zero: 0, empty: '', no: false, none: [] });
  });

  it('are all that is left of any object, and are the same values', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const there = Object.entries(given).filter(([, value]) => value !== undefined && value !== null);
        expect(Object.entries(present(given))).toEqual(there);
        for (const [name, value] of Object.entries(present(given))) expect(given[name]).toBe(value);
      }),
    );
  });
});

describe('fields that are absent', () => {
  it('leave no key behind, whether undefined or null', () => {
    expect(Object.keys(present({ a: undefined, b: null, c: 1 }))).toEqual(['c']);
  });

  it('do not overwrite a default', () => {
    expect({ size: 4, ...present({ size: undefined as number | undefined }) }).toEqual({ size: 4 });
  });

  it('are dropped from a copy: the object itself is left alone', () => {
    const given = Object.freeze({ a: undefined, b: 1 });
    expect(present(given)).not.toBe(given);
    expect(Object.keys(given)).toEqual(['a', 'b']);
  });
});

describe('the type of what is left', () => {
  interface Row {
    readonly id: string;
    readonly because: string | undefined;
    count: number | null;
    at?: bigint;
    zero: 0 | '' | false;
  }
  const left: Present<Row> = present<Row>({ id: 'a', because: undefined, count: null, zero: 0 });

  it('has what must be there as it was', () => {
    const named: { readonly id: string; readonly zero: 0 | '' | false } = left;
    // @ts-expect-error it may not be there
    const required: { readonly because: string } = left;
    expect([named, required]).toEqual([left, left]);
  });

  it('has a field of which nothing is known as one that may be absent', () => {
    const unknown: Present<{ readonly body: unknown }> = present<{ readonly body: unknown }>({ body: undefined });
    // @ts-expect-error it may not be there
    const required: { readonly body: unknown } = unknown;
    expect(required).toEqual({});
  });

  it('has what may be absent as optional fields, which hold neither undefined nor null', () => {
    const optional: { because?: string; count?: number; at?: bigint } = left;
    // @ts-expect-error undefined is not absent
    const undefinedIsNot: Present<Row> = { id: 'a', zero: 0, because: undefined };
    // @ts-expect-error nor is null
    const nullIsNot: Present<Row> = { id: 'a', zero: 0, count: null };
    expect(optional).toEqual({ id: 'a', zero: 0 });
    expect(Object.keys({ ...undefinedIsNot, ...nullIsNot })).toEqual(['id', 'zero', 'because', 'count']);
  });

  it('is accepted where the fields themselves are not', () => {
    const row: Row = { id: 'a', because: undefined, count: 1, zero: '' };
    // @ts-expect-error what is given may hold an undefined, which an optional field does not take
    const refused: { readonly because?: string } = row;
    const accepted: { readonly because?: string } = present(row);
    expect(refused).toBe(row);
    expect(accepted).toEqual({ id: 'a', count: 1, zero: '' });
  });

  it('keeps what is readonly so, and what is not', () => {
    const copy = { ...left };
    const write = (target: Present<Row>) => {
      // @ts-expect-error it was readonly
      target.because = 'no';
      target.count = 2;
    };
    write(copy);
    expect(copy).toEqual({ id: 'a', because: 'no', count: 2, zero: 0 });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDynamicPix, createStaticPix, hasError, isDynamicPix, isStaticPix, parsePix } from 'pix-utils';
import { decodeBrCode, encodeBrCode, UnwritableBrCode } from '../../../domain/codes/br-code.ts';
import type { BrCodeContent } from '../../../domain/codes/br-code.ts';
import { decodeEmv } from '../../../domain/codes/emv.ts';
import { money } from '../../../domain/money.ts';
import { object, signed, vectors } from './br-code-vectors.ts';

const seed = 20260728;
const urlCharacters = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-._~/?=&%';
const url = fc.string({ unit: fc.constantFrom(...Array.from(urlCharacters)), minLength: 1, maxLength: 77 });
const words = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...Array.from('São João & Cia. ÇÑÜß 123')), minLength: 1, maxLength: 40 }),
);
const amount = fc.option(fc.bigInt({ min: 1n, max: 10n ** 12n - 1n }), { nil: undefined });
const content: fc.Arbitrary<BrCodeContent> = fc
  .record({ url, merchantName: words, merchantCity: words, amount, oneTime: fc.boolean() })
  .map(({ amount: cents, ...rest }) => ({ ...rest, ...(cents === undefined ? {} : { amount: money(cents, 'BRL') }) }));

/** Undefined where nothing of a name or city can be written: a refusal that is tested elsewhere. */
function written(wanted: BrCodeContent): string | undefined {
  try {
    return encodeBrCode(wanted);
  } catch (error) {
    if (error instanceof UnwritableBrCode && /^(name|city)-empty$/.test(error.reason)) return undefined;
    throw error;
  }
}

describe('the codec under arbitrary input', () => {
  it('answers every string and never throws', () => {
    const digits = fc.string({ unit: fc.constantFrom(...Array.from('0123456789*.ABab最')), maxLength: 200 });
    const tlv = fc.array(
      fc.tuple(fc.constantFrom('00', '01', '26', '54', '59', '62', '63', '80'), fc.string({ maxLength: 30 })),
    );
    const framed = tlv.map((objects) => signed(`000201${objects.map(([id, value]) => object(id, value)).join('')}`));
    const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 700 }), digits, framed);
    fc.assert(
      fc.property(anything, (text) => {
        for (const decoded of [decodeEmv(text), decodeBrCode(text)]) {
          expect(decoded.ok ? decoded.code.crc : decoded.error.detail).not.toBe('');
        }
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('reads back what it wrote, clean', () => {
    let count = 0;
    fc.assert(
      fc.property(content, (wanted) => {
        const text = written(wanted);
        if (text === undefined) return;
        count += 1;
        const decoded = decodeBrCode(text);
        expect(decoded).toMatchObject({ ok: true, code: { kind: 'dynamic', url: wanted.url, warnings: [] } });
        if (!decoded.ok) return;
        expect(decoded.code.initiation).toBe(wanted.oneTime === true ? '12' : undefined);
        expect(decoded.code.ignored?.amount?.replace('.', '')).toBe(
          wanted.amount?.minorUnits.toString().padStart(3, '0'),
        );
        expect(decoded.code.merchantName).toMatch(/^[\x21-\x7e]([\x20-\x7e]{0,23}[\x21-\x7e])?$/);
        expect(decoded.code.merchantCity).toMatch(/^[\x21-\x7e]([\x20-\x7e]{0,13}[\x21-\x7e])?$/);
        const { merchantName, merchantCity } = decoded.code;
        expect(encodeBrCode({ ...wanted, merchantName, merchantCity })).toBe(text);
      }),
      { seed, numRuns: 1000 },
    );
    expect(count).toBeGreaterThan(500);
  });

  it('never reads a code with one character changed as the same code', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(vectors.P1, vectors.P8, vectors.P9, vectors.P13),
        change,
        (text, [where, character]) => {
          const at = where % text.length;
          fc.pre(text[at] !== character);
          const changed = decodeBrCode(text.slice(0, at) + character + text.slice(at + 1));
          expect(changed).not.toEqual(decodeBrCode(text));
          // The one change that is still read: a checksum digit in small letters.
          expect(changed.ok ? changed.code.warnings : ['crc-lower-case']).toEqual(['crc-lower-case']);
        },
      ),
      { seed, numRuns: 2000 },
    );
  });

  it('refuses every code that lost or gained its last characters', () => {
    for (let length = 0; length < vectors.P8.length; length++) {
      expect(decodeBrCode(vectors.P8.slice(0, length)).ok).toBe(false);
    }
    expect(decodeBrCode(`${vectors.P8} `).ok).toBe(false);
  });
});

describe('pix-utils as a second opinion', () => {
  it('reads what we write as we meant it', () => {
    fc.assert(
      fc.property(content, (wanted) => {
        const text = written(wanted);
        if (text === undefined) return;
        const theirs = parsePix(text);
        const ours = decodeBrCode(text);
        expect(hasError(theirs)).toBe(false);
        if (hasError(theirs) || !isDynamicPix(theirs) || !ours.ok) throw new Error(`not read as dynamic: ${text}`);
        expect(theirs).toMatchObject({
          url: wanted.url,
          merchantName: ours.code.merchantName,
          merchantCity: ours.code.merchantCity,
        });
      }),
      { seed, numRuns: 300 },
    );
  });

  it('writes, for the same content, the same code', () => {
    for (const oneTime of [false, true]) {
      // Capitals, because pix-utils writes nothing else.
      const same = { url: 'psp.example/v2/8b3da2f3', merchantName: 'PADARIA SOL', merchantCity: 'BRASILIA', oneTime };
      const theirs = createDynamicPix(same);
      if (hasError(theirs)) throw new Error(theirs.message);
      expect(encodeBrCode(same)).toBe(theirs.toBRCode());
    }
  });

  it('reads the published codes as we do', () => {
    for (const text of [vectors.P1, vectors.P2, vectors.P3, vectors.P8, vectors.P9, vectors.P13, vectors.P15]) {
      const theirs = parsePix(text);
      const ours = decodeBrCode(text);
      if (hasError(theirs) || !ours.ok) throw new Error(`refused: ${text}`);
      expect(theirs).toMatchObject({ merchantName: ours.code.merchantName, merchantCity: ours.code.merchantCity });
      expect({ kind: ours.code.kind, payee: ours.code.key ?? ours.code.url }).toEqual(
        isStaticPix(theirs)
          ? { kind: 'static', payee: theirs.pixKey }
          : { kind: 'dynamic', payee: isDynamicPix(theirs) ? theirs.url : undefined },
      );
    }
    for (const text of [vectors.B1, vectors.B2, vectors.B6]) expect(hasError(parsePix(text))).toBe(true);
  });

  it('writes static codes that we read', () => {
    const theirs = createStaticPix({
      merchantName: 'Padaria Sol',
      merchantCity: 'BRASILIA',
      pixKey: 'loja@example.com',
      transactionAmount: 24.9,
      txid: 'venda42',
    });
    if (hasError(theirs)) throw new Error(theirs.message);
    expect(decodeBrCode(theirs.toBRCode())).toMatchObject({
      ok: true,
      code: { kind: 'static', key: 'loja@example.com', amount: '24.90', txid: 'venda42', warnings: [] },
    });
  });
});

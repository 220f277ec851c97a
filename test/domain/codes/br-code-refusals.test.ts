import { describe, expect, it } from '@jest/globals';
import { decodeBrCode } from '../../../domain/codes/br-code.ts';
import type { BrCodeErrorName } from '../../../domain/codes/br-code.ts';
import { codeWith, object, signed, vectors } from './br-code-vectors.ts';

function refusal(text: string): string {
  const decoded = decodeBrCode(text);
  return decoded.ok ? 'read' : decoded.error.name;
}

const gui = object('00', 'br.gov.bcb.pix');
const account = gui + object('25', 'psp.example/x');
const clean = codeWith({});
const key = gui + object('01', 'loja@example.com');
const thirtyTwo = '8b3da2f39a4140d1a91abd93113bd441';

function misnamed(length: number): string {
  return signed(clean.slice(0, -8).replace('5911Padaria Sol', `59${length}Padaria Sol`));
}

describe('codes that are refused by name', () => {
  it('says where in the text, in characters', () => {
    expect(decodeBrCode(vectors.P20)).toEqual({
      ok: false,
      error: {
        name: 'city-too-long',
        at: vectors.P20.indexOf('6016'),
        detail: 'the city has 16 characters, 15 at most',
      },
    });
  });

  const published: readonly (readonly [string, string, BrCodeErrorName])[] = [
    ['P12, another scheme', vectors.P12, 'not-pix'],
    ['P20, a city of 16', vectors.P20, 'city-too-long'],
    ['B1, a checksum one off', vectors.B1, 'crc-mismatch'],
    ['B2, a made-up checksum', vectors.B2, 'crc-mismatch'],
    ['B6, a checksum left stale by an edit', vectors.B6, 'crc-mismatch'],
  ];

  // The defects of the bank's own samples, one at a time and with a right checksum unless that is the defect.
  const samples: readonly (readonly [string, string, BrCodeErrorName])[] = [
    ['a name of 27', codeWith({ '59': 'A'.repeat(27) }), 'name-too-long'],
    ['a name that says 27 and has 11', misnamed(27), 'name-too-long'],
    ['a name that says 20 and has 11', misnamed(20), 'not-tlv'],
    ['a URL with its scheme', codeWith({ '26': gui + object('25', 'https://psp.example/x') }), 'url-scheme'],
    ['a txid of 32', codeWith({ '62': object('05', thirtyTwo) }), 'additional-data-too-long'],
    ['a txid of 36', codeWith({ '62': object('05', `${thirtyTwo}abcd`) }), 'additional-data-too-long'],
    ['an amount of 500.0', codeWith({ '26': key, '54': '500.0' }), 'amount-form'],
    ['a checksum without its leading zero', `${clean.slice(0, -8)}6303b0a`, 'crc-form'],
    ['a checksum of two digits', `${clean.slice(0, -8)}63021b`, 'crc-form'],
    ['a wrong checksum in small letters', `${clean.slice(0, -4)}b0a0`, 'crc-mismatch'],
    ['an end of random letters', `${clean.slice(0, -8)}kqJwZx`, 'not-tlv'],
  ];

  const structure: readonly (readonly [string, string, BrCodeErrorName])[] = [
    ['nothing', '', 'format-indicator'],
    ['a web address', 'https://psp.example/x', 'not-tlv'],
    ['a header cut short', `${clean.slice(0, -8)}630`, 'truncated'],
    ['a value cut short', clean.slice(0, -1), 'truncated'],
    ['an empty template 26', `000201260063041D3D`, 'empty-value'],
    ['an empty template 62', signed(`000201${object('26', account)}6200`), 'empty-value'],
    ['a template that is no TLV', codeWith({ '26': 'br.gov.bcb.pix' }), 'not-tlv'],
    [
      'a template whose inner length runs out of it',
      codeWith({ '26': object('00', 'br.gov.bcb.pix', 34) }),
      'truncated',
    ],
    ['a first object that is not 00', signed(`010212000201${object('26', account)}`), 'format-indicator'],
    ['no checksum', clean.slice(0, -8), 'crc-missing'],
    ['a last object that is not 63', `${clean.slice(0, -8)}6504ABCD`, 'crc-missing'],
    ['an object after the checksum', `${clean}6503abc`, 'crc-not-last'],
    ['an id twice', signed(`000201${object('26', account)}${object('26', account)}`), 'duplicate-id'],
    ['an inner id twice', codeWith({ '26': account + object('25', 'psp.example/y') }), 'duplicate-id'],
    ['two Pix payees', codeWith({ '27': key }), 'two-pix-templates'],
    ['a payee without key and URL', codeWith({ '26': gui }), 'neither-key-nor-url'],
    ['a wrong GUI', codeWith({ '26': account.replace('pix', 'pxi') }), 'not-pix'],
    ['513 characters', clean.padEnd(513, '0'), 'too-long'],
    ['a line break', codeWith({ '59': 'Padaria\nSol' }), 'control-character'],
    ['half a character', codeWith({ '59': 'Padaria \ud83e' }), 'control-character'],
  ];

  const forms: readonly (readonly [string, string, BrCodeErrorName])[] = [
    ['no name', codeWith({ '59': undefined }), 'missing-object'],
    ['no city', codeWith({ '60': undefined }), 'missing-object'],
    ['no category', codeWith({ '52': undefined }), 'missing-object'],
    ['dollars', codeWith({ '53': '840' }), 'not-brl'],
    ['a currency in letters', codeWith({ '53': 'BRL' }), 'currency-form'],
    ['another country', codeWith({ '58': 'PT' }), 'not-brazil'],
    ['a country in small letters', codeWith({ '58': 'br' }), 'country-form'],
    ['a category of three digits', codeWith({ '52': '000' }), 'category-form'],
    ['a postal code of eleven', codeWith({ '61': '70074-90000' }), 'postal-code-too-long'],
    ['an amount with a comma', codeWith({ '26': key, '54': '98,73' }), 'amount-form'],
    ['an amount with a space', codeWith({ '26': key, '54': '3 705' }), 'amount-form'],
    ['an amount of three decimals', codeWith({ '26': key, '54': '1.005' }), 'amount-form'],
    ['an amount of nothing', codeWith({ '26': key, '54': '0.00' }), 'amount-zero'],
    ['an amount of 14 characters', codeWith({ '26': key, '54': '12345678901.00' }), 'amount-form'],
    ['a URL of 78, which makes a template of 100', codeWith({ '26': gui + object('25', 'x'.repeat(78)) }), 'not-tlv'],
    ['a URL with a space', codeWith({ '26': gui + object('25', 'psp.example/a b') }), 'url-characters'],
    ['a note of 73', codeWith({ '26': gui + object('02', 'x'.repeat(73)) }), 'info-too-long'],
  ];

  it.each([...published, ...samples, ...structure, ...forms])('%s', (_, text, name) => {
    expect(refusal(text)).toBe(name);
  });
});

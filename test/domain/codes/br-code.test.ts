import { describe, expect, it } from '@jest/globals';
import { crc16, decodeBrCode, encodeBrCode, UnwritableBrCode } from '../../../domain/codes/br-code.ts';
import type { BrCode, BrCodeContent } from '../../../domain/codes/br-code.ts';
import { decodeEmv, encodeTlv } from '../../../domain/codes/emv.ts';
import { money } from '../../../domain/money.ts';
import { codeWith, object, signed, vectors } from './br-code-vectors.ts';

function read(text: string): BrCode {
  const decoded = decodeBrCode(text);
  if (!decoded.ok) throw new Error(`refused: ${decoded.error.name}, ${decoded.error.detail}`);
  return decoded.code;
}

const printed: BrCodeContent = {
  url: 'https://payload.psp.com/3ec9d2f9-5f03-4e0e-820d-63a81e769e87',
  merchantName: 'THALES OGLIARI',
  merchantCity: 'SAO MIGUEL DO O',
};

describe('reading a BR Code', () => {
  it.each(['P1', 'P8', 'P9', 'P13'] as const)('finds nothing to warn of in %s', (id) => {
    expect(read(vectors[id]).warnings).toEqual([]);
  });

  it.each([
    ['P2', ['txid-characters', 'txid-ignored']],
    ['P3', ['key-form', 'txid-characters', 'version-mark']],
    ['P15', ['dynamic-under-11', 'txid-missing', 'version-mark']],
  ] as const)('reads %s with warnings', (id, warnings) => {
    expect(read(vectors[id]).warnings).toEqual(warnings);
  });

  it('gives the parts of a static code', () => {
    expect(read(vectors.P1)).toEqual({
      kind: 'static',
      key: '123e4567-e12b-12d1-a456-426655440000',
      merchantName: 'Fulano de Tal',
      merchantCity: 'BRASILIA',
      crc: '1D3D',
      warnings: [],
    });
    expect(read(vectors.P3)).toMatchObject({ kind: 'static', amount: '123.45', txid: 'RP12345678-2019' });
  });

  it('does not report the amount and txid of a dynamic code as what is to be paid', () => {
    const code = read(vectors.P2);
    expect(code).toMatchObject({ kind: 'dynamic', url: 'pix.example.com/v2/8b3da2f39a4140d1a91abd93113bd441' });
    expect(code.amount).toBeUndefined();
    expect(code.txid).toBeUndefined();
    expect(code.ignored).toEqual({ amount: '123.45', txid: 'RP12345678-2019' });
  });

  it('tells a code for one payment from a code for many', () => {
    expect(read(vectors.P8).initiation).toBeUndefined();
    expect(read(vectors.P9).initiation).toBe('12');
    expect(read(vectors.P15).initiation).toBe('11');
  });

  it('finds Pix in any template from 26 to 51 and in any case', () => {
    const account = object('00', 'Br.gOv.BcB.piX') + object('25', 'psp.example/x');
    expect(read(codeWith({ '26': undefined, '51': account })).url).toBe('psp.example/x');
  });

  it('accepts a checksum in small letters, with a warning', () => {
    const text = codeWith({ '59': 'Loja 5' });
    const small = text.slice(0, -4) + text.slice(-4).toLowerCase();
    expect(small).not.toBe(text);
    expect(read(small)).toMatchObject({ crc: text.slice(-4), warnings: ['crc-lower-case'] });
  });

  it('reads every form of an amount that EMV allows', () => {
    const account = object('00', 'br.gov.bcb.pix') + object('01', '+5561912345678');
    for (const [written, amount] of [
      ['98.73', '98.73'],
      ['98', '98.00'],
      ['98.', '98.00'],
      ['0098.73', '98.73'],
    ] as const) {
      expect(read(codeWith({ '26': account, '54': written })).amount).toBe(amount);
    }
  });

  it('lets whichever of key and URL comes first decide, and warns', () => {
    const key = object('01', 'loja@example.com');
    const url = object('25', 'psp.example/x');
    const gui = object('00', 'br.gov.bcb.pix');
    const both = { warnings: ['key-and-url'] };
    expect(read(codeWith({ '26': gui + key + url }))).toMatchObject({
      kind: 'static',
      key: 'loja@example.com',
      ...both,
    });
    expect(read(codeWith({ '26': gui + url + key }))).toMatchObject({ kind: 'dynamic', url: 'psp.example/x', ...both });
  });
});

describe('reading an EMV code of another scheme', () => {
  it.each([
    ['E1', []],
    ['E6', []],
    ['E8', ['missing-52', 'missing-59', 'missing-60']],
    ['E9', ['missing-52', 'missing-59', 'missing-60']],
    ['P12', []],
  ] as const)('reads %s, and refuses it as a BR Code', (id, warnings) => {
    expect(decodeEmv(vectors[id])).toMatchObject({ ok: true, code: { crc: vectors[id].slice(-4), warnings } });
    expect(decodeBrCode(vectors[id])).toMatchObject({ ok: false, error: { name: 'not-pix' } });
  });

  it('counts lengths in characters and the checksum over bytes', () => {
    const decoded = decodeEmv(vectors.E1);
    const names = decoded.ok ? decoded.code.objects.find(({ id }) => id === '64')?.children : undefined;
    expect(names?.map(({ value }) => value)).toEqual(['ZH', '最佳运输', '北京']);
  });

  it('refuses E13, whose format indicator is 02', () => {
    expect(decodeEmv(vectors.E13)).toMatchObject({ ok: false, error: { name: 'format-indicator', at: 0 } });
  });
});

describe('the checksum', () => {
  it('has the check value of ISO/IEC 13239', () => {
    expect(crc16('123456789')).toBe('29B1');
  });

  it('keeps its leading zeros, and such codes are read', () => {
    const codes = Array.from({ length: 3000 }, (_, index) => encodeBrCode({ ...printed, url: `psp.example/${index}` }));
    for (const zeros of [/^0[1-9A-F]/, /^00/]) {
      const found = codes.filter((code) => zeros.test(code.slice(-4)));
      expect(found.length).toBeGreaterThan(0);
      for (const code of found) expect(read(code).crc).toBe(code.slice(-4));
    }
  });
});

describe('writing a BR Code', () => {
  it('writes the printed code exactly as third parties do', () => {
    expect(encodeBrCode(printed)).toBe(vectors.P8);
  });

  it('writes the code of one payment with 12', () => {
    expect(encodeBrCode({ ...printed, oneTime: true })).toBe(vectors.P9);
  });

  it('puts an amount in the code of one request', () => {
    const text = encodeBrCode({ ...printed, amount: money(2490n, 'BRL'), oneTime: true });
    expect(text).toContain('540524.905802BR');
    expect(read(text)).toMatchObject({ initiation: '12', ignored: { amount: '24.90' }, warnings: [] });
  });

  it('strips accents, cuts name and city, and leaves no space at a cut', () => {
    const code = read(
      encodeBrCode({
        ...printed,
        merchantName: ' Padaria  São João & Cia. do Açaí',
        merchantCity: 'Santo Antônio da Platina',
      }),
    );
    expect(code.merchantName).toBe('Padaria Sao Joao & Cia. d');
    expect(code.merchantCity).toBe('Santo Antonio d');
    expect(read(encodeBrCode({ ...printed, merchantCity: 'Sao Jose Campos do Sul' })).merchantCity).toBe(
      'Sao Jose Campos',
    );
    expect(read(encodeBrCode({ ...printed, merchantName: 'Smørrebrød & Weiß' })).merchantName).toBe(
      'Smorrebrod & Weiss',
    );
  });

  it('fills the template to its 99 characters and refuses one more', () => {
    const longest = `psp.example/${'x'.repeat(65)}`;
    expect(encodeBrCode({ ...printed, url: `https://${longest}` })).toContain(`26990014br.gov.bcb.pix2577${longest}`);
    expect(() => encodeBrCode({ ...printed, url: `https://${longest}x` })).toThrow(
      expect.objectContaining({ reason: 'url-too-long' }),
    );
  });

  it.each([
    ['url-empty', { url: 'https://' }],
    ['url-scheme', { url: 'ftp://psp.example/x' }],
    ['url-characters', { url: 'psp.example/caixa 3' }],
    ['url-characters', { url: 'psp.example/pão' }],
    ['name-empty', { merchantName: ' ' }],
    ['name-empty', { merchantName: '株式会社' }],
    ['city-empty', { merchantCity: '' }],
    ['amount-not-brl', { amount: money(2490n, 'USD') }],
    ['amount-not-positive', { amount: money(0n, 'BRL') }],
    ['amount-not-positive', { amount: money(-1n, 'BRL') }],
    ['amount-too-long', { amount: money(1_000_000_000_000n, 'BRL') }],
  ] as const)('refuses %s: %j', (reason, change) => {
    const write = () => encodeBrCode({ ...printed, ...change });
    expect(write).toThrow(UnwritableBrCode);
    expect(write).toThrow(expect.objectContaining({ name: 'UnwritableBrCode', reason }));
  });

  it('never writes an object that has no form', () => {
    expect(() => encodeTlv('26', 'x'.repeat(100))).toThrow('100 characters');
    expect(() => encodeTlv('26', '')).toThrow('0 characters');
    expect(() => encodeTlv('6', 'x')).toThrow('not a data object id');
    expect(encodeTlv('59', '最佳')).toBe('5902最佳');
  });

  it('is what the test builder writes too, so that the refusals below are about one thing each', () => {
    expect(read(signed(vectors.P8.slice(0, -8)))).toEqual(read(vectors.P8));
    expect(read(codeWith({})).warnings).toEqual([]);
  });
});

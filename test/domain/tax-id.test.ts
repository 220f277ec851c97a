/** A mistyped tax number is found before a bill names the wrong person, and none is printed whole. */
import { describe, expect, it } from '@jest/globals';
import { maskedTaxId, readTaxId } from '../../domain/tax-id.ts';

/** CPF as in textbooks; 12.ABC.345/01DE-35 is the revenue service's own example of a number with letters. */
const VALID = ['529.982.247-25', '111.444.777-35', '11.222.333/0001-81', '12.ABC.345/01DE-35'] as const;

describe('a tax number', () => {
  it.each([
    ['529.982.247-25', { kind: 'CPF', value: '52998224725' }],
    ['52998224725', { kind: 'CPF', value: '52998224725' }],
    ['11.222.333/0001-81', { kind: 'CNPJ', value: '11222333000181' }],
    ['11222333000181', { kind: 'CNPJ', value: '11222333000181' }],
    ['12.ABC.345/01DE-35', { kind: 'CNPJ', value: '12ABC34501DE35' }],
    ['12abc34501de35', { kind: 'CNPJ', value: '12ABC34501DE35' }],
  ])('%s is read', (text, read) => expect(readTaxId(text)).toEqual(read));

  it.each([
    '529.982.247-26',
    '11.222.333/0001-82',
    '12.ABC.345/01DE-53',
    '111.111.111-11',
    '00000000000000',
    '529.982.24725',
    '5299822472',
    ' 52998224725',
    '529982247250',
    '12ABC34501DEA5',
    '12ABC34501DE3５',
    '',
  ])('%j is refused', (text) => expect(readTaxId(text)).toBeUndefined());

  it.each(VALID)('%s with any one digit mistyped is refused', (text) => {
    const { value = '' } = readTaxId(text) ?? {};
    const mistyped = [...value].flatMap((sign, place) =>
      /\d/.test(sign)
        ? [...'0123456789'.replace(sign, '')].map((digit) => value.slice(0, place) + digit + value.slice(place + 1))
        : [],
    );
    expect(mistyped.filter((one) => readTaxId(one) !== undefined)).toEqual([]);
  });

  it('is printed masked', () => {
    const masked = VALID.map((text) => maskedTaxId(readTaxId(text) ?? { kind: 'CPF', value: '' }));
    expect(masked).toEqual(['***.982.247-**', '***.444.777-**', '**.222.333/0001-**', '**.ABC.345/01DE-**']);
  });
});

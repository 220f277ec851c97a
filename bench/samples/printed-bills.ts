/** Bills for tests and benchmarks: a different code, account and language for each number, the same on every run. */
import { createHash } from 'node:crypto';
import type { BillFile } from '../../printing/render-bills.ts';
import type { PrintedBill } from '../../printing/printed-bill.ts';
import { encodeBrCode } from '../../domain/codes/br-code.ts';
import { shortCodeOfHash, spacedShortCode } from '../../domain/codes/short-code.ts';

export function printedBill(number: number, changes: Partial<PrintedBill> = {}): PrintedBill {
  const hash = createHash('sha256').update(`link ${number}`).digest('hex');
  const linkId = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join(
    '-',
  );
  return {
    printedCode: encodeBrCode({
      url: `payload.psp.com/${linkId}`,
      merchantName: 'AGUAS DE SAO JOAO SA',
      merchantCity: 'RIO DE JANEIRO',
    }),
    shortCode: spacedShortCode(shortCodeOfHash(hash)),
    linkId,
    payee: 'Águas de São João S.A.',
    account: `0047-${String(number).padStart(6, '0')}`,
    holder: [
      'Maria da Conceição Gonçalves',
      `Rua das Laranjeiras, ${number}, bloco B`,
      '22240-003 Rio de Janeiro – RJ',
    ],
    language: number % 2 === 0 ? 'pt' : 'en',
    ...changes,
  };
}

export function* printedBills(count: number): Generator<PrintedBill, void, undefined> {
  for (let number = 1; number <= count; number++) yield printedBill(number);
}

export async function filesOf(files: AsyncIterable<BillFile>): Promise<readonly Buffer[]> {
  const whole: Buffer[] = [];
  for await (const { bytes } of files) {
    const chunks: Buffer[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    whole.push(Buffer.concat(chunks));
  }
  return whole;
}

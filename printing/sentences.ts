/** What a bill says, in the payer's language. It names no amount and no day: it is printed before either is known. */
import type { Language } from '../domain/billing/account.ts';
import type { PrintedBill } from './printed-bill.ts';

interface Sentences {
  readonly scan: string;
  readonly nothingYet: string;
  readonly typed: string;
  readonly account: string;
  readonly holder: string;
  readonly code: string;
  /** Lines for the narrow side of a sticker. */
  readonly sticker: readonly string[];
}

const portuguese: Sentences = {
  scan: 'Aponte a câmera para pagar',
  nothingYet: 'Até a leitura não há nada a pagar. Depois dela, este mesmo código mostra o valor.',
  typed: 'Sem câmera? Digite este código',
  account: 'Conta',
  holder: 'Titular',
  code: 'Código',
  sticker: ['Aponte a câmera para pagar.', 'Até a leitura, nada a pagar.'],
};

const english: Sentences = {
  scan: 'Scan to pay',
  nothingYet: 'Until the reading there is nothing to pay. After it, this same code shows the amount.',
  typed: 'No camera? Type this code',
  account: 'Account',
  holder: 'Holder',
  code: 'Code',
  sticker: ['Scan to pay.', 'Until the reading, nothing to pay.'],
};

const SENTENCES: { readonly [language in Language]: Sentences } = { pt: portuguese, en: english };

export function sentencesOf({ language }: PrintedBill): Sentences {
  return SENTENCES[language];
}

/** Enough of a link's id to find its line in the list, too little to type by mistake instead of the short code. */
export function endsOf(linkId: string): string {
  return linkId.length <= 8 ? linkId : `${linkId.slice(0, 4)}…${linkId.slice(-4)}`;
}

/** Accounts and meters as they look over HTTP. A tax number leaves masked. */
import type { z } from 'zod';
import type { AccountView } from '../../../db/billing/accounts.ts';
import type { NewestBill } from '../../../db/billing/newest-bill.ts';
import type { InstalledMeter } from '../../../domain/billing/account.ts';
import { toText } from '../../../domain/money.ts';
import { maskedTaxId, readTaxId } from '../../../domain/tax-id.ts';
import { termsMessage } from '../../../domain/money/terms-messages.ts';
import type * as s from './account-schemas.ts';

type TermsJson = z.output<typeof s.account>['terms'];

export function accountJson(account: AccountView, bill: NewestBill | undefined): z.output<typeof s.account> {
  const { dueInDays, graceDays, terms, limits } = account.rules;
  return {
    id: account.accountId,
    holder: account.holder,
    taxId: maskedOf(account.taxId),
    address: [...account.address],
    language: account.language,
    tariffId: account.tariffId,
    dueInDays,
    graceDays,
    ...(terms === undefined ? {} : { terms: termsMessage(terms) as TermsJson }),
    limits,
    paymentLinkId: account.paymentLinkId ?? null,
    shortCode: account.shortCode ?? null,
    meters: account.meters.map(meterJson),
    bill: bill === undefined ? null : billJson(bill),
  };
}

function maskedOf(taxId: string | undefined): string | null {
  const read = taxId === undefined ? undefined : readTaxId(taxId);
  return read === undefined ? null : maskedTaxId(read);
}

function billJson({ billId, number, revision, status, total }: NewestBill) {
  return { id: billId, number, revision, status, total: toText(total) };
}

export function meterJson(meter: InstalledMeter): z.output<typeof s.meter> {
  const { meterId, accountId, digits, decimals, multiplier, installed, removed } = meter;
  return { id: meterId, accountId, digits, decimals, multiplier, installed, removed: removed ?? null };
}

export function accountInRoundJson(account: AccountView): z.output<typeof s.accountInRound> {
  const inService = account.meters.filter(({ removed }) => removed === undefined);
  return {
    id: account.accountId,
    holder: account.holder,
    address: [...account.address],
    shortCode: account.shortCode ?? null,
    printedCode: account.printedCode ?? null,
    paymentLinkId: account.paymentLinkId ?? null,
    meters: inService.map(({ meterId, digits, decimals }) => ({ id: meterId, digits, decimals })),
  };
}

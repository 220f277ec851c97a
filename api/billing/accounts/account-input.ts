/**
 * Turns bodies of accounts and meters into what is stored. The rules are the domain's; here their faults get JSON
 * pointers.
 */
import type { z } from 'zod';
import {
  accountFaults,
  meterFaults,
  type AccountFault,
  type InstalledMeter,
  type ServiceAccount,
} from '../../../domain/billing/account.ts';
import { USUAL_RULES, type BillingRules } from '../../../domain/billing/billing-rules.ts';
import type { Terms } from '../../../domain/money/bill-terms.ts';
import { readDecimal } from '../../../domain/decimal.ts';
import type { Currency } from '../../../domain/money.ts';
import type { RegisterAt } from '../../../domain/billing/meter.ts';
import { amountsIn } from '../../../domain/money/terms-amounts.ts';
import { parseTerms } from '../../../domain/money/terms-messages.ts';
import { present } from '../../../domain/present.ts';
import type * as s from './account-schemas.ts';
import { pointerIn, pointerOf } from '../../http/json-body.ts';
import { Problem, type FieldError } from '../../http/problems.ts';

type AccountBody = z.output<typeof s.accountBody>;

export function accountFromBody(accountId: string, body: AccountBody): ServiceAccount {
  const { holder, taxId, address, language, tariffId } = body;
  const account = { accountId, holder, address, language, tariffId, ...present({ taxId }) };
  demandNone(accountFaults(account), 'accountId');
  return account;
}

export function rulesOf(body: AccountBody, currency: Currency): BillingRules {
  const { dueInDays = USUAL_RULES.dueInDays, graceDays = USUAL_RULES.graceDays, limits = {} } = body;
  const { timesTheNorm, periods, estimatesInARow } = limits;
  const times = timesTheNorm === undefined ? undefined : readDecimal(timesTheNorm);
  if (timesTheNorm !== undefined && (times === undefined || times.units <= 0n)) {
    throw invalid([{ pointer: '/limits/timesTheNorm', detail: 'is a decimal number above zero: "3" or "2.5"' }]);
  }
  const usual = USUAL_RULES.limits;
  return {
    dueInDays,
    graceDays,
    limits: {
      timesTheNorm: timesTheNorm ?? usual.timesTheNorm,
      periods: periods ?? usual.periods,
      estimatesInARow: estimatesInARow ?? usual.estimatesInARow,
    },
    ...present({ terms: body.terms && termsOf(body.terms, currency) }),
  };
}

export function meterFromBody(meterId: string, body: z.output<typeof s.meterBody>): InstalledMeter {
  const { accountId, digits, decimals = 0, multiplier = '1', installed, removed } = body;
  const meter = {
    meterId,
    accountId,
    digits,
    decimals,
    multiplier,
    installed,
    ...present({ removed }),
  };
  demandNone(meterFaults(meter), 'meterId');
  return { ...meter, installed: inUtc(installed), ...present({ removed: removed && inUtc(removed) }) };
}

/** Normalised to UTC as it is read back, so that a repeat gets the same answer. */
function inUtc({ value, at }: RegisterAt): RegisterAt {
  return { value, at: new Date(at).toISOString() };
}

/** The domain's field names begin with `charge`, which is the body itself here. */
function termsOf(said: NonNullable<AccountBody['terms']>, currency: Currency): Terms {
  const parsed = parseTerms(said);
  if (!parsed.ok) throw invalid([{ pointer: pointerIn('charge', parsed.at), detail: parsed.why }]);
  const foreign = amountsIn(parsed.value).find(({ amount }) => amount.currency !== currency);
  if (foreign !== undefined) {
    const pointer = `/terms/${foreign.at.replaceAll('.', '/')}/currency`;
    throw invalid([{ pointer, detail: `your currency is ${currency}` }]);
  }
  // A body's terms are never null: only a change takes a term away.
  return parsed.value as Terms;
}

/** `inAddress` is the field in the URL; all others are in the body. */
function demandNone(faults: readonly AccountFault[], inAddress: string): void {
  if (faults.length === 0) return;
  const errors = faults.map(({ field, because }): FieldError =>
    field === inAddress ? { parameter: field, detail: because } : { pointer: pointerOf(field), detail: because },
  );
  throw invalid(errors);
}

export function invalid(errors: readonly FieldError[]): Problem {
  return new Problem('validation-failed', 'See errors.', { errors });
}

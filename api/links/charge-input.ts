/** A charge as the body says it, turned into the message that is sent. The rules are the domain's; here they get pointers. */
import type { z } from 'zod';
import type { Charge, ChargeChange, LinkKind } from '../../domain/money/charge.ts';
import { parseChange, parseCharge, type ChargeMessage } from '../../domain/money/charge-messages.ts';
import type { Currency } from '../../domain/money.ts';
import { amountsIn } from '../../domain/money/terms-messages.ts';
import { present } from '../../domain/present.ts';
import { Problem } from '../http/problems.ts';
import type * as s from './schemas.ts';

type NewRequest = z.output<typeof s.newRequest>;
type RequestChange = z.output<typeof s.requestChange>;

/** What of a link decides whether a charge fits it. */
export interface ChargeRules {
  readonly kind: LinkKind;
  readonly currency: Currency;
}

export function chargeFromBody(
  body: NewRequest,
  rules: ChargeRules,
  requestId: string,
): { readonly message: ChargeMessage; readonly charge: Charge } {
  const message = messageOf(body);
  demandCurrency(message, rules);
  const parsed = parseCharge(message, rules.kind, requestId);
  if (!parsed.ok) throw invalidCharge(parsed.because);
  return { message: { ...message, amount: body.amount }, charge: parsed.value };
}

export function changeFromBody(body: RequestChange, rules: ChargeRules): Partial<ChargeMessage> {
  const message = messageOf(body);
  demandCurrency(message, rules);
  const parsed = parseChange(message, rules.kind);
  if (!parsed.ok) throw invalidCharge(parsed.because);
  demandTermsCurrency(parsed.value, rules);
  if (Object.keys(parsed.value).length === 0) throw invalidCharge('charge: nothing to change');
  return message;
}

function messageOf(body: RequestChange): Partial<ChargeMessage> {
  const { amount, reference, description, expiresIn, dueDate, terms } = body;
  const { graceDays, ...named } = terms ?? {};
  const message: { readonly [K in keyof Required<ChargeMessage>]: ChargeMessage[K] | undefined } = {
    amount,
    reference,
    description,
    expiresIn,
    dueDate,
    graceDays,
    terms: Object.keys(named).length === 0 ? undefined : named,
  };
  return present(message);
}

function demandCurrency(message: Partial<ChargeMessage>, { currency }: ChargeRules): void {
  if (message.amount === undefined || message.amount.currency === currency) return;
  throw inOtherCurrency('/amount/currency', currency);
}

/** An update may name terms without the amount that they belong to. */
function demandTermsCurrency({ terms }: ChargeChange, { currency }: ChargeRules): void {
  const wrong = amountsIn(terms ?? {}).find(({ amount }) => amount.currency !== currency);
  if (wrong !== undefined) throw inOtherCurrency(`/terms/${wrong.at.replaceAll('.', '/')}/currency`, currency);
}

function inOtherCurrency(pointer: string, currency: Currency): Problem {
  return new Problem('validation-failed', 'See errors.', {
    errors: [{ pointer, detail: `your currency is ${currency}` }],
  });
}

/** The domain says `charge.amount.value: why`. */
function invalidCharge(because: string): Problem {
  const [, path = '', why = because] = /^charge([\w.]*): (.*)$/s.exec(because) ?? [];
  const pointer = path === '.graceDays' ? '/terms/graceDays' : path.replaceAll('.', '/');
  return new Problem('validation-failed', 'See errors.', { errors: [{ pointer, detail: why }] });
}

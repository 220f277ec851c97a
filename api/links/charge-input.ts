/**
 * Turns the charge in a body into the message that is sent. The rules are the domain's; here their faults get JSON
 * pointers.
 */
import type { z } from 'zod';
import type { Charge, ChargeChange, LinkKind } from '../../domain/money/charge.ts';
import { parseChange, parseCharge, type ChargeMessage } from '../../domain/money/charge-messages.ts';
import { refuse, type MessageRefusal } from '../../domain/message-fields.ts';
import type { Currency } from '../../domain/money.ts';
import { amountsIn } from '../../domain/money/terms-amounts.ts';
import { pointerIn } from '../http/json-body.ts';
import { Problem } from '../http/problems.ts';
import type * as s from './schemas.ts';
import { present } from '../../domain/present.ts';

type NewRequest = z.output<typeof s.newRequest>;
type RequestChange = z.output<typeof s.requestChange>;

/** What of a link decides whether a charge fits it. */
interface ChargeRules {
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
  if (!parsed.ok) throw invalidCharge(parsed);
  return { message: { ...message, amount: body.amount }, charge: parsed.value };
}

export function changeFromBody(body: RequestChange, rules: ChargeRules): Partial<ChargeMessage> {
  const message = messageOf(body);
  demandCurrency(message, rules);
  const parsed = parseChange(message, rules.kind);
  if (!parsed.ok) throw invalidCharge(parsed);
  demandTermsCurrency(parsed.value, rules);
  if (Object.keys(parsed.value).length === 0) throw invalidCharge(refuse('charge', 'nothing to change'));
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

/**
 * The domain's field names begin with `charge`, which is the body itself here; in the body the days of grace are among
 * the terms.
 */
function invalidCharge({ at, why }: MessageRefusal): Problem {
  const pointer = at === 'charge.graceDays' ? '/terms/graceDays' : pointerIn('charge', at);
  return new Problem('validation-failed', 'See errors.', { errors: [{ pointer, detail: why }] });
}

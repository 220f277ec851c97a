/**
 * Every field of a charge, on every way that it goes. What the compiler cannot name when a field is new, this does: it
 * makes two charges that differ in one field only and follows the difference.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeFromBody, chargeFromBody } from '../api/links/charge-input.ts';
import { newRequest, paymentRequest, requestChange } from '../api/links/schemas.ts';
import { requestJson } from '../api/links/views.ts';
import type { RequestView } from '../db/links/read-requests.ts';
import { parseOrder } from '../domain/links/link-messages.ts';
import { payloadOf } from '../domain/links/link-payloads.ts';
import type { Order } from '../domain/links/link-state.ts';
import { fromJson, toSentence } from '../domain/money.ts';
import { changeMessage, chargeMessage } from '../domain/money/charge-messages.ts';
import {
  changeCharge,
  CHARGE_FIELDS,
  sameCharge,
  type Charge,
  type ChargeField,
  type LinkKind,
} from '../domain/money/charge.ts';
import { present } from '../domain/present.ts';
import { fromRequestAnswer, toRequestBody } from '../providers/jpmorgan/mapping.ts';
import { requestAnswer } from '../providers/jpmorgan/schemas.ts';
import { paymentRequestSchema } from '../simulator/requests/request-schema.ts';
import { link, requestId, update } from './domain/links/link-builders.ts';
import { DUE_DATE, someTerms } from './domain/money/terms-builders.ts';
import { aWrite, creditor, details } from './providers/builders.ts';

const seed = 20261201;
const KINDS = ['till', 'bill'] as const;

type FieldArbitraries = { readonly [K in ChargeField]: fc.Arbitrary<Required<Charge>[K]> };

/** More than one real, which is the most that a term takes off. */
const amount = fc.integer({ min: 101, max: 1_000_000 }).map((cents) => ({
  minorUnits: String(cents),
  currency: 'BRL' as const,
}));
const words = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text.trim() !== '');
const due = { is: fc.constant('due' as const), date: fc.constantFrom(DUE_DATE, '2026-09-01'), graceDays: fc.nat(999) };
const some: { readonly [kind in LinkKind]: FieldArbitraries } = {
  till: {
    amount,
    reference: words,
    description: words,
    expiry: fc.record({ is: fc.constant('within' as const), seconds: fc.integer({ min: 1, max: 999_999 }) }),
  },
  bill: {
    amount,
    reference: words,
    description: words,
    expiry: fc.record({ ...due, terms: someTerms }, { requiredKeys: ['is', 'date', 'graceDays'] }),
  },
};

interface Pair {
  readonly charge: Charge;
  /** The same but for one field. */
  readonly other: Charge;
}

/** The first has no terms: they would stay where the other names none. */
function pairsOf(kind: LinkKind, field: ChargeField): fc.Arbitrary<Pair> {
  const standing: fc.Arbitrary<Charge> = fc
    .record<Charge>(some[kind], { requiredKeys: ['amount', 'reference', 'expiry'] })
    .map((charge) => {
      if (charge.expiry.is === 'within') return charge;
      const { terms: _, ...expiry } = charge.expiry;
      return { ...charge, expiry };
    });
  return fc
    .tuple(standing, some[kind][field] as fc.Arbitrary<unknown>)
    .filter(([charge, value]) => JSON.stringify(charge[field]) !== JSON.stringify(value))
    .map(([charge, value]) => ({ charge, other: { ...charge, [field]: value } }));
}

function forAll(kind: LinkKind, field: ChargeField, holds: (pair: Pair) => void): void {
  fc.assert(fc.property(pairsOf(kind, field), holds), { seed, numRuns: 50 });
}

/** The fields in which two charges may differ and still be taken for the same. */
function forgottenBy(same: typeof sameCharge): readonly ChargeField[] {
  const misses = (field: ChargeField): boolean =>
    KINDS.some((kind) =>
      fc.sample(pairsOf(kind, field), { seed, numRuns: 50 }).some(({ charge, other }) => same(charge, other)),
    );
  return CHARGE_FIELDS.filter(misses);
}

describe('two charges', () => {
  it('differ when they differ in any one field', () => {
    expect(forgottenBy(sameCharge)).toEqual([]);
  });

  it.each(CHARGE_FIELDS)('are not compared by a comparison that forgets %s, and that is seen', (field) => {
    const forgetful: typeof sameCharge = (left, right) => sameCharge(left, { ...right, [field]: left[field] });
    expect(forgottenBy(forgetful)).toEqual([field]);
  });
});

const ways = KINDS.flatMap((kind) => CHARGE_FIELDS.map((field) => [kind, field] as const));

describe.each(ways)('of a charge of a %s link, the field %s', (kind, field) => {
  const change = ({ other }: Pair): Partial<Charge> => ({ [field]: other[field] });

  it('is carried by a change of nothing else', () => {
    forAll(kind, field, (pair) => {
      expect(changeCharge(pair.charge, change(pair), 0)).toEqual(pair.other);
    });
  });

  it('comes back from the messages of a sale and of a charge update', () => {
    const never = (): never => {
      throw new Error('an id was made for an order that had one');
    };
    const readBack = (order: Order) =>
      parseOrder(order.is, payloadOf(order), kind, { commandId: never, requestId: never });
    forAll(kind, field, (pair) => {
      const sale = link('R1', { charge: pair.other, amount: toSentence(fromJson(pair.other.amount)) });
      expect(readBack(sale)).toEqual({ ok: true, value: sale });
      const read = readBack(update('R1', { change: change(pair) }));
      const said = read.ok && read.value.is === 'updateCharge' ? read.value.change : {};
      expect(changeCharge(pair.charge, said, 0)).toEqual(pair.other);
    });
  });

  it('is read from a body and from a change of it', () => {
    const rules = { kind, currency: 'BRL' } as const;
    forAll(kind, field, (pair) => {
      const { charge } = chargeFromBody(newRequest.parse(bodyOf(chargeMessage(pair.other))), rules, requestId('R1'));
      expect(charge).toEqual(pair.other);
      const message = changeFromBody(requestChange.parse(bodyOf(changeMessage(change(pair)))), rules);
      expect(message).toEqual(changeMessage(change(pair)));
    });
  });

  it('is shown', () => {
    forAll(kind, field, (pair) => {
      const shown = paymentRequest.parse(requestJson(viewOf(pair.other, kind)));
      expect(shown).not.toEqual(requestJson(viewOf(pair.charge, kind)));
    });
  });

  it('comes back from the bank, which knows all that is sent to it', () => {
    forAll(kind, field, ({ other: charge }) => {
      const body = toRequestBody(aWrite({ kind, charge }), creditor);
      expect(paymentRequestSchema.safeParse(body).error?.issues).toBeUndefined();
      const answer = requestAnswer.parse(details({ request: body.request }));
      expect(sameCharge(fromRequestAnswer(answer, { evidence: 'e' }).charge, charge)).toBe(true);
    });
  });
});

/** Over HTTP the days of grace stand among the terms. */
function bodyOf({ graceDays, terms, ...rest }: ReturnType<typeof changeMessage>): object {
  return graceDays === undefined ? { ...rest, ...present({ terms }) } : { ...rest, terms: { graceDays, ...terms } };
}

function viewOf(charge: Charge, kind: LinkKind): RequestView {
  const at = new Date('2026-07-28T12:00:00Z');
  // The provider turns seconds into a moment, and that is what a row has.
  const seconds = charge.expiry.is === 'within' ? charge.expiry.seconds : undefined;
  return {
    ...(seconds !== undefined && { expiresAt: new Date(at.getTime() + seconds * 1000) }),
    requestId: requestId('R1'),
    paymentLinkId: 'b7e1',
    kind,
    status: 'active',
    payable: true,
    revision: 0,
    amount: fromJson(charge.amount),
    charge,
    payments: [],
    exceptions: [],
    returns: [],
    createdAt: at,
    updatedAt: at,
  };
}

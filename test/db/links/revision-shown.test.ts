/**
 * Which of our revisions a payment is measured against: the one that the provider's read shows (protocol.md §2,
 * Settle).
 */
import { describe, expect, it } from '@jest/globals';
import { revisionShown } from '../../../db/money/settlements.ts';
import type { RevisionRow } from '../../../db/links/request-rows.ts';
import type { ProviderRequest } from '../../../providers/provider.ts';

const charge = (minorUnits: string) => ({
  amount: { minorUnits, currency: 'BRL' as const },
  reference: 'cart 81',
  expiry: { is: 'within' as const, seconds: 900 },
});

function shownOf(view: Pick<ProviderRequest, 'revision' | 'charge'>, ...revisions: readonly RevisionRow[]) {
  const stamps = { createdAt: '2026-07-28T12:00:00Z', updatedAt: '2026-07-28T12:00:00Z' };
  const read = { ...view, ...stamps, requestId: 'r', status: 'settled' as const, returns: [], evidence: '' };
  return revisionShown(revisions, read)?.number;
}

describe('the revision that a read shows', () => {
  const inForce: RevisionRow = { number: 0, state: 'in-force', charge: charge('1000'), providerRevision: 0 };

  it("is the one with the provider's own number", () => {
    const pending: RevisionRow = { number: 1, state: 'pending', charge: charge('1000') };
    expect(shownOf({ revision: 0, charge: charge('1000') }, inForce, pending)).toBe(0);
  });

  it('is a pending one of the same content, whose answer was lost', () => {
    const pending: RevisionRow = { number: 1, state: 'pending', charge: charge('3000') };
    expect(shownOf({ revision: 1, charge: charge('3000') }, inForce, pending)).toBe(1);
  });

  it('is one that was refused here and landed there all the same', () => {
    const dropped: RevisionRow = { number: 1, state: 'dropped', charge: charge('3000') };
    expect(shownOf({ revision: 1, charge: charge('3000') }, inForce, dropped)).toBe(1);
    const again: RevisionRow = { number: 2, state: 'pending', charge: charge('3000') };
    expect(shownOf({ revision: 1, charge: charge('3000') }, inForce, dropped, again)).toBe(2);
  });

  it('is the one in force when the provider shows what we never wrote', () => {
    expect(shownOf({ revision: 4, charge: charge('7000') }, inForce)).toBe(0);
  });
});

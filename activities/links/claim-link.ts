/**
 * The first transaction of a sale: the command is claimed, and its request is there with revision 0, which fixes the
 * charge for every attempt that follows (protocol.md F1, F2).
 */
import type { Charge } from '../../domain/money/charge.ts';
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { LinkOrder } from '../../domain/links/link-state.ts';
import { answerCommand, claimCommand, storeCommand, storeRequest, type Claim } from '../../db/links/command-claims.ts';
import { announceLinking, readLink, type LinkRow } from '../../db/links/link-rows.ts';
import { checkAgainIn, markUnknownWrite, readRevisions } from '../../db/links/request-rows.ts';
import type { Attempt } from '../attempt.ts';
import { inTransaction, type Dependencies } from '../dependencies.ts';
import type { LinkRef } from './link-activities.ts';

export interface LinkClaim {
  readonly is: 'claimed';
  readonly row: LinkRow;
  readonly charge: Charge;
  readonly number: number;
  readonly late: boolean;
  /** An earlier attempt may have written. */
  readonly again: boolean;
}

type EffectRefusal = Extract<EffectResult, { readonly is: 'refused' }>;

export async function claimLink(
  deps: Dependencies,
  link: LinkRef,
  seq: number,
  order: LinkOrder,
  attempt: Attempt,
): Promise<LinkClaim | Extract<Claim, { readonly is: 'answered' }> | EffectRefusal> {
  return inTransaction(deps, link, attempt, async (client) => {
    const row = await readLink(client, link.paymentLinkId);
    if (row === undefined) throw new Error(`no link ${link.paymentLinkId}`);
    if (order.charge !== undefined) await storeCommand(client, link, order);
    const own = await storeRequest(client, link, order);
    const claimed = await claimCommand(client, order.commandId);
    if (claimed.is === 'answered') return claimed;
    if (!own) {
      const detail = 'the request id belongs to another sale';
      const refused = { is: 'refused', because: 'not-active', detail } as const;
      await answerCommand(client, order.commandId, refused);
      return refused;
    }
    await checkAgainIn(client, order.requestId, 15);
    await announceLinking(client, link.paymentLinkId, order.requestId, seq);
    const again = claimed.again || attempt.number > 1;
    if (again) await markUnknownWrite(client, order.requestId);
    const [revision] = await readRevisions(client, order.requestId);
    if (revision === undefined) throw new Error(`request ${order.requestId} has no revision 0`);
    return { is: 'claimed', row, charge: revision.charge, number: claimed.number, late: claimed.late, again };
  });
}

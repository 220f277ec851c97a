/**
 * The first transaction of a charge update: the command is claimed, and its pending revision row fixes the content and
 * the baseline for every attempt that follows (protocol.md F1, F2).
 */
import type pg from 'pg';
import { changeCharge, type Charge } from '../../domain/money/charge.ts';
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { UpdateOrder } from '../../domain/links/link-state.ts';
import { answerCommand, claimCommand, storeCommand, type Claim } from '../../db/links/command-claims.ts';
import { readLink, type LinkRow } from '../../db/links/link-rows.ts';
import {
  checkAgainIn,
  readRequest,
  readRevisions,
  requestAgeSeconds,
  type RevisionRow,
} from '../../db/links/request-rows.ts';
import type { LinkRef } from './link-activities.ts';
import { insertPendingRevision } from '../../db/links/revision-rows.ts';

export interface UpdateClaim {
  readonly is: 'claimed';
  readonly row: LinkRow;
  readonly number: number;
  readonly late: boolean;
  readonly again: boolean;
  readonly inForce: RevisionRow;
  readonly pending: RevisionRow;
  readonly revisions: readonly RevisionRow[];
}

type EffectRefusal = Extract<EffectResult, { readonly is: 'refused' }>;

export async function claimUpdate(
  client: pg.ClientBase,
  link: LinkRef,
  order: UpdateOrder,
): Promise<UpdateClaim | Extract<Claim, { readonly is: 'answered' }> | EffectRefusal> {
  const row = await readLink(client, link.paymentLinkId);
  if (row === undefined) throw new Error(`no link ${link.paymentLinkId}`);
  await storeCommand(client, link, order);
  const claimed = await claimCommand(client, order.commandId);
  if (claimed.is === 'answered') return claimed;
  const request = await readRequest(client, order.requestId, 'lock');
  const before = await readRevisions(client, order.requestId);
  const inForce = before.find((revision) => revision.state === 'in-force');
  if (request === undefined || inForce === undefined) {
    const refused = { is: 'refused', because: 'not-active', requestId: order.requestId } as const;
    await answerCommand(client, order.commandId, refused);
    return refused;
  }
  await checkAgainIn(client, order.requestId, 15);
  const number = before.length;
  const known = before.find((revision) => revision.commandId === order.commandId);
  if (known === undefined) await insertPending(client, link.merchantId, order, number, inForce.charge);
  const revisions = known === undefined ? await readRevisions(client, order.requestId) : before;
  const pending = revisions.find((revision) => revision.commandId === order.commandId);
  if (pending === undefined) throw new Error(`command ${order.commandId} has no revision`);
  return {
    is: 'claimed',
    row,
    number: claimed.number,
    late: claimed.late,
    again: claimed.again,
    inForce,
    pending,
    revisions,
  };
}

/** The content is fixed once, by the database's clock; an attempt that comes again finds it (F2). */
async function insertPending(
  client: pg.ClientBase,
  merchantId: string,
  order: UpdateOrder,
  number: number,
  inForce: Charge,
): Promise<void> {
  const seconds = await requestAgeSeconds(client, order.requestId);
  const charge = changeCharge(inForce, order.change, seconds);
  await insertPendingRevision(client, merchantId, {
    requestId: order.requestId,
    number,
    charge,
    commandId: order.commandId,
  });
}

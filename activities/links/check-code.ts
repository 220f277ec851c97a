/** Reads the link at the provider and classifies what its code shows. */
import { isAlive } from '../../domain/money/check-schedule.ts';
import { isAliveThere } from '../../domain/money/provider-status.ts';
import type { CodeContent } from '../../domain/links/link-events.ts';
import type { LinkRow } from '../../db/links/link-rows.ts';
import { readRequest } from '../../db/links/request-rows.ts';
import { ProviderFailure } from '../../providers/provider.ts';
import type { Attempt } from '../attempt.ts';
import { inTransaction, type Dependencies } from '../dependencies.ts';
import type { LinkRef } from './link-activities.ts';

interface CodeCheck {
  readonly code: CodeContent;
  /** The request that the provider names, when there is one. */
  readonly by?: string;
}

/**
 * A finished request of ours that is still shown counts as nothing. A request that is alive at the provider is
 * `current` when it is alive here too, else a `stray`; one that is not ours is a `stranger`. No answer is `unknown`.
 */
export async function checkCode(deps: Dependencies, link: LinkRef, row: LinkRow, attempt: Attempt): Promise<CodeCheck> {
  if (row.providerLinkId === undefined) return { code: 'unknown' };
  try {
    const there = await deps.provider.getLink(row.providerLinkId, attempt.read());
    const by = there?.currentRequestId;
    if (by === undefined) return { code: there === undefined ? 'unknown' : 'nothing' };
    const ours = await inTransaction(deps, link, attempt, async (client) => readRequest(client, by));
    if (ours === undefined || ours.paymentLinkId !== link.paymentLinkId) return { code: 'stranger', by };
    const request = await deps.provider.getRequest(by, attempt.read());
    if (request === undefined || !isAliveThere(request.status)) return { code: 'nothing', by };
    return { code: isAlive(ours.status) ? 'current' : 'stray', by };
  } catch (error) {
    if (error instanceof ProviderFailure) return { code: 'unknown' };
    throw error;
  }
}

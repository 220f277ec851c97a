/** Finds links at the provider that belong to nobody here, and notices of payments that are not booked. */
import { Context } from '@temporalio/activity';
import { ownersOfLinks, unseenNotices, ourSides, type UnseenNotice } from '../../db/reconciliation/compare-requests.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { present } from '../../domain/present.ts';
import { compareRequest, strayLink, unseenNotice } from '../../domain/reconciliation/reconciliation.ts';
import type { ProviderLink } from '../../providers/provider.ts';
import { readOrRetry } from '../attempt.ts';
import { theirsOf } from './reconcile-window.ts';
import type { ReconciliationActivities } from './reconciliation-activities.ts';
import {
  enterPart,
  readLimits,
  saveStepResult,
  type FindingAction,
  type ReconcileDependencies,
} from './reconciliation-steps.ts';

const LINKS_AT_ONCE = 500;
const NOTICES_AT_ONCE = 100;

/**
 * Effect: findings. Idempotent by their keys. Fails retryable when the provider does not answer. A stray link carries
 * no request and costs nothing: it is only listed.
 */
export function createReconcileLinks(deps: ReconcileDependencies): ReconciliationActivities['reconcileLinks'] {
  return async (input) => {
    const stage = await enterPart(deps, input, input.part);
    if (stage === undefined) return;
    const found: FindingAction[] = [];
    let seen = 0;
    let portion: ProviderLink[] = [];
    const judge = async (): Promise<void> => {
      Context.current().heartbeat();
      seen += portion.length;
      const ids = portion.map(({ providerLinkId }) => providerLinkId);
      const owners = await ownersOfLinks(deps.router, deps.provider.name, ids);
      const strays = portion.filter(({ providerLinkId }) => !owners.has(providerLinkId));
      found.push(...strays.map((link) => ({ finding: strayLink(link) })));
      portion = [];
    };
    const range = { from: new Date(input.from), to: new Date(input.to) };
    await readOrRetry(async () => {
      for await (const link of deps.provider.listLinks(range, readLimits())) {
        portion.push(link);
        if (portion.length === LINKS_AT_ONCE) await judge();
      }
    });
    await judge();
    await saveStepResult(deps, stage, { found, counts: { links: seen } });
  };
}

/**
 * Effect: for each payment that only a notice tells of, a Signal where the provider shows it, and an exception where it
 * does not. Idempotent by the findings' keys. Fails retryable when the provider does not answer.
 */
export function createReconcileInbox(deps: ReconcileDependencies): ReconciliationActivities['reconcileInbox'] {
  return async (input) => {
    const { merchantId } = input;
    const stage = await enterPart(deps, input, 'inbox');
    if (stage === undefined) return;
    const since = stage.run.from ?? new Date(0);
    for (;;) {
      const after = stage.cursor ?? '0';
      const notices = await tenantTransaction(deps.pool, merchantId, async (client) =>
        unseenNotices(client, since, after, NOTICES_AT_ONCE),
      );
      const found: FindingAction[] = [];
      for (const notice of notices) found.push(...(await judgeNotice(deps, merchantId, notice)));
      const last = notices.length < NOTICES_AT_ONCE ? undefined : notices.at(-1)?.inboxId;
      const counts = notices.length === 0 ? {} : { unseenNotices: notices.length };
      await saveStepResult(deps, stage, { found, counts, ...present({ cursor: last }) });
      if (last === undefined) return;
    }
  };
}

/** A notice is a hint and never evidence: the provider is asked. */
async function judgeNotice(
  deps: ReconcileDependencies,
  merchantId: string,
  notice: UnseenNotice,
): Promise<readonly FindingAction[]> {
  const { provider } = deps;
  const { requestId, endToEndId } = notice;
  Context.current().heartbeat();
  const view = await readOrRetry(async () => provider.getRequest(requestId, readLimits()));
  const settlement = view?.settlement;
  const asked = { requestId, endToEndId: settlement?.endToEndId, settledAt: settlement?.settledAt };
  const [side] = await tenantTransaction(deps.pool, merchantId, async (client) =>
    ourSides(client, provider.name, [asked]),
  );
  const request = side?.request;
  if (request === undefined || request.payments.some((payment) => payment.endToEndId === endToEndId)) return [];
  const { paymentLinkId, kind, label } = request;
  const link = { merchantId, paymentLinkId, kind, label };
  if (view === undefined || settlement?.endToEndId !== endToEndId) {
    const finding = unseenNotice({ requestId, endToEndId, paymentLinkId });
    return [{ finding, link }];
  }
  const { findings } = compareRequest(theirsOf(view, side?.theirsOn), request);
  return findings.map((finding) => ({ finding, link }));
}

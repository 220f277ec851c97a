/**
 * Compares the provider's payment requests of a time span with ours, a few pages at a time in order of creation. A
 * request absent from a page is read by id before it counts as missing, and so is one that may have changed since the
 * page was read.
 */
import { Context } from '@temporalio/activity';
import {
  absentRequests,
  ourSides,
  ownersOfLinks,
  ownersOfRequests,
  type OurSide,
} from '../../db/reconciliation/compare-requests.ts';
import { tenantTransaction } from '../../db/pool.ts';
import { fromJson, toJson } from '../../domain/money.ts';
import type { Comparison, Finding, MoneyCheck } from '../../domain/reconciliation/finding.ts';
import { compareRequest, compareUnknown, type TheirRequest } from '../../domain/reconciliation/reconciliation.ts';
import { totalOf } from '../../domain/money/settlement.ts';
import { present } from '../../domain/present.ts';
import type { ProviderRequest, SearchPage } from '../../providers/provider.ts';
import { readOrRetry } from '../attempt.ts';
import type { ReconciliationActivities } from './reconciliation-activities.ts';
import {
  enterPart,
  readLimits,
  saveStepResult,
  type FindingAction,
  type ReconcileDependencies,
} from './reconciliation-steps.ts';

const ABSENT_AT_ONCE = 100;
const REQUESTS_A_STEP = 900;

/** The findings of one step: of its pages, and of our requests that are absent from them. */
interface StepFindings {
  readonly found: FindingAction[];
  readonly money: MoneyCheck[];
  readonly counts: Record<string, number>;
}

/**
 * Effect: findings, exceptions, Signals, and the run's counts. Idempotent by the run's place and the findings' keys.
 * Fails retryable when the provider does not answer; the next attempt goes on at the page where this one stood.
 */
export function createReconcileWindow(deps: ReconcileDependencies): ReconciliationActivities['reconcileWindow'] {
  return async (input) => {
    const stage = await enterPart(deps, input, input.part);
    if (stage === undefined) return;
    const end = new Date(input.to);
    const context = { deps, merchantId: input.merchantId };
    let from = new Date(stage.cursor ?? input.from);
    while (from <= end) {
      const { take, next, pages } = await readPages(deps, from, end);
      const gathered: StepFindings = { found: [], money: [], counts: { pages } };
      await comparePage(context, take, gathered);
      await compareAbsent(context, { from, to: next, except: take.map(({ requestId }) => requestId) }, gathered);
      await saveStepResult(deps, stage, { ...gathered, ...(next > end ? {} : { cursor: next.toISOString() }) });
      from = next;
    }
  };
}

interface WindowContext {
  readonly deps: ReconcileDependencies;
  readonly merchantId: string;
}

/**
 * A step takes several pages: the provider's pages are small, and Postgres answers for a thousand requests as fast as
 * for a hundred.
 */
async function readPages(deps: ReconcileDependencies, from: Date, end: Date) {
  const take: ProviderRequest[] = [];
  let next = from;
  let pages = 0;
  while (next <= end && take.length < REQUESTS_A_STEP) {
    Context.current().heartbeat(next.toISOString());
    const taken = splitPage(await readPage(deps, next, end), next, end);
    take.push(...taken.take);
    next = taken.next;
    pages += 1;
  }
  return { take, next, pages };
}

/** A full page without a readable item is narrowed until it has one, or spans one instant only. */
async function readPage({ provider }: ReconcileDependencies, from: Date, end: Date): Promise<SearchPage> {
  let to = end;
  for (;;) {
    const page = await readOrRetry(async () => provider.searchRequests({ from, to }, readLimits()));
    if (!page.truncated || page.requests.length > 0 || to <= from) return page;
    to = new Date(from.getTime() + Math.floor((to.getTime() - from.getTime()) / 2));
  }
}

/**
 * The newest instant of a full page may continue beyond it, so the next page begins at that instant. A page that spans
 * only one instant cannot be narrowed: then our requests of that instant are read by id.
 */
function splitPage(
  page: SearchPage,
  from: Date,
  end: Date,
): { readonly take: readonly ProviderRequest[]; readonly next: Date } {
  const newest = page.requests.at(-1);
  const once = new Map(page.requests.map((view) => [view.requestId, view]));
  if (!page.truncated) return { take: [...once.values()], next: new Date(end.getTime() + 1) };
  const at = newest === undefined ? from.getTime() : Date.parse(newest.createdAt);
  if (at <= from.getTime()) return { take: [...once.values()], next: new Date(from.getTime() + 1) };
  return { take: [...once.values()].filter(({ createdAt }) => Date.parse(createdAt) < at), next: new Date(at) };
}

async function comparePage(
  context: WindowContext,
  views: readonly ProviderRequest[],
  gathered: StepFindings,
): Promise<void> {
  const sides = await sidesOf(context, views);
  const unknown: ProviderRequest[] = [];
  for (const [index, view] of views.entries()) {
    const side = sides[index];
    if (side?.request === undefined) {
      unknown.push(view);
      continue;
    }
    const comparison = compareRequest(theirsOf(view, side.theirsOn), side.request);
    if (!comparison.findings.some(mayHaveChanged)) collectComparison(context, side, comparison, gathered);
    else await compareAgain(context, view.requestId, gathered);
  }
  count(gathered, 'requests', views.length - unknown.length);
  await compareUnknowns(context, unknown, gathered);
}

/**
 * Our side is read after the provider's, so only a booking that is missing there can be explained by what happened in
 * between.
 */
function mayHaveChanged({ remedy, kind }: Finding): boolean {
  return remedy !== 'check' || kind === 'status-differs' || kind === 'became-payable';
}

async function compareAgain(context: WindowContext, requestId: string, gathered: StepFindings): Promise<void> {
  const { provider } = context.deps;
  Context.current().heartbeat();
  const view = await readOrRetry(async () => provider.getRequest(requestId, readLimits()));
  count(gathered, 'readById', 1);
  const [side] = await sidesOf(context, [view ?? { requestId }]);
  if (side?.request === undefined) return;
  const theirs = view === undefined ? undefined : theirsOf(view, side.theirsOn);
  collectComparison(context, side, compareRequest(theirs, side.request), gathered);
}

async function compareAbsent(
  context: WindowContext,
  span: { readonly from: Date; readonly to: Date; readonly except: readonly string[] },
  gathered: StepFindings,
): Promise<void> {
  const { deps, merchantId } = context;
  let after: { readonly at: Date; readonly requestId: string } | undefined;
  for (;;) {
    const place = after;
    const absent = await tenantTransaction(deps.pool, merchantId, async (client) =>
      absentRequests(client, span, place, ABSENT_AT_ONCE),
    );
    for (const { requestId } of absent) await compareAgain(context, requestId, gathered);
    count(gathered, 'requests', absent.length);
    after = absent.at(-1);
    if (absent.length < ABSENT_AT_ONCE) return;
  }
}

/** Requests of another merchant are left out: they count in that merchant's run. */
async function compareUnknowns(
  context: WindowContext,
  views: readonly ProviderRequest[],
  gathered: StepFindings,
): Promise<void> {
  if (views.length === 0) return;
  const { deps, merchantId } = context;
  const owners = await ownersOfRequests(
    deps.router,
    views.map(({ requestId }) => requestId),
  );
  const strangers = views.filter(({ requestId }) => !owners.has(requestId));
  const links = await ownersOfLinks(
    deps.router,
    deps.provider.name,
    strangers.flatMap(({ providerLinkId }) => (providerLinkId === undefined ? [] : [providerLinkId])),
  );
  const sides = await sidesOf(context, strangers);
  for (const [index, view] of strangers.entries()) {
    const owner = view.providerLinkId === undefined ? undefined : links.get(view.providerLinkId);
    if (owner !== undefined && owner.merchantId !== merchantId) continue;
    const { findings, money } = compareUnknown(
      theirsOf(view, sides[index]?.theirsOn),
      owner === undefined ? { is: 'nowhere' } : { is: 'our-link', paymentLinkId: owner.paymentLinkId },
    );
    const endToEndId = view.settlement?.endToEndId;
    const unknown =
      owner === undefined || view.settlement === undefined || endToEndId === undefined
        ? {}
        : {
            unknown: {
              merchantId,
              provider: deps.provider.name,
              paymentLinkId: owner.paymentLinkId,
              requestId: view.requestId,
              endToEndId,
              amount: view.settlement.amount,
              settledAt: view.settlement.settledAt,
              evidence: view.evidence,
            },
          };
    gathered.found.push(...findings.map((finding) => ({ finding, ...unknown })));
    gathered.money.push(...money);
    count(gathered, 'unknownRequests', 1);
  }
}

function collectComparison(
  context: WindowContext,
  { request }: OurSide,
  { findings, money }: Comparison,
  gathered: StepFindings,
): void {
  const { merchantId } = context;
  const link =
    request === undefined
      ? {}
      : { link: { merchantId, paymentLinkId: request.paymentLinkId, kind: request.kind, label: request.label } };
  gathered.found.push(...findings.map((finding) => ({ finding, ...link })));
  gathered.money.push(...money);
}

async function sidesOf(
  { deps, merchantId }: WindowContext,
  views: readonly Pick<ProviderRequest, 'requestId' | 'settlement'>[],
): Promise<readonly OurSide[]> {
  if (views.length === 0) return [];
  const asked = views.map(({ requestId, settlement }) => ({
    requestId,
    endToEndId: settlement?.endToEndId,
    settledAt: settlement?.settledAt,
  }));
  return tenantTransaction(deps.pool, merchantId, async (client) => ourSides(client, deps.provider.name, asked));
}

export function theirsOf(view: ProviderRequest, on: string | undefined): TheirRequest {
  const { requestId, status, providerLinkId, settlement, returns } = view;
  return {
    requestId,
    status,
    returns,
    ...present({ providerLinkId }),
    ...(settlement === undefined
      ? {}
      : {
          settlement: {
            amount: settlement.amount,
            ...present({ endToEndId: settlement.endToEndId }),
            total: toJson(totalOf(fromJson(settlement.amount), settlement.parts)),
            ...present({ on }),
          },
        }),
  };
}

function count({ counts }: StepFindings, name: string, by: number): void {
  if (by > 0) counts[name] = (counts[name] ?? 0) + by;
}

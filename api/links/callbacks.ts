/**
 * The provider's callbacks: stored, answered, and only then signalled. A lost Signal is sent again by `watch`. The
 * answer does not reveal whether a request is known, and nothing that a notice claims is taken as a fact.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import {
  expectSettlement,
  markNoticeDone,
  markNoticeSignalled,
  storable,
  storeNotices,
  noticeTargetOf,
  type NewNotice,
  type RoutedNotice,
} from '../../db/links/inbox.ts';
import { plainTransaction, tenantTransaction } from '../../db/pool.ts';
import { signalOf, type NoticeStatus } from '../../domain/links/notice-signals.ts';
import type { Notice, Provider } from '../../providers/provider.ts';
import { atOnce } from '../../domain/at-once.ts';
import { present } from '../../domain/present.ts';
import type { CommandSender } from '../../temporal/command-sender.ts';
import type { Handler } from '../http/call.ts';
import type { Metrics } from '../http/metrics.ts';
import { notFound, Problem } from '../http/problems.ts';
import type { operationRoutes } from '../operations/operation-routes.ts';

interface CallbackDependencies {
  readonly pool: pg.Pool;
  readonly router: pg.Pool;
  readonly sender: Pick<CommandSender, 'signal'>;
  readonly provider: Pick<Provider, 'name' | 'authenticateCallback' | 'parseCallback'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly crash: (step: string) => void;
}

export interface Callbacks {
  readonly receive: Handler<(typeof operationRoutes)['receiveCallback']>;
  /** Resolves when every notice that was answered has been passed on, or was left to `watch`. */
  settled(): Promise<void>;
}

const SIGNALS_AT_ONCE = 10;

export function createCallbacks(deps: CallbackDependencies): Callbacks {
  const underWay = new Set<Promise<void>>();
  const passOnLater = (notices: readonly RoutedNotice[]): void => {
    const work = signalNotices(deps, notices).finally(() => underWay.delete(work));
    underWay.add(work);
  };
  return {
    async receive({ params, headers, raw }) {
      if (params.provider !== deps.provider.name) throw notFound();
      if (!deps.provider.authenticateCallback(headers, raw)) {
        throw new Problem('unauthenticated', 'The callback carries no valid credentials.', {
          headers: { 'www-authenticate': 'Bearer' },
        });
      }
      const notices = rowsOf(deps, raw);
      deps.crash('callback.before-insert');
      const stored = await plainTransaction(deps.router, async (client) => storeNotices(client, notices));
      deps.crash('callback.after-insert');
      for (const notice of notices) deps.metrics.countNotice(notice.status);
      return {
        status: 200,
        json: { stored: true },
        sent: () => {
          deps.crash('callback.after-answer');
          passOnLater(stored);
        },
      };
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}

/** The whole body is stored with its first notice only, because a batch may hold hundreds of notices. */
function rowsOf({ provider }: CallbackDependencies, raw: Buffer): readonly NewNotice[] {
  const notices = provider.parseCallback(raw);
  const unreadable: Notice = { requestId: '', status: 'unreadable' };
  return (notices.length === 0 ? [unreadable] : notices).map((notice, index) => ({
    requestId: notice.requestId,
    status: notice.status,
    ...present({ endToEndId: notice.endToEndId }),
    provider: provider.name,
    digest: createHash('sha256').update(`${provider.name}\n${index}\n`).update(raw).digest(),
    body: storable(index === 0 ? raw.toString('utf8') : JSON.stringify(notice)),
  }));
}

async function signalNotices(deps: CallbackDependencies, notices: readonly RoutedNotice[]): Promise<void> {
  await atOnce(notices, SIGNALS_AT_ONCE, async (notice) => {
    const { inboxId } = notice;
    await signalNotice(deps, notice).catch((error: unknown) => {
      deps.logger.warn({ err: error, inboxId }, 'a notice was stored and not passed on; watch will see to it');
    });
  });
}

async function signalNotice({ pool, sender }: CallbackDependencies, notice: RoutedNotice): Promise<void> {
  const { merchantId, paymentLinkId, requestId, inboxId } = notice;
  const status = notice.status as NoticeStatus;
  const target = await tenantTransaction(pool, merchantId, async (client) => {
    const found = await noticeTargetOf(client, requestId);
    const name = found === undefined ? undefined : signalOf(status, found.requestStatus);
    if (found !== undefined && name !== undefined) return { ...found, name };
    if (status === 'processing') await expectSettlement(client, requestId);
    await markNoticeDone(client, inboxId);
    return undefined;
  });
  if (target === undefined) return;
  const { kind, label, name } = target;
  await sender.signal(name, { merchantId, paymentLinkId, kind, label }, { requestId, because: `notice ${inboxId}` });
  await tenantTransaction(pool, merchantId, async (client) => markNoticeSignalled(client, inboxId));
}

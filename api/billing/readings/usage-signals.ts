/**
 * Signals links that there is something new to bill, after the HTTP answer and not awaited. Each Signal has 3 s and one
 * try. A lost one is repeated by `watch`, because the account is marked; a duplicate finds nothing new.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import { tenantTransaction } from '../../../db/pool.ts';
import { linksToSignal } from '../../../db/billing/readings.ts';
import { atOnce } from '../../../domain/at-once.ts';
import type { CommandSender } from '../../../temporal/command-sender.ts';

export interface UsageSignals {
  /** Returns at once. */
  tell(merchantId: string, of: Parameters<typeof linksToSignal>[1]): void;
  /** Sends nothing more and resolves when what is under way has ended: the rest is left to `watch`. */
  close(): Promise<void>;
}

interface UsageSignalDependencies {
  readonly pool: pg.Pool;
  readonly sender: Pick<CommandSender, 'signal'>;
  readonly logger: Logger;
}

const SIGNALS_AT_ONCE = 20;

export function createUsageSignals({ pool, sender, logger }: UsageSignalDependencies): UsageSignals {
  const underWay = new Set<Promise<void>>();
  let closed = false;

  async function tellAll(merchantId: string, of: Parameters<typeof linksToSignal>[1]): Promise<void> {
    const links = await tenantTransaction(pool, merchantId, async (client) => linksToSignal(client, of));
    let lost = 0;
    await atOnce(links, SIGNALS_AT_ONCE, async (link) => {
      if (!closed) await sender.signal('usage', { merchantId, ...link }, {}).catch(() => void (lost += 1));
    });
    if (lost > 0) logger.warn({ merchantId, lost }, 'links were not told of usage; watch will see to it');
  }

  return {
    tell(merchantId, of) {
      const work = tellAll(merchantId, of)
        .catch((error: unknown) => logger.warn({ err: error, merchantId }, 'no link was told of usage; watch will'))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    async close() {
      closed = true;
      await Promise.all(underWay);
    },
  };
}

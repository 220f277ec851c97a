/**
 * Rates an account's usage into its next bill (docs/bills.md). One transaction under the account's lock and no call to
 * the provider: the change of the code is returned to the link's workflow, which carries it out. Idempotent: a repeat
 * rates the same usage and finds its own bill.
 */
import type pg from 'pg';
import { answerCommand } from '../../db/links/command-claims.ts';
import { writeFacts, type Facts } from '../../db/facts.ts';
import { markRated } from '../../db/billing/bills.ts';
import { lockAccount } from '../../db/billing/rating.ts';
import { storeReadings } from '../../db/billing/readings.ts';
import { nextBill } from '../../domain/billing/billing.ts';
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { Answer } from '../../domain/links/link-state.ts';
import { present } from '../../domain/present.ts';
import { startAttempt } from '../attempt.ts';
import { decideBill } from './decide-bill.ts';
import { inTransaction, notifyListeners, wakeOwners, type Dependencies } from '../dependencies.ts';
import type { LinkActivities } from '../links/link-activities.ts';
import { writeNextBill } from './write-bill.ts';

type RateUsageInput = Parameters<LinkActivities['rateUsage']>[0];

interface RatingRecord {
  readonly result: EffectResult;
  readonly facts: Facts;
}

export function createRateUsage(deps: Dependencies): LinkActivities['rateUsage'] {
  return async (input) => {
    const attempt = startAttempt();
    const { merchantId } = input.link;
    deps.crash('rate.before');
    const { result, facts, position } = await inTransaction(deps, input.link, attempt, async (client) => {
      const rating = await rateAccount(client, input);
      return { ...rating, position: await writeFacts(client, merchantId, rating.facts) };
    });
    await notifyListeners(deps, merchantId, position);
    deps.crash('rate.stored');
    wakeOwners(deps, merchantId, facts);
    return result;
  };
}

async function rateAccount(
  client: pg.ClientBase,
  { link, readings, requestId, order, retired }: RateUsageInput,
): Promise<RatingRecord> {
  const { merchantId, paymentLinkId } = link;
  await storeReadings(client, merchantId, readings);
  const known = await lockAccount(client, paymentLinkId);
  if (known === undefined || retired === true) {
    if (known !== undefined) await markRated(client, known.accountId, known.wanted);
    return { result: await answerUnbilled(client, order?.commandId, known !== undefined), facts: {} };
  }
  const decided = order === undefined ? undefined : await decideBill(client, link, order, known);
  // Read again after a decision, which may have stored a reading.
  const account = decided === undefined ? known : ((await lockAccount(client, paymentLinkId)) ?? known);
  const next = nextBill(account, account.now);
  const written = await writeNextBill(client, { merchantId, account, next, requestId, by: decided?.resolution });
  await markRated(client, account.accountId, account.wanted);
  return {
    result: {
      is: 'rated',
      metered: true,
      next: written.next,
      ...present({ answer: decided?.answer }),
    },
    facts: written.facts,
  };
}

async function answerUnbilled(
  client: pg.ClientBase,
  commandId: string | undefined,
  metered: boolean,
): Promise<EffectResult> {
  const because = metered ? 'the link is retired' : 'nobody is billed on this link';
  const next = { do: 'nothing', because } as const;
  if (commandId === undefined) return { is: 'rated', metered, next };
  const answer: Answer = { is: 'refused', because: 'not-held', detail: because };
  await answerCommand(client, commandId, answer);
  return { is: 'rated', metered, next, answer };
}

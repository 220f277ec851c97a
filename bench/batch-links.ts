/**
 * How many codes a second a batch opens, upload to last row, against starts of bare workflows on the same Temporal
 * server, in turns. The rival has it easy: nobody works on what it starts, and it opens nothing at a bank and writes
 * nothing down.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { accountLine } from './samples/bill-batches.ts';
import { bareLink } from './bare-workflow.ts';
import { onUtility } from './utility-side.ts';

/** As many as a batch has calls under way. */
const AT_ONCE = 16;
const ROUNDS = 3;

export interface LinksPace {
  /** Each round's own. */
  readonly batch: readonly number[];
  readonly bare: readonly number[];
}

export async function measureLinks(accounts: number): Promise<LinksPace> {
  return onUtility(async ({ client, print }) => {
    const batch: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const lines = Array.from({ length: accounts }, (_, index) => accountLine(round * accounts + index));
      batch.push(await paceOf(accounts, async () => print(lines)));
      bare.push(await paceOf(accounts, async () => startBare(client, accounts)));
    }
    return { batch, bare };
  });
}

async function startBare(client: Client, count: number): Promise<void> {
  let left = count;
  const next = async (): Promise<void> => {
    while ((left -= 1) >= 0) {
      await client.workflow.start(bareLink, { taskQueue: 'nobody', workflowId: `bare:${randomUUID()}` });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

async function paceOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return count / ((performance.now() - began) / 1_000);
}

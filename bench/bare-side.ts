/** Drives the bare workflow straight over gRPC: no HTTP, no SSE, no bank stand in between, which is its advantage. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { connectTemporal } from '../temporal/client.ts';
import { bareLink, link, paid, type BareOrder } from './bare-workflow.ts';
import { processorMeterOf } from './processor-time.ts';
import type { BenchmarkSide, BenchmarkTill, TimedSale } from './side.ts';

const TASK_QUEUE = 'bare';
const TOLD_WITHIN_MS = 30_000;
const MOST_TRIES = 5;

export async function startBareSide(
  address: string,
  links: number,
): Promise<BenchmarkSide & { stop(): Promise<void> }> {
  const waiting = new Map<string, (at: number) => void>();
  const worker = fork(path.join(import.meta.dirname, 'bare-worker.ts'), [address, TASK_QUEUE], {
    execArgv: ['--import', 'tsx'],
  });
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('exit', (code) => reject(new Error(`the bare worker ended with ${code}`)));
    worker.on('message', (message: { readonly ready?: true; readonly booked?: string }) => {
      if (message.ready === true) resolve();
      if (message.booked !== undefined) waiting.get(message.booked)?.(performance.now());
    });
  });
  await ready;
  const temporal = await connectTemporal({ address, namespace: 'default' });
  const tills = await Promise.all(
    Array.from({ length: links }, async (_, number) => {
      const workflowId = `bare-link:${number}`;
      return tillOn(await temporal.client.workflow.start(bareLink, { taskQueue: TASK_QUEUE, workflowId }), waiting);
    }),
  );
  return {
    name: 'bare',
    tills,
    processes: { worker: processorMeterOf(worker.pid ?? 0) },
    async stop() {
      await temporal.connection.close();
      const gone = once(worker, 'exit');
      worker.kill('SIGKILL');
      await gone;
    },
  };
}

function tillOn(handle: WorkflowHandle<typeof bareLink>, waiting: Map<string, (at: number) => void>): BenchmarkTill {
  return {
    async sell(asked): Promise<TimedSale> {
      const requestId = randomUUID().replaceAll('-', '');
      const told = toldOf(requestId, waiting);
      await linkPatiently(handle, {
        commandId: randomUUID(),
        requestId,
        charge: { amount: { minorUnits: '2490', currency: 'BRL' }, reference: 'bench', expiresIn: 300 },
      });
      const payable = performance.now();
      await handle.signal(paid, { requestId });
      return { asked, payable, noticed: payable, told: await told };
    },
    clear: async () => Promise.resolve(),
  };
}

async function toldOf(requestId: string, waiting: Map<string, (at: number) => void>): Promise<number> {
  try {
    return await new Promise<number>((resolve, reject) => {
      waiting.set(requestId, resolve);
      setTimeout(() => reject(new Error('not booked in time')), TOLD_WITHIN_MS).unref();
    });
  } finally {
    waiting.delete(requestId);
  }
}

/**
 * At a continue-as-new an Update may fail though nothing is wrong; the same id goes to the next run, as our own sender
 * does.
 */
async function linkPatiently(handle: WorkflowHandle<typeof bareLink>, order: BareOrder): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await handle.executeUpdate(link, { updateId: order.commandId, args: [order] });
      return;
    } catch (error) {
      if (attempt === MOST_TRIES) throw error;
    }
  }
}

/** A namespace that takes work: it answers, and knows the search attributes that the workflows set. */
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from './local-temporal.ts';
import { isAnswering } from './ports.ts';

/** Once somebody answers, a namespace that takes no work hangs. */
const TAKES_WORK_WITHIN_MS = 120_000;

/** An open port is not a namespace that takes work: waits until it is described. `withinMs` is for the port. */
export async function awaitNamespace(address: string, namespace = 'default', withinMs = 120_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  const [host = '', port = ''] = address.split(/:(?=\d+$)/);
  // The first gRPC attempt that fails costs a second; a TCP one costs nothing.
  while (!(await isAnswering(Number(port), host))) {
    if (performance.now() > deadline) throw new Error(`Nobody answers at ${address}.`);
    await pause(25);
  }
  const described = performance.now() + TAKES_WORK_WITHIN_MS;
  const connection = await Connection.connect({ address, connectTimeout: TAKES_WORK_WITHIN_MS });
  try {
    for (;;) {
      try {
        await connection.workflowService.describeNamespace({ namespace });
        return;
      } catch (error) {
        if (performance.now() > described) throw error;
        await pause(50);
      }
    }
  } finally {
    await connection.close();
  }
}

/** For a server that was not started by us. Registers what is missing; a server that has all of them is left alone. */
export async function registerSearchAttributes(address: string, namespace = 'default'): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = SEARCH_ATTRIBUTES.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
    if (missing.length === 0) return;
    const KEYWORD = 2; // IndexedValueType of the Temporal API
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  } finally {
    await connection.close();
  }
}

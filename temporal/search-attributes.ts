/**
 * The search attributes that the workflows use, and whether the namespace has them: an unknown one wedges a workflow
 * for ever.
 */
import type { Connection } from '@temporalio/client';
import { searchAttributes } from '../workflows/messages.ts';

export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes)
    .map(({ name }) => name)
    .filter((name) => customAttributes[name] === undefined);
}

/** Checks an answer of the bank: readable, about the resource asked for, and absent only if the bank itself says so. */
import type { z } from 'zod';
import { ProviderFailure } from '../provider.ts';
import { unsendable, UnreadableAnswer } from './failures.ts';

export function readAs<T>(schema: z.ZodType<T>, json: unknown): T {
  const read = schema.safeParse(json);
  if (!read.success) throw new UnreadableAnswer(read.error.issues.map((issue) => issue.path.join('.') || 'body'));
  return read.data;
}

/** The readable items; an unreadable one does not hide the others. */
export function readable<T>(items: readonly unknown[], read: (item: unknown) => T): T[] {
  return items.flatMap((item) => {
    try {
      return [read(item)];
    } catch (error) {
      if (error instanceof UnreadableAnswer) return [];
      throw error;
    }
  });
}

/** An answer about another resource is no answer: its money would be booked to the wrong bill. */
export function withId<K extends string, T extends { readonly [key in K]: string }>(
  read: T,
  key: K,
  expected: string,
): T {
  if (read[key] !== expected) throw new UnreadableAnswer(['id']);
  return read;
}

/** Only the bank's own 404 is `refused`; a proxy's is `retryable` and does not pass for absence. */
export async function absentAs404<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ProviderFailure && error.kind === 'refused' && error.status === 404) return undefined;
    throw error;
  }
}

/** An empty or dotted id would name another resource than the one that was meant. */
export function segment(id: string, call: string): string {
  if (id === '' || id === '.' || id === '..') throw unsendable(call, ['id']);
  return encodeURIComponent(id);
}

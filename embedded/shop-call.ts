/**
 * Calls of our API and of the simulated bank's, as the demonstrations make them: what is refused is said in its own
 * words.
 */
import { z } from 'zod';
import { present } from '../domain/present.ts';

export interface ShopAccess {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Absent: the bank is a real one, and nobody plays the payer. */
  readonly simulatorUrl?: string;
}

/** Of our API (RFC 9457) and of the bank's control API. */
const problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  sentence: z.string().optional(),
});
export interface ShopAnswer {
  readonly status: number;
  readonly body: unknown;
}

export async function callShop(
  shop: ShopAccess,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  more: { readonly body?: unknown; readonly csv?: string; readonly key?: string; readonly wait?: number } = {},
): Promise<ShopAnswer> {
  const type = more.csv === undefined ? 'application/json' : 'text/csv';
  const body = more.csv ?? (more.body === undefined ? undefined : JSON.stringify(more.body));
  const answer = await fetch(`${shop.apiUrl}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${shop.apiKey}`,
      ...(body === undefined ? {} : { 'Content-Type': type }),
      ...present({ 'Idempotency-Key': more.key }),
      ...(more.wait === undefined ? {} : { Prefer: `wait=${more.wait}` }),
    },
    ...present({ body }),
    signal: AbortSignal.timeout(120_000),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Throws a sentence that says what could not be done, and why. */
export function demand<T>(schema: z.ZodType<T>, { status, body }: ShopAnswer, what: string): T {
  if (status >= 200 && status < 300) return schema.parse(body);
  const { title, detail, sentence } = problem.parse(body);
  throw new Error(`Nobody could ${what}: ${detail ?? sentence ?? title ?? `status ${status}`}`);
}

export async function control(simulatorUrl: string, action: 'scan' | 'pay', body: object): Promise<ShopAnswer> {
  const answer = await fetch(`${simulatorUrl}/control/${action}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(120_000),
  });
  return { status: answer.status, body: await answer.json() };
}

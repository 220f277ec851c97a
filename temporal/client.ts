/**
 * The one factory of Temporal clients. It waits for the port before the first gRPC connect (a failed first attempt
 * costs a second of gRPC's own back-off), and repeats calls that met a closing run within milliseconds instead of 1.7
 * s.
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Client,
  Connection,
  isRetryableError,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
  type GrpcRetryOptions,
} from '@temporalio/client';
import { present } from '../domain/present.ts';

interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  readonly tls?: {
    readonly ca?: string;
    readonly serverName?: string;
    readonly certificate?: string;
    readonly privateKey?: string;
  };
  readonly apiKey?: string;
  /** How long to wait for the port. Afterwards the client is created anyway and connects when the server is there. */
  readonly waitMs?: number;
}

export interface TemporalConnection {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
}

export async function connectTemporal(settings: TemporalSettings): Promise<TemporalConnection> {
  const { address, namespace, tls, apiKey } = settings;
  await portOpens(address, settings.waitMs ?? 10_000);
  // Lazy, so that the API starts without Temporal: it then answers reads, and 503 where Temporal is needed.
  const connection = Connection.lazy({
    address,
    interceptors: [makeGrpcRetryInterceptor(retries)],
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 },
    ...present({ tls: tls && tlsOf(tls), apiKey }),
  });
  return { client: new Client({ connection, namespace }), connection, namespace };
}

type GrpcStatus = Parameters<GrpcRetryOptions['retryableDecider']>[1];

const RESOURCE_EXHAUSTED = 8;
const MOST_QUICK_TRIES = 12;
const MOST_SLOW_TRIES = 10;

/**
 * Every call carries a deadline (`client.withDeadline`), and a try after it fails at once, so the deadline bounds the
 * tries. Exported for its test.
 */
export const retries: GrpcRetryOptions = {
  retryableDecider(attempt, status) {
    return attempt < (isMomentary(status) ? MOST_QUICK_TRIES : MOST_SLOW_TRIES) && isRetryableError(status);
  },
  delayFunction(attempt, status) {
    const jitter = 0.8 + Math.random() * 0.4;
    if (isMomentary(status)) return 15 * 1.5 ** (attempt - 1) * jitter;
    // A real rate limit: longer back-off, so that clients do not all retry together.
    if (isExhausted(status)) return Math.min(5_000, 500 * 1.7 ** (attempt - 1)) * jitter;
    return Math.min(500, 50 * 1.7 ** (attempt - 1)) * jitter;
  },
};

/** The run is rolling over, or has ten Updates in flight: both pass in milliseconds, and neither is a rate limit. */
function isMomentary(status: GrpcStatus): boolean {
  return (
    isExhausted(status) &&
    /workflow is closing|in-?flight update|limit.*updates?|concurrent.*update/i.test(status.details)
  );
}

function isExhausted({ code }: { readonly code: number }): boolean {
  return code === RESOURCE_EXHAUSTED;
}

/** Both Temporal clients, ours and the worker's native one, take the same form. */
export function tlsOf(
  tls: NonNullable<TemporalSettings['tls']>,
): Exclude<ConnectionOptions['tls'], boolean | null | undefined> {
  const { ca, serverName, certificate, privateKey } = tls;
  return {
    ...(ca === undefined ? {} : { serverRootCACertificate: Buffer.from(ca) }),
    ...present({ serverNameOverride: serverName }),
    ...(certificate === undefined || privateKey === undefined
      ? {}
      : { clientCertPair: { crt: Buffer.from(certificate), key: Buffer.from(privateKey) } }),
  };
}

async function portOpens(address: string, waitMs: number): Promise<void> {
  const deadline = Date.now() + waitMs;
  while (!(await answers(address)) && Date.now() < deadline) await pause(50);
}

async function answers(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(colon + 1)) });
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

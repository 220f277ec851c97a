/**
 * The bank, for development and tests: a stateful service on the other side of the provider's contract. It shares no
 * code with the adapter, so that a mistake in the adapter's mapping cannot cancel itself out.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';

import { BANK_BASE, createBankApi, createReturnsApi, RETURNS_BASE } from './bank-api.ts';
import { createBankClock } from './bank-clock.ts';
import { refusalOfStatus } from './bank-errors.ts';
import { createBankHttp } from './bank-http.ts';
import { createBankStore } from './bank-store.ts';
import { createBehaviour, defaultBehaviour } from './behaviour.ts';
import { createBankCallbacks } from './callbacks.ts';
import { createControlApi } from './control/control-api.ts';
import { createFaults } from './faults.ts';
import { openJournal, readJournal } from './journal.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { createPaymentBulks } from './requests/payment-bulks.ts';
import { createPaymentLinks } from './requests/payment-links.ts';
import { createPayer } from './payments/payer.ts';
import { createRequestLife } from './requests/request-life.ts';
import { createRequestViews } from './requests/request-views.ts';
import { createTokenDesk } from './token-desk.ts';

export interface SimulatorOptions {
  readonly callbackUrl?: string;
  /** Sent as a bearer token with each callback. */
  readonly callbackSecret?: string;
  /** Where the state is kept across restarts; without it a restart forgets everything. */
  readonly stateFile?: string;
  readonly clientId?: string;
  /** PEM of the certificate or public key that verifies client assertions; without it any signature will do. */
  readonly clientCertificate?: string;
  readonly callbackDelayMs?: number;
}

export interface Simulator {
  readonly app: express.Express;
  listen(port: number): Promise<{ port: number; url: string }>;
  close(): Promise<void>;
  /** How often each bank call arrived, as `GET /control/calls` tells. */
  readonly calls: () => Record<string, number>;
}

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const bank = openBank(options);
  const calls = createCallCount();
  const timers = createTimers();
  const tokens = createTokenDesk({
    clientId: options.clientId,
    clientCertificate: options.clientCertificate,
    count: calls.count,
  });
  const app = express().disable('x-powered-by').disable('etag');
  app.use(tokens.router);
  const api = createBankApi(bank);
  const http = { ...bank, tokens, count: calls.count, later: timers.later };
  app.use(BANK_BASE, createBankHttp({ ...http, api }));
  app.use(RETURNS_BASE, createBankHttp({ ...http, api: createReturnsApi(bank) }));
  app.use('/control', createControlApi({ ...bank, payer: createPayer(bank), calls }));
  app.use((_request, response) => void response.status(404).json({ title: 'Not Found', httpStatus: 404 }));
  app.use((_error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    const { status, body } = api.refuse(refusalOfStatus(503));
    response.status(status).json(body);
  });

  let server: Server | undefined;
  return {
    app,
    calls: calls.counts,
    listen: async (port) => {
      server = await listening(app, port);
      bank.callbacks.start();
      const { port: actual } = server.address() as AddressInfo;
      return { port: actual, url: `http://127.0.0.1:${actual}` };
    },
    close: async () => {
      timers.close();
      bank.close();
      if (server !== undefined) await stopped(server);
    },
  };
}

/** The bank's memory and everything that happens in it by itself. */
function openBank(options: SimulatorOptions) {
  const { stateFile } = options;
  let journal: Journal | undefined;
  const append = (entry: JournalEntry): void => journal?.append(entry);
  const clock = createBankClock();
  const behaviour = createBehaviour(defaultBehaviour, (now) => append({ is: 'behaviour', behaviour: now }));
  const store = createBankStore(append, () => behaviour.current().readLagMs);
  const faults = createFaults();
  const { callbackUrl: url, callbackSecret: secret, callbackDelayMs: delayMs = 0 } = options;
  const callbacks = createBankCallbacks({ url, secret, delayMs, clock, faults, append });
  const life = createRequestLife({ store, clock, behaviour, callbacks });

  for (const entry of stateFile === undefined ? [] : readJournal(stateFile)) {
    if (entry.is === 'clock') clock.setOffset(entry.offsetMs);
    else if (entry.is === 'behaviour') behaviour.change(entry.behaviour);
    else if (entry.is === 'callback') callbacks.restore(entry.number, entry.event);
    else if (entry.is === 'callback-done') callbacks.restoreDone(entry.number);
    else store.restore(entry);
  }
  function* stillTrue(): Generator<JournalEntry> {
    yield { is: 'clock', offsetMs: clock.offsetMs() };
    yield { is: 'behaviour', behaviour: behaviour.current() };
    yield* store.entries();
    yield* callbacks.entries();
  }
  journal = openJournal(stateFile, stillTrue());
  clock.onMove(() => append({ is: 'clock', offsetMs: clock.offsetMs() }));
  life.resume();
  const views = createRequestViews(store, behaviour);
  const writing = { store, clock, behaviour, life, views, links: createPaymentLinks(store, clock) };
  const bulks = createPaymentBulks(writing);
  const close = (): void => {
    callbacks.close();
    bulks.close();
    life.close();
    journal.close();
  };
  return { ...writing, bulks, faults, callbacks, close };
}

function createCallCount() {
  const counts = new Map<string, number>();
  return {
    count: (route: string): void => void counts.set(route, (counts.get(route) ?? 0) + 1),
    counts: (): Record<string, number> => Object.fromEntries(counts),
    reset: (): void => counts.clear(),
  };
}

function createTimers() {
  const timers = new Set<NodeJS.Timeout>();
  return {
    later: (delayMs: number, work: () => void): void => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
      }, delayMs);
      timers.add(timer);
    },
    close: (): void => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** On the loopback address only: whoever reaches the control API may do everything. */
function listening(app: express.Express, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, '127.0.0.1', (error?: Error) => {
      if (error === undefined) resolve(server);
      else reject(error);
    });
  });
}

function stopped(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

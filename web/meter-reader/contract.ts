/** What the agent's page keeps, reads and sends: types only, for the checker; browsers never load it. */
import type * as accounts from '../../api/billing/accounts/account-schemas.ts';
import type * as batches from '../../api/billing/batches/batch-schemas.ts';
import type * as readings from '../../api/billing/readings/reading-schemas.ts';
import type { AnswerOf } from '../contract.ts';

/** As `GET /v1/service-accounts` answers, and as the round keeps it. */
export type ServiceAccount = AnswerOf<typeof accounts.accountInRound>;
export type MeterFace = ServiceAccount['meters'][number];
export type Batch = AnswerOf<typeof batches.billBatch>;

/** What was taken along, and when. */
export interface Round {
  /** Empty: every account. */
  readonly batchId: string;
  readonly name: string;
  readonly accounts: number;
  readonly begunAt: string;
  readonly takenAt: string;
}

type AnyReading = AnswerOf<typeof readings.newReading>;
export type ReadingKey = Pick<AnyReading, 'deviceId' | 'sequence'>;
/** Exactly what is sent, and never changed once it is kept. This page only reads what is there. */
export type Reading = AnyReading & { readonly kind: 'actual' };

export interface KeptReading {
  readonly sequence: number;
  readonly reading: Reading;
  readonly meterId: string;
  /** `conflict`: the API has another reading under this number. */
  readonly state: 'waiting' | 'arrived' | 'refused' | 'conflict';
  readonly because?: string;
  /** Whose meter it is, for people; a reading outside the round has only what was scanned or typed. */
  readonly accountId?: string;
  readonly holder: string;
  /** The later reading of this phone that stands for this one. */
  readonly replacedBy?: number;
}

/** What is about to be kept; number and device are given with the keeping. */
export interface NewReading {
  readonly meterId: string;
  readonly value: string;
  readonly accountId?: string;
  readonly holder: string;
  readonly photo?: Blob;
  /** The number of the reading that was wrong. */
  readonly replaces?: number;
}

/** Written down before it is sent: a lost answer is asked for again with the same key and the same readings. */
export interface Portion {
  readonly key: string;
  readonly sequences: readonly number[];
}

export type Upload = AnswerOf<typeof readings.readingUpload>;
/** `line` counts from 1, in the order of the portion. */
export type RowResult = Upload['results'][number];

export interface ReadingCounts {
  readonly waiting: number;
  readonly arrived: number;
  /** Refused or in conflict, and not yet replaced by another reading. */
  readonly refused: number;
  readonly contactAt?: string;
}

/** How an attempt to send ended. `unset`: there is no key, or `refused`, which the API does not take. */
export type SendResult =
  | { readonly is: 'done' }
  | { readonly is: 'elsewhere' }
  | { readonly is: 'unset'; readonly refused?: string }
  | { readonly is: 'trouble'; readonly because: string };

/** What the web platform has and TypeScript's library of it has not. */
export interface Detector {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { readonly formats: readonly string[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}
interface JsQr {
  (
    pixels: Uint8ClampedArray,
    width: number,
    height: number,
    options: { readonly inversionAttempts: 'dontInvert' },
  ): { readonly data: string } | null;
}
export interface ScanningWindow {
  readonly BarcodeDetector?: DetectorClass;
  readonly jsQR?: JsQr;
}
export interface SyncingRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** The service worker's side of it. */
interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface WorkerFetchEvent extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerSyncEvent extends WorkerEvent {
  readonly tag: string;
}
interface WorkerMessageEvent extends WorkerEvent {
  readonly data: unknown;
}
export interface AgentWorker {
  skipWaiting(): Promise<void>;
  addEventListener(name: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
  addEventListener(name: 'fetch', listener: (event: WorkerFetchEvent) => void): void;
  addEventListener(name: 'sync', listener: (event: WorkerSyncEvent) => void): void;
  addEventListener(name: 'message', listener: (event: WorkerMessageEvent) => void): void;
}
/** What the API writes into the worker's file: api/pages/meter-reader-page.ts. */
export interface PageFiles {
  readonly version: string;
  readonly index: string;
  readonly files: readonly string[];
}

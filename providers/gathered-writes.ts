/**
 * Creations of bills that arrive together go to the provider together. Ten thousand readings make ten thousand bills,
 * each written by its own link's activity, and the provider's rate limit is what they all wait for; a bulk takes 25 of
 * them in three calls. Each caller still gets what `putRequest` promises: the request as it is there, or the failure of
 * its own row.
 *
 * A creation that comes alone goes out alone, at once. While others are being sent, those that come gather, and go when
 * all of these have been answered, when a bulk is full, or after three quarters of a second. It is Nagle's rule:
 * whoever waits, waits for something that is under way. Sales, charge updates and everything else pass through
 * untouched.
 *
 * Why a repeat is safe (F2). A row is `unknown` whenever the bulk may have been taken, and the activity that repeats
 * reads by id before it writes (activities/links/link-request.ts). If it finds nothing because the bulk is late, it
 * writes the same content under the same id, and both may land. A row that comes second fails there on its id, and the
 * activity's read after a refusal recognises its own request; a single write that comes second is an update that
 * changes nothing. A late row never writes over anything, so unlike a late single write it cannot undo a charge update.
 *
 * What a search shows has no ETag. A charge update of such a bill therefore reads it first
 * (activities/links/update-request.ts).
 */
import { followBulk, sendBulk } from './bulk-write.ts';
import {
  ProviderFailure,
  type BulkLimits,
  type CallLimits,
  type Provider,
  type ProviderRequest,
  type RequestWrite,
} from './provider.ts';
import { asError, createWaitingWrite, notSent, type WaitingWrite } from './waiting-write.ts';

/** A bulk costs three calls where one look is enough, and a fourth where it is not. */
const FEWEST_ROWS = 5;
/** A quarter of a call's time; more than half is left for the write itself. */
const GATHER_AT_MOST_MS = 750;
/**
 * How long writes go singly after a bulk that was not permitted or decided less than half of its rows in time: a bank
 * whose bulks take longer than a call would make every bill `unknown`.
 */
const SINGLY_FOR_MS = 60_000;

export function gatherWrites(provider: Provider): Provider {
  const { bulk } = provider;
  if (bulk === undefined) return provider;
  const gather = createGathering(provider, bulk);
  return {
    ...provider,
    putRequest: async (write, call) =>
      write.creates === true && write.baseline === undefined && write.kind === bulk.kind
        ? gather(write, call)
        : provider.putRequest(write, call),
  };
}

function createGathering(provider: Provider, { mostRows }: BulkLimits) {
  let waiting: WaitingWrite[] = [];
  let timer: NodeJS.Timeout | undefined;
  const goOn = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const rows = waiting;
    waiting = [];
    sending.send(rows);
  };
  const sending = createSending(provider, goOn);
  return async (write: RequestWrite, call: CallLimits): Promise<ProviderRequest> => {
    const row = createWaitingWrite(write, call);
    waiting = waiting.filter((one) => !one.hasEnded());
    // A bulk with one id twice would be refused whole.
    const isTwice = waiting.some((one) => one.write.requestId === write.requestId);
    if (isTwice || sending.isFree()) sending.send([row]);
    else {
      waiting.push(row);
      timer ??= setTimeout(goOn, GATHER_AT_MOST_MS);
      if (waiting.length >= mostRows) goOn();
    }
    return row.answer;
  };
}

interface BulkDispatcher {
  /** Nothing is under way that would be worth waiting for. */
  isFree(): boolean;
  /** Sends the rows that are still in time: as a bulk where that saves calls, otherwise each alone. */
  send(rows: readonly WaitingWrite[]): void;
}

/** `whenFree` is called whenever the last of what was being sent has been answered. */
function createSending(provider: Provider, whenFree: () => void): BulkDispatcher {
  let underWay = 0;
  let singlyUntil = -Infinity;
  const isSingly = (): boolean => performance.now() < singlyUntil;

  /** The reads that follow a bulk do not count: they delay no other write. */
  const underWayWhile = async <T>(work: Promise<T>): Promise<T> => {
    underWay += 1;
    try {
      return await work;
    } finally {
      underWay -= 1;
      if (underWay === 0) whenFree();
    }
  };
  const alone = async (row: WaitingWrite): Promise<void> =>
    underWayWhile(row.endBy(async (write, call) => provider.putRequest(write, call)));

  const together = async (rows: readonly WaitingWrite[]): Promise<void> => {
    let helped = true;
    try {
      const bulk = await underWayWhile(sendBulk(provider, rows));
      helped = (await followBulk(provider, bulk)) * 2 >= rows.length;
    } catch (error) {
      const failure = asError(error);
      const refused = failure instanceof ProviderFailure && isRefused(failure);
      helped = !(failure instanceof ProviderFailure && isCallRefused(failure));
      if (refused) apart(rows, failure);
      else for (const row of rows) row.end(failure);
    }
    if (!helped) singlyUntil = performance.now() + SINGLY_FOR_MS;
  };

  /**
   * Some rows may have caused the refusal of all. If the refusal names them, the others are sent together again;
   * otherwise all go singly.
   */
  const apart = (rows: readonly WaitingWrite[], { reasons }: ProviderFailure): void => {
    const isNamed = ({ write }: WaitingWrite): boolean => reasons.some((reason) => reason.startsWith(write.requestId));
    const named = rows.filter(isNamed);
    for (const row of named.length > 0 ? named : rows) send([row]);
    if (named.length > 0) send(rows.filter((row) => !isNamed(row)));
  };

  const send = (rows: readonly WaitingWrite[]): void => {
    const timely = rows.filter(endIfLate);
    if (timely.length >= FEWEST_ROWS && !isSingly()) void together(timely);
    else for (const row of timely) void alone(row);
  };
  return { isFree: () => underWay === 0 || isSingly(), send };
}

function isRefused({ kind }: ProviderFailure): boolean {
  return kind === 'refused' || kind === 'stale';
}

/**
 * The bulk call itself is not permitted or loses its answer. A fault of a row is a 400, or was found before sending.
 */
function isCallRefused(failure: ProviderFailure): boolean {
  const { kind, status } = failure;
  return kind === 'unknown' || (isRefused(failure) && status !== undefined && status !== 400);
}

/** A row with too little time left ends now, unsent. */
function endIfLate(row: WaitingWrite): boolean {
  if (row.isLate()) row.end(notSent('too little time left to write'));
  return !row.hasEnded();
}

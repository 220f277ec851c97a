/**
 * Server-Sent Events over fetch, because EventSource cannot send a key. Resumes with Last-Event-ID, connects again with
 * growing pauses, and takes a stream that is silent for too long for dead.
 */
import { refusalOf } from './api-call.js';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** The API sends a comment every 15 s: two missed ones and some. */
const SILENT_MS = 40_000;

/**
 * @typedef {{ readonly id: string, readonly name: string, readonly data: string }} ServerEvent
 * @typedef {{ readonly is: 'live' } | { readonly is: 'reconnecting' } | { readonly is: 'refused', readonly because:
 * string }} Connection
 *
 * @typedef {object} Listening
 * @property {string} url
 * @property {string} authorization
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(connection: Connection) => void} onConnection
 */

/**
 * Reads until the API refuses for good, which only a wrong key or an unknown link makes it do.
 * @param {Listening} listening
 * @returns {Promise<void>}
 */
export async function listen({ url, authorization, onEvent, onConnection }) {
  let lastId = '';
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const ended = await readOnce({
      url,
      headers: { authorization, accept: 'text/event-stream', ...(lastId === '' ? {} : { 'last-event-id': lastId }) },
      onOpen: () => {
        pauseMs = FIRST_PAUSE_MS;
        onConnection({ is: 'live' });
      },
      onEvent: (event) => {
        lastId = event.id;
        onEvent(event);
      },
    });
    if (ended.is === 'refused') {
      onConnection(ended);
      return;
    }
    onConnection({ is: 'reconnecting' });
    // Spread out, so that a restarted API does not meet all its tills in the same instant.
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)));
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/**
 * @param {{ url: string, headers: Record<string, string>, onOpen: () => void, onEvent: (event: ServerEvent) => void }}
 * attempt
 * @returns {Promise<Connection>} Why it ended.
 */
async function readOnce({ url, headers, onOpen, onEvent }) {
  const silence = new AbortController();
  let watchdog = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const answer = await fetch(url, { headers, signal: silence.signal, cache: 'no-store' });
    if ([400, 401, 403, 404].includes(answer.status)) {
      return { is: 'refused', because: (await refusalOf(answer)).message };
    }
    if (!answer.ok || answer.body === null) return { is: 'reconnecting' };
    onOpen();
    const parser = createEventParser(headers['last-event-id'] ?? '');
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { is: 'reconnecting' };
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silence.abort(), SILENT_MS);
      for (const event of parser(value)) onEvent(event);
    }
  } catch {
    return { is: 'reconnecting' };
  } finally {
    clearTimeout(watchdog);
  }
}

/**
 * Takes the text in whatever pieces it arrives and answers the events that are complete (HTML standard, "parsing an
 * event stream").
 * @param {string} [firstId] An event without an id has the one before it.
 * @returns {(piece: string) => ServerEvent[]}
 */
export function createEventParser(firstId = '') {
  let rest = '';
  let id = firstId;
  let name = '';
  /** @type {string[]} */
  let data = [];

  /** @param {string} line */
  const field = (line) => {
    const colon = line.indexOf(':');
    const key = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (key === 'data') data.push(value);
    else if (key === 'event') name = value;
    else if (key === 'id' && !value.includes('\0')) id = value;
  };

  return (piece) => {
    /** @type {ServerEvent[]} */
    const events = [];
    rest += piece;
    // A carriage return at the very end may be the first half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        field(line);
        continue;
      }
      if (data.length > 0) events.push({ id, name: name === '' ? 'message' : name, data: data.join('\n') });
      name = '';
      data = [];
    }
    return events;
  };
}

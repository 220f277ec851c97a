/**
 * Keeps one link as Relink stores it: an event is a hint to read, never shown as such, so that a missed, doubled or
 * late one does no harm. Reads follow each other; they never overtake.
 */
import { listen } from './event-stream.js';

/**
 * @import { PaymentLink, PaymentRequest, TimelineEntry } from './contract.ts'
 * @import { Connection } from './event-stream.js'
 * @import { RelinkClient } from './relink-client.js'
 */

/**
 * @typedef {object} Snapshot
 * @property {PaymentLink} link
 * @property {PaymentRequest | undefined} sale What is on the code, or else what was there last.
 * @property {readonly TimelineEntry[]} timeline Oldest first.
 *
 * @typedef {object} Watching
 * @property {RelinkClient} relink
 * @property {string} paymentLinkId
 * @property {(snapshot: Snapshot) => void} onChange
 * @property {(connection: Connection) => void} onConnection
 */

const READ_AGAIN_MS = 1_000;

/** @param {Watching} watching */
export function watchLink({ relink, paymentLinkId, onChange, onConnection }) {
  /** @type {TimelineEntry[]} */
  const timeline = [];
  let wanted = 0;
  let reading = false;

  /** Entries are never edited, so only the new ones are read. */
  async function readTimeline() {
    for (;;) {
      const page = await relink.history(paymentLinkId, timeline.at(-1)?.id ?? 0);
      timeline.push(...page.data);
      if (page.next === null) return;
    }
  }

  async function read() {
    // One after the other: the state of the sale is what a till must never show out of order.
    const link = await relink.link(paymentLinkId);
    const current = link.currentPaymentRequestId;
    const [sale] = await Promise.all([
      typeof current === 'string' ? relink.request(current) : relink.newestRequest(paymentLinkId),
      readTimeline(),
    ]);
    onChange({ link, sale, timeline });
  }

  async function readUntilCurrent() {
    if (reading) return;
    reading = true;
    for (let done = 0; done < wanted;) {
      const asked = wanted;
      try {
        await read();
        done = asked;
      } catch {
        onConnection({ is: 'reconnecting' });
        await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
      }
    }
    wanted = 0;
    reading = false;
  }

  const refresh = () => {
    wanted += 1;
    void readUntilCurrent();
  };
  void listen({
    url: `/v1/payment-links/${paymentLinkId}/events`,
    authorization: relink.authorization,
    onEvent: refresh,
    onConnection: (connection) => {
      onConnection(connection);
      // What happened while nobody listened.
      if (connection.is === 'live') refresh();
    },
  });
  return { refresh };
}

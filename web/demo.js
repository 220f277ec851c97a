/**
 * The demo page: wires a till, a printed code, a phone and a timeline to one link. Development only, like the
 * simulator.
 */
import { element, write } from './elements.js';
import { watchLink } from './link-watch.js';
import { createPhone } from './phone.js';
import { createRelinkClient } from './relink-client.js';
import { createSticker } from './sticker.js';
import { createTill } from './till.js';
import { createTimeline } from './timeline.js';

/** @import { DemoConfig, PaymentLink } from './contract.ts' */
/** @import { Connection } from './event-stream.js' */
/** @import { RelinkClient } from './relink-client.js' */

const TRY_AGAIN_MS = 2_000;

async function start() {
  const config = await readConfig();
  const relink = createRelinkClient(config.apiKey);
  const link = await openLink(relink, config);
  const sticker = createSticker({ relink, link });
  createPhone({ simulatorUrl: config.simulatorUrl, printedText: link.qr?.text ?? '' });
  const timeline = createTimeline({ config, link });
  const till = createTill({
    relink,
    paymentLinkId: link.id,
    currency: config.currency ?? 'BRL',
    onCommand: () => watch.refresh(),
  });
  const watch = watchLink({
    relink,
    paymentLinkId: link.id,
    onChange: (snapshot) => {
      showConnection({ is: 'live' });
      till.show(snapshot);
      sticker.show(snapshot);
      timeline.show(snapshot.timeline);
    },
    onConnection: showConnection,
  });
}

/** @returns {Promise<DemoConfig>} */
async function readConfig() {
  const answer = await fetch('/demo/config.json', { cache: 'no-store' });
  /** @type {Partial<DemoConfig>} */
  const { apiKey, simulatorUrl, ...others } = answer.ok ? await answer.json() : {};
  if (apiKey === undefined || simulatorUrl === undefined) {
    throw new Error('The demo is for `npm start`: this API gives the page no key or names no simulated bank.');
  }
  return { apiKey, simulatorUrl, ...others };
}

/**
 * Waits for the bank, without which there is no code to print.
 * @param {RelinkClient} relink
 * @param {DemoConfig} config
 * @returns {Promise<PaymentLink>}
 */
async function openLink(relink, config) {
  const wanted = config.paymentLinkId ?? (await relink.firstTill())?.id ?? (await relink.openLink('Till 1')).id;
  for (;;) {
    const link = await relink.link(wanted);
    if (link.status !== 'opening' && typeof link.qr?.text === 'string') return link;
    write(element('headline', HTMLElement), 'Opening');
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS / 4));
  }
}

/** @param {Connection} connection */
function showConnection(connection) {
  const pill = element('connection', HTMLElement);
  pill.dataset['is'] = connection.is;
  write(pill, connection.is);
  write(element('notice', HTMLElement), connection.is === 'refused' ? connection.because : '');
}

async function startUntilItWorks() {
  for (;;) {
    try {
      await start();
      return;
    } catch (error) {
      const because = error instanceof TypeError ? 'The API does not answer.' : /** @type {Error} */ (error).message;
      write(element('notice', HTMLElement), `${because} Trying again …`);
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

void startUntilItWorks();

/** Takes accounts along while there is a network, and says what this phone holds. */

import { element, write } from '../../elements.js';
import { sentence, timeText } from '../../wording.js';
import { addressed, go, toast } from '../desk.js';
import { allReadings } from '../readings.js';
import { takenRound, takeRound } from '../round.js';

/** @import { AgentClient } from '../agent-client.js' */
/** @import { Desk, View } from '../desk.js' */

/**
 * @param {Pick<Desk, 'setup'>} desk
 * @returns {View}
 */
export function createRoundView({ setup }) {
  const batch = element('batch', HTMLSelectElement);
  const problem = element('round-problem', HTMLElement);
  const progress = element('round-progress', HTMLElement);
  const take = element('take', HTMLButtonElement);

  /**
   * The round that is here is always among them: there may be no network to ask, and its batch may be an old one.
   * @param {Awaited<ReturnType<typeof readBatches>>} found
   * @param {string} chosen
   */
  async function offer(found, chosen) {
    const round = await takenRound();
    const isFound = found.some(({ id }) => id === round?.batchId);
    const here =
      round === undefined || round.batchId === '' || isFound ? [] : [{ id: round.batchId, name: round.name }];
    const every = { id: '', name: 'Every account' };
    batch.replaceChildren(...[every, ...here, ...found].map(({ id, name }) => new Option(name, id)));
    batch.value = [...here, ...found].some(({ id }) => id === chosen) ? chosen : '';
  }

  /** @param {AgentClient} relink */
  async function offerBatches(relink) {
    const found = await readBatches(relink);
    await offer(found, batch.value);
  }

  /** @param {AgentClient} relink */
  async function takeAlong(relink) {
    if (!navigator.onLine) throw new Error('There is no network now.');
    const [batchId, name] = [batch.value, batch.selectedOptions[0]?.text ?? 'Every account'];
    await takeRound(
      { batchId, name },
      async (after) => relink.accounts(batchId, after),
      (taken) => write(progress, `${taken} accounts so far …`),
    );
    // Asked for, not demanded: without it the browser may clear the memory of a phone that is full.
    await navigator.storage?.persist?.().catch(() => false);
    const round = await takenRound();
    toast(`${round?.accounts ?? 0} accounts are on this phone.`);
    // Whoever has gone elsewhere meanwhile is not fetched back.
    if (addressed().view === 'round') go('find');
  }

  element('round-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (take.disabled) return;
    take.disabled = true;
    write(problem, '');
    void setup
      .withClient(takeAlong)
      .catch(async (error) => write(problem, `${sentence(error.message)} ${await whatStays()}`))
      .finally(() => {
        take.disabled = false;
        write(progress, '');
      });
  });

  void navigator.serviceWorker?.ready.then(() => {
    write(element('offline-ready', HTMLElement), 'This page is kept on the phone and opens by itself.');
  });

  return {
    async open() {
      write(problem, '');
      await offer([], (await takenRound())?.batchId ?? '');
      await showFacts();
      if (!navigator.onLine) return;
      await setup.withClient(offerBatches).catch((error) => write(problem, sentence(error.message)));
    },
    refresh: showFacts,
  };
}

/**
 * Batches of the newest page: what an agent goes out with was printed lately.
 * @param {AgentClient} relink
 */
async function readBatches(relink) {
  const { data } = await relink.batches('');
  return data.map(({ id, name, createdAt }) => ({
    id,
    name: `${name}, ${new Date(createdAt).toLocaleDateString('en-CA')}`,
  }));
}

async function whatStays() {
  return (await takenRound()) === undefined ? 'Nothing is taken along.' : 'The round from before is still here, whole.';
}

async function showFacts() {
  const [round, [newest]] = await Promise.all([takenRound(), allReadings()]);
  const words =
    round === undefined
      ? 'Nothing is taken along yet.'
      : `${round.name}: ${round.accounts} accounts, taken along ${timeText(round.takenAt, Date.now())}.`;
  write(element('round-taken', HTMLElement), words);
  if (newest !== undefined) write(element('device', HTMLElement), newest.reading.deviceId);
}

/**
 * The readings that this phone has taken. One is kept for ever as it was typed; only what became of it is added to it.
 */

import { asked, inTransaction, tellChange } from './database.js';

/** @import { KeptReading, NewReading, Reading, ReadingKey, ReadingCounts } from './contract.ts' */

/**
 * Gives the reading its number and stores both in one transaction: no number is used twice or left out, whatever
 * crashes and however many tabs are open. The device's name is made with its first reading and lives and dies with the
 * numbers.
 * @param {NewReading} typed
 * @returns {Promise<number>} The number.
 */
export async function keepReading({ meterId, value, accountId, holder, photo, replaces }) {
  const photoSha256 = photo === undefined ? undefined : await sha256(photo);
  const sequence = await inTransaction(['settings', 'readings', 'photos'], 'readwrite', async (store) => {
    const settings = store('settings');
    const deviceId = String((await asked(settings.get('deviceId'))) ?? crypto.randomUUID());
    const next = Number((await asked(settings.get('sequence'))) ?? 0) + 1;
    /** @type {KeptReading | undefined} As it stands now: its answer may have come while the agent was typing. */
    const replaced = replaces === undefined ? undefined : await asked(store('readings').get(replaces));
    settings.put(deviceId, 'deviceId');
    settings.put(next, 'sequence');
    /** @type {Reading} */
    const reading = {
      deviceId,
      sequence: next,
      meterId,
      value,
      kind: 'actual',
      ...correction(replaced),
      ...(photoSha256 === undefined ? {} : { photoSha256 }),
    };
    /** @type {KeptReading} */
    const kept = {
      sequence: next,
      reading,
      meterId,
      state: 'waiting',
      holder,
      ...(accountId === undefined ? {} : { accountId }),
    };
    store('readings').add(kept);
    if (photoSha256 !== undefined) store('photos').put(photo, photoSha256);
    if (replaced !== undefined) store('readings').put({ ...replaced, replacedBy: next });
    return next;
  });
  tellChange();
  return sequence;
}

/**
 * A reading that the API has, or will have, was mistyped: the new one names it, and is of the same moment. A refused
 * one was never stored: there is nothing to name, and its moment may be what was wrong.
 * @param {KeptReading | undefined} replaced
 * @returns {{ readAt: string, corrects?: ReadingKey }}
 */
function correction(replaced) {
  if (replaced === undefined || isRefused(replaced)) return { readAt: new Date().toISOString() };
  const { deviceId, sequence, readAt } = replaced.reading;
  return { readAt, corrects: { deviceId, sequence } };
}

/** @param {KeptReading} kept */
export function isRefused({ state }) {
  return state === 'refused' || state === 'conflict';
}

/** @returns {Promise<KeptReading[]>} Newest first. */
export async function allReadings() {
  return inTransaction(['readings'], 'readonly', async (store) => {
    /** @type {KeptReading[]} */
    const readings = await asked(store('readings').getAll());
    return readings.toReversed();
  });
}

/**
 * @param {number} sequence
 * @returns {Promise<KeptReading | undefined>}
 */
export async function readingOf(sequence) {
  return inTransaction(['readings'], 'readonly', async (store) => asked(store('readings').get(sequence)));
}

/**
 * The newest that stands for a meter, in the order in which the meter was read.
 * @param {string} meterId
 * @param {number} [besides] The reading that is about to be replaced.
 * @returns {Promise<KeptReading | undefined>}
 */
export async function lastOf(meterId, besides) {
  return inTransaction(['readings'], 'readonly', async (store) => {
    /** @type {KeptReading[]} */
    const readings = await asked(store('readings').index('meterId').getAll(meterId));
    return readings
      .filter((kept) => !isRefused(kept) && kept.replacedBy === undefined && kept.sequence !== besides)
      .toSorted((left, right) => Date.parse(left.reading.readAt) - Date.parse(right.reading.readAt))
      .at(-1);
  });
}

/** @returns {Promise<ReadingCounts>} */
export async function standing() {
  return inTransaction(['readings', 'settings'], 'readonly', async (store) => {
    const states = store('readings').index('state');
    const waiting = await asked(states.count('waiting'));
    const arrived = await asked(states.count('arrived'));
    /** @type {KeptReading[]} */
    const refused = [...(await asked(states.getAll('refused'))), ...(await asked(states.getAll('conflict')))];
    /** @type {string | undefined} */
    const contactAt = await asked(store('settings').get('contactAt'));
    return {
      waiting,
      arrived,
      refused: refused.filter(({ replacedBy }) => replacedBy === undefined).length,
      ...(contactAt === undefined ? {} : { contactAt }),
    };
  });
}

/**
 * @param {string} photoSha256
 * @returns {Promise<Blob | undefined>}
 */
export async function photoOf(photoSha256) {
  return inTransaction(['photos'], 'readonly', async (store) => asked(store('photos').get(photoSha256)));
}

/** @param {Blob} photo */
async function sha256(photo) {
  const digest = await crypto.subtle.digest('SHA-256', await photo.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

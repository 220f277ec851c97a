/**
 * What is on its way. A portion is written down with its key before it is sent, and there is one at a time: until its
 * answer is here, the same readings go out under the same key, from whichever tab and after whatever crash.
 */

import { sentence } from '../wording.js';
import { asked, inTransaction } from './database.js';
import { isRefused } from './readings.js';

/** @import { KeptReading, Portion, Reading, RowResult } from './contract.ts' */

const MOST = 500;
/** @type {Readonly<Record<string, string>>} How the agent knows what the API names. */
const FIELDS = { meterId: 'meter', readAt: 'time', photoSha256: 'photo', corrects: 'correction' };

/**
 * The portion whose answer is awaited, or a new one of what waits.
 * @returns {Promise<{ portion: Portion, readings: Reading[] } | undefined>} Undefined: nothing waits.
 */
export async function nextPortion() {
  return inTransaction(['portions', 'readings'], 'readwrite', async (store) => {
    /** @type {Portion[]} */
    const [unanswered] = await asked(store('portions').getAll());
    if (unanswered !== undefined) {
      /** @type {KeptReading[]} */
      const kept = await Promise.all(unanswered.sequences.map(async (one) => asked(store('readings').get(one))));
      return { portion: unanswered, readings: kept.map(({ reading }) => reading) };
    }
    /** @type {KeptReading[]} In the order of their numbers. */
    const waiting = await asked(store('readings').index('state').getAll('waiting', MOST));
    if (waiting.length === 0) return undefined;
    /** @type {Portion} */
    const portion = { key: crypto.randomUUID(), sequences: waiting.map(({ sequence }) => sequence) };
    store('portions').add(portion);
    return { portion, readings: waiting.map(({ reading }) => reading) };
  });
}

/**
 * Writes down what became of each row and forgets the portion, in one transaction. A row of which the answer says
 * nothing waits on, for the next portion.
 * @param {Portion} portion
 * @param {readonly RowResult[]} results
 */
export async function settlePortion({ key, sequences }, results) {
  await inTransaction(['portions', 'readings', 'settings'], 'readwrite', async (store) => {
    const readings = store('readings');
    for (const { line, result, errors } of results) {
      const sequence = sequences[line - 1];
      if (sequence === undefined) continue;
      // One after the other: the browser keeps the transaction open while one of its requests is.
      // oxlint-disable-next-line no-await-in-loop
      const kept = /** @type {KeptReading} */ (await asked(readings.get(sequence)));
      const settled = { ...kept, ...outcome(result, errors ?? []) };
      // Its correction names a reading that the API does not have: a person has to look at it again.
      if (isRefused(settled)) delete settled.replacedBy;
      readings.put(settled);
    }
    store('portions').delete(key);
    store('settings').put(new Date().toISOString(), 'contactAt');
  });
}

/**
 * @param {RowResult['result']} result
 * @param {NonNullable<RowResult['errors']>} errors
 * @returns {Pick<KeptReading, 'state' | 'because'>}
 */
function outcome(result, errors) {
  if (result === 'stored' || result === 'repeat') return { state: 'arrived' };
  const words = errors.map(({ column, detail }) => [FIELDS[column] ?? column, detail].filter(Boolean).join(': '));
  const otherwise =
    result === 'conflict' ? 'Another reading is there under this number.' : 'The reading was refused without a reason.';
  return { state: result, because: words.length === 0 ? otherwise : words.map(sentence).join(' ') };
}

/** One file of a batch: asked for once at a time, told how far it is, then saved or looked at. */
import { copyOf, part, write } from '../elements.js';
import { wordsOf } from '../office/command.js';
import { fileAddress } from './bills-client.js';
import { fetchFile, save } from './download.js';
import { sizeText } from './words.js';

/**
 * @import { BillsClient } from './bills-client.js'
 * @import { Batch } from './contract.ts'
 */

/**
 * @typedef {object} FileParts
 * @property {BillsClient} bills
 * @property {Batch} batch
 * @property {number} number
 * @property {string} told Which bills are in it.
 * @property {(file: Blob) => void} look
 */

/** @param {FileParts} parts */
export function createFileRow({ bills, batch, number, told, look }) {
  const root = copyOf('batch-file');
  const state = part(root, 'state', HTMLElement);
  const bar = part(root, 'bar', HTMLProgressElement);
  let underWay = false;

  /**
   * @param {number} received
   * @param {number | undefined} total
   */
  function tell(received, total) {
    write(state, total === undefined ? `${sizeText(received)} so far` : `${sizeText(received)} of ${sizeText(total)}`);
    if (total !== undefined) bar.value = received / total;
  }

  /** @param {(file: Blob) => void} then */
  async function fetchThen(then) {
    if (underWay) return;
    underWay = true;
    root.dataset['is'] = 'busy';
    write(state, 'Drawing the first bills …');
    bar.removeAttribute('value');
    bar.hidden = false;
    try {
      const { authorization } = bills;
      const file = await fetchFile({ address: fileAddress(batch.id, number), authorization, onProgress: tell });
      then(file);
      root.dataset['is'] = 'done';
      write(state, sizeText(file.size));
    } catch (error) {
      root.dataset['is'] = 'refused';
      write(state, wordsOf(error));
    }
    bar.hidden = true;
    underWay = false;
  }

  write(part(root, 'name', HTMLElement), told);
  /** @type {readonly (readonly [name: string, then: (file: Blob) => void])[]} */
  const ways = [
    ['save', (file) => save(file, fileName(batch.name, number))],
    ['look', look],
  ];
  for (const [name, then] of ways) {
    const button = part(root, name, HTMLButtonElement);
    button.setAttribute('aria-label', `${button.textContent}: ${told}`);
    button.addEventListener('click', () => void fetchThen(then));
  }
  return root;
}

/**
 * @param {string} name As the office wrote it; a file's name takes less.
 * @param {number} number
 */
function fileName(name, number) {
  const plain = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^-+|-+$/g, '');
  return `${plain === '' ? 'bills' : plain}-${number}.pdf`;
}

/**
 * The printed code, as it lies on the counter: fetched once and shown for good. After every change of a sale it is
 * fetched again and compared byte for byte, because the promise is that it never changes.
 */
import { element, write } from './elements.js';

/** @import { PaymentLink } from './contract.ts' */
/** @import { Snapshot } from './link-watch.js' */
/** @import { RelinkClient } from './relink-client.js' */

/** @param {{ relink: RelinkClient, link: PaymentLink }} parts */
export function createSticker({ relink, link }) {
  const constancy = element('constancy', HTMLElement);
  /** @type {Uint8Array | undefined} */
  let printed;
  /** @type {Set<string>} */
  const sales = new Set();
  let compared = '';
  let changed = false;
  let work = Promise.resolve();
  write(element('crc', HTMLElement), (link.qr?.text ?? '').slice(-4));

  async function print() {
    const bytes = await relink.printedCode(link.id);
    printed = new Uint8Array(bytes);
    const picture = element('printed-code', HTMLImageElement);
    picture.src = URL.createObjectURL(new Blob([bytes], { type: 'image/svg+xml' }));
    picture.hidden = false;
  }

  async function compare() {
    if (printed === undefined) return print();
    changed ||= !sameBytes(printed, new Uint8Array(await relink.printedCode(link.id)));
    constancy.dataset['is'] = changed ? 'changed' : 'same';
    const count = `${sales.size} ${sales.size === 1 ? 'sale' : 'sales'}`;
    write(
      constancy,
      changed ? 'This code has CHANGED: report it.' : `Printed once. Byte for byte the same after ${count}.`,
    );
  }

  return {
    /** @param {Snapshot} snapshot */
    show({ sale }) {
      if (sale !== undefined) sales.add(sale.id);
      const state = sale === undefined ? 'none' : `${sale.id} ${sale.status} ${sale.revision}`;
      if (state === compared) return;
      compared = state;
      work = work.then(compare).catch(() => {
        // What could not be read now is read with the next snapshot.
        compared = '';
      });
    },
  };
}

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
function sameBytes(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

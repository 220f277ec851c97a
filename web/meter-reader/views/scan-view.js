/** The camera, until it has seen a code of this round. A code of somewhere else is named and looked past. */

import { element, write } from '../../elements.js';
import { look } from '../camera.js';
import { addressOf, complain, go } from '../desk.js';
import { accountByCode } from '../round.js';

/** @import { View } from '../desk.js' */

const HOW = 'Hold the phone so that the whole code is in the frame.';

/** @returns {View} */
export function createScanView() {
  const video = element('video', HTMLVideoElement);
  const words = element('scan-words', HTMLElement);
  const anyway = element('scan-anyway', HTMLAnchorElement);
  /** Counts the visits: a camera that opens after its visit has ended is closed again. */
  let visit = 0;
  /** @type {(() => void) | undefined} */
  let stop;

  /** @param {string} text */
  async function judge(text) {
    const account = await accountByCode('printedCode', text);
    if (account !== undefined) {
      stop?.();
      navigator.vibrate?.(60);
      go('account', account.id);
      return;
    }
    write(words, 'This code is not in the round on this phone.');
    anyway.href = addressOf('outside', '');
    anyway.hidden = false;
  }

  return {
    async open() {
      visit += 1;
      const mine = visit;
      write(words, HOW);
      write(element('scan-problem', HTMLElement), '');
      anyway.hidden = true;
      try {
        const opened = await look(video, (text) => void (mine === visit && judge(text).catch(complain)));
        if (mine === visit) stop = opened;
        else opened();
      } catch (error) {
        write(element('scan-problem', HTMLElement), /** @type {Error} */ (error).message);
        write(words, '');
      }
    },
    leave() {
      visit += 1;
      stop?.();
      stop = undefined;
    },
  };
}

/** Whose meter it is: by the camera, by the short code, or by looking for words. */

import { copyOf, element, part, write } from '../../elements.js';
import { addressOf, go } from '../desk.js';
import { accountByCode, readingsOfRound, search, takenRound } from '../round.js';
import { judgeShortCode, shortCodeCharacters, spacedShortCode } from '../short-code.js';

/** @import { ServiceAccount } from '../contract.ts' */
/** @import { View } from '../desk.js' */

/** @returns {View} */
export function createFindView() {
  const code = element('short-code', HTMLInputElement);
  const problem = element('code-problem', HTMLElement);
  const anyway = element('code-anyway', HTMLAnchorElement);
  const words = element('search', HTMLInputElement);

  async function judge() {
    const judged = judgeShortCode(code.value);
    anyway.hidden = true;
    if (!judged.ok) return write(problem, judged.words);
    const account = await accountByCode('shortCode', judged.code);
    if (account !== undefined) return go('account', account.id);
    const spaced = spacedShortCode(judged.code);
    write(problem, `${spaced} is a right code, but it is not in the round on this phone.`);
    anyway.href = addressOf('outside', spaced);
    anyway.hidden = false;
  }

  code.addEventListener('input', () => {
    write(problem, '');
    anyway.hidden = true;
    const typed = shortCodeCharacters(code.value);
    // Only at the end of the text: hyphens that appear must not move the cursor of someone who repairs the middle.
    if (code.selectionStart === code.value.length) code.value = spacedShortCode(typed);
    if (typed.length === 9) void judge();
  });
  element('code-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    void judge();
  });
  element('search-form', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
  words.addEventListener('input', () => void showFound(words.value));

  return {
    async open() {
      code.value = '';
      words.value = '';
      write(problem, '');
      anyway.hidden = true;
      await showFound('');
      await showProgress();
    },
    async refresh() {
      await showProgress();
    },
  };
}

/** @param {string} typed */
async function showFound(typed) {
  const [accounts, read] = await Promise.all([search(typed), readInThisRound()]);
  // Someone who types on has asked for something else meanwhile.
  if (element('search', HTMLInputElement).value !== typed) return;
  element('found', HTMLElement).replaceChildren(...accounts.map((account) => foundItem(account, read.has(account.id))));
  const nothing = typed.trim() !== '' && accounts.length === 0;
  write(element('search-empty', HTMLElement), nothing ? 'Nobody in this round is found with these words.' : '');
}

/**
 * @param {ServiceAccount} account
 * @param {boolean} isRead
 */
function foundItem({ id, holder, address }, isRead) {
  const item = copyOf('found-account');
  part(item, 'open', HTMLAnchorElement).href = addressOf('account', id);
  write(part(item, 'holder', HTMLElement), holder);
  write(part(item, 'address', HTMLElement), address.join(', '));
  write(part(item, 'account', HTMLElement), `Account ${id}`);
  part(item, 'read', HTMLElement).hidden = !isRead;
  return item;
}

async function showProgress() {
  const [round, read] = await Promise.all([takenRound(), readInThisRound()]);
  element('no-round', HTMLElement).hidden = round !== undefined;
  element('progress', HTMLElement).hidden = round === undefined;
  if (round === undefined) return;
  const bar = element('progress-bar', HTMLProgressElement);
  bar.max = Math.max(1, round.accounts);
  bar.value = read.size;
  write(element('progress-words', HTMLElement), `${read.size} of ${round.accounts} accounts read on this round`);
}

async function readInThisRound() {
  const readings = await readingsOfRound();
  return new Set(readings.flatMap(({ accountId }) => (accountId === undefined ? [] : [accountId])));
}

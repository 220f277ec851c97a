/**
 * What was used on the last bills, side by side, so that the eye sees what is unusual. The heights are for looking at
 * only.
 */
import { make } from '../../elements.js';
import { momentText } from '../words.js';

/** @import { Bill } from '../contract.ts' */

/**
 * @param {HTMLElement} root
 * @param {Bill} bill
 * @param {readonly Bill[]} found Of its account, the newest first; it may be among them.
 */
export function drawUsageBars(root, bill, found) {
  const before = found.filter(({ id, number }) => id !== bill.id && number < bill.number).toReversed();
  const shown = [...before, bill];
  const most = Math.max(...shown.map(({ usage }) => Number(usage)), 0);
  root.hidden = before.length === 0;
  root.replaceChildren(
    ...shown.map((one) => {
      const item = make('li', '', '');
      item.dataset['is'] = one.id === bill.id ? 'this' : 'before';
      item.title = `Bill ${one.number}, up to ${momentText(one.upTo)}`;
      const column = make('span', 'column', '');
      column.setAttribute('aria-hidden', 'true');
      column.style.height = `${most === 0 ? 0 : Math.max(0, (Number(one.usage) / most) * 100)}%`;
      const place = make('span', 'place', '');
      place.append(column);
      item.append(
        place,
        make('strong', '', one.usage),
        make('small', '', one.id === bill.id ? 'this bill' : `bill ${one.number}`),
      );
      return item;
    }),
  );
}

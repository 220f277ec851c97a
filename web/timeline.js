/** What happened on this code, newest first, and the way to its workflow. */
import { element, make } from './elements.js';
import { sentence, timeText } from './wording.js';

/** @import { DemoConfig, PaymentLink, TimelineEntry } from './contract.ts' */

const MOST_ROWS = 100;

/** @param {{ config: DemoConfig, link: PaymentLink }} parts */
export function createTimeline({ config, link }) {
  const list = element('timeline', HTMLElement);
  /** @type {Set<string>} */
  const known = new Set();
  showWorkflow(config, link);

  return {
    /** @param {readonly TimelineEntry[]} entries */
    show(entries) {
      const first = known.size === 0;
      // The order of entries of one instant is the order in which they were given.
      const newestFirst = entries.toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at)).toReversed();
      const rows = newestFirst.slice(0, MOST_ROWS).map((entry) => {
        const key = JSON.stringify(entry);
        const row = rowOf(entry);
        if (!first && !known.has(key)) row.classList.add('new');
        known.add(key);
        return row;
      });
      list.replaceChildren(...rows);
      list.hidden = rows.length === 0;
      element('timeline-empty', HTMLElement).hidden = rows.length > 0;
    },
  };
}

/** @param {TimelineEntry} entry */
function rowOf({ at, what, sentence: words, actor }) {
  const row = document.createElement('li');
  row.dataset['what'] = what;
  const time = /** @type {HTMLTimeElement} */ (make('time', 'when', timeText(at, Date.now())));
  time.dateTime = at;
  row.append(time, make('span', 'what', sentence(words)), make('span', 'actor', actor ?? ''));
  return row;
}

/**
 * @param {DemoConfig} config
 * @param {PaymentLink} link
 */
function showWorkflow({ temporalUiUrl, temporalNamespace }, { workflowId }) {
  if (temporalUiUrl === undefined) return;
  const open = element('workflow', HTMLAnchorElement);
  const namespace = temporalNamespace ?? 'default';
  open.href = `${temporalUiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
  open.hidden = false;
}

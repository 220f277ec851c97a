/** What happened on this code, newest first, and the way to its workflow. */
import { element, make } from './elements.js';
import { sentence, timeText } from './wording.js';

/** @import { DemoConfig, PaymentLink, TimelineEntry } from './contract.ts' */

const MOST_ROWS = 100;

/** @param {{ config: DemoConfig, link: PaymentLink }} parts */
export function createTimeline({ config, link }) {
  const list = element('timeline', HTMLElement);
  /** @type {number | undefined} */
  let newestKnown;
  showWorkflow(config, link);

  return {
    /** @param {readonly TimelineEntry[]} entries */
    show(entries) {
      const known = newestKnown ?? Infinity;
      newestKnown = entries.at(-1)?.id ?? 0;
      const newestFirst = entries.slice(-MOST_ROWS).toReversed();
      const rows = newestFirst.map((entry) => {
        const row = rowOf(entry);
        if (entry.id > known) row.classList.add('new');
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

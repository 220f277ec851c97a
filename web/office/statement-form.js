/** Imports a bank's statement: a CSV whose columns are named here, or a camt.053 that says by itself what is what. */
import { element, write } from '../elements.js';
import { createCommand } from './command.js';

/** @import { Desk } from './office.js' */

/**
 * @param {Desk} desk
 * @param {(runId: string) => void} onMatched
 */
export function createStatementForm(desk, onMatched) {
  const form = element('statement-form', HTMLFormElement);
  const file = element('statement-file', HTMLInputElement);
  const columns = element('csv-columns', HTMLFieldSetElement);
  const answer = element('statement-answer', HTMLElement);
  const command = createCommand({
    button: element('statement-send', HTMLButtonElement),
    problem: element('statement-problem', HTMLElement),
  });
  const isXml = () => /\.xml$/i.test(file.files?.[0]?.name ?? '');
  file.addEventListener('change', () => {
    columns.hidden = isXml();
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const chosen = file.files?.[0];
    if (chosen === undefined) return;
    write(answer, '');
    void command.send(async (key) => {
      const bytes = new Blob([chosen], { type: isXml() ? 'application/xml' : 'text/csv' });
      const { lines, reconciliationId } = await desk.office.importStatement(bytes, mapping(), key);
      write(
        answer,
        lines === 1 ? '1 line is stored. It is being matched.' : `${lines} lines are stored. They are being matched.`,
      );
      if (reconciliationId !== null) onMatched(reconciliationId);
    });
  });

  function mapping() {
    const named = new URLSearchParams();
    if (isXml()) return named;
    for (const field of columns.querySelectorAll('input, select')) {
      if ((field instanceof HTMLInputElement || field instanceof HTMLSelectElement) && field.value.trim() !== '') {
        named.set(field.name, field.value.trim());
      }
    }
    return named;
  }
}

/** Why something was refused: the API's own sentence, and below it each line, field or parameter that is to blame. */
import { Refusal } from '../api-call.js';
import { make } from '../elements.js';
import { wordsOf } from '../office/command.js';
import { sentence } from '../wording.js';
import { plural } from './words.js';

/** @import { FieldError } from '../contract.ts' */

/** More are of no use at once: who corrects so many sends the file again. */
const MOST = 100;

/** @type {Readonly<Record<string, string>>} */
const PARAMETERS = { name: 'Name', kind: 'Paper', level: 'Level', tariffId: 'Tariff', dueInDays: 'Due in days' };

/**
 * @param {HTMLElement} root
 * @param {unknown} error Undefined: nothing is wrong.
 */
export function showProblem(root, error) {
  root.hidden = error === undefined;
  if (error === undefined) {
    root.replaceChildren();
    return;
  }
  const { detail, title, errors = [] } = error instanceof Refusal ? error.problem : {};
  if (errors.length === 0) {
    root.replaceChildren(make('p', '', wordsOf(error)));
    return;
  }
  const shown = errors.slice(0, MOST);
  const ofLines = shown.some(({ line }) => line !== undefined);
  const inGeneral = ofLines ? 'Nothing of this file is taken.' : (title ?? wordsOf(error));
  const words = detail === undefined || detail === 'See errors.' ? inGeneral : detail;
  const rest = errors.length > MOST ? [make('p', '', `${plural(errors.length - MOST, 'more error')} in it.`)] : [];
  root.replaceChildren(make('p', '', sentence(words)), ofLines ? tableOf(shown) : listOf(shown), ...rest);
}

/** @param {readonly FieldError[]} errors */
function tableOf(errors) {
  const table = make('table', 'rows', '');
  const head = make('tr', '', '');
  for (const name of ['Line', 'Column', 'Why']) head.append(headOf(name));
  const section = make('thead', '', '');
  section.append(head);
  const body = make('tbody', '', '');
  for (const { line, column = '', detail = '' } of errors) {
    body.append(
      rowOf([
        ['Line', line === undefined ? '' : String(line)],
        ['Column', make('code', '', column)],
        ['Why', sentence(detail)],
      ]),
    );
  }
  table.append(section, body);
  return table;
}

/** @param {readonly FieldError[]} errors */
function listOf(errors) {
  const list = make('ul', 'blames', '');
  for (const { pointer = '', parameter, detail = '' } of errors) {
    const where =
      parameter === undefined ? pointer.slice(1).replaceAll('/', ', ') : (PARAMETERS[parameter] ?? parameter);
    list.append(make('li', '', where === '' ? sentence(detail) : sentence(`${where}: ${detail}`)));
  }
  return list;
}

/** @param {string} name */
function headOf(name) {
  const cell = make('th', '', name);
  cell.setAttribute('scope', 'col');
  return cell;
}

/**
 * A row of a table; on a phone each cell stands on a line of its own, under its column's name.
 * @param {readonly (readonly [column: string, content: string | Node])[]} cells
 */
export function rowOf(cells) {
  const row = make('tr', '', '');
  for (const [column, content] of cells) {
    const cell = make('td', '', '');
    cell.dataset['column'] = column;
    cell.append(content);
    row.append(cell);
  }
  return row;
}

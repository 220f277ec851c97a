/** Readings that came by file: the form, the uploads of this tab, and what became of one of them. */
import { Refusal } from '../api-call.js';
import { element, make, write } from '../elements.js';
import { createCommand } from '../office/command.js';
import { dayAndTime } from '../office/words.js';
import { createFileDrop, typed } from './file-drop.js';
import { showProblem } from './problem-box.js';
import { redraw } from './redraw.js';
import { offerSample, sampleReadings } from './sample-files.js';
import { keepUpload, keptUploads } from './session.js';
import { createUploadShown } from './upload-shown.js';
import { plural } from './words.js';

/**
 * @import { Desk } from './bills.js'
 * @import { KeptUpload } from './contract.ts'
 */

/** @param {Desk} desk */
export function createReadings(desk) {
  const shown = createUploadShown(desk);
  const missing = element('upload-missing', HTMLElement);
  prepareForm(desk);

  /** @param {string} id */
  async function show(id) {
    try {
      const moving = await shown.refresh(id);
      write(missing, '');
      return moving;
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 404) throw error;
      shown.hide();
      write(missing, 'There is no upload of this number.');
      return false;
    }
  }

  return {
    /** @param {string} id Empty: the form. */
    async refresh(id) {
      element('readings-new', HTMLElement).hidden = id !== '';
      element('upload-back', HTMLElement).hidden = id === '';
      const uploads = keptUploads().map((upload) => ({ upload, chosen: upload.id === id }));
      redraw(element('uploads', HTMLElement), uploads, ({ upload }) => upload.id, itemOf);
      element('uploads-empty', HTMLElement).hidden = uploads.length > 0;
      if (id !== '') return show(id);
      shown.hide();
      write(missing, '');
      return false;
    },
  };
}

/** @param {Desk} desk */
function prepareForm(desk) {
  const problem = element('readings-problem', HTMLElement);
  const drop = createFileDrop(element('readings-drop', HTMLElement));
  const command = createCommand({
    button: element('readings-send', HTMLButtonElement),
    problem,
    tell: (error) => showProblem(problem, error),
  });
  offerSample(element('readings-sample', HTMLAnchorElement), () => sampleReadings(Date.now()));
  element('readings-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const file = drop.file();
    if (file === undefined) {
      showProblem(problem, new Error('Drop or choose the file with the readings first.'));
      element('readings-file', HTMLInputElement).focus();
      return;
    }
    void command.send(async (key) => {
      const upload = await desk.bills.sendReadings(await typed(file, 'application/json'), key);
      keepUpload({ ...upload, name: file.name, at: new Date().toISOString() });
      drop.clear();
      desk.go(`readings/${encodeURIComponent(upload.id)}`);
    });
  });
}

/** @param {{ upload: KeptUpload, chosen: boolean }} item */
function itemOf({ upload: { id, name, at, rows }, chosen }) {
  const item = make('li', '', '');
  const link = /** @type {HTMLAnchorElement} */ (make('a', '', name));
  link.href = `#readings/${encodeURIComponent(id)}`;
  if (chosen) link.setAttribute('aria-current', 'true');
  const refused = rows.refused + rows.conflict;
  const facts = `${dayAndTime(at)}, ${plural(rows.total, 'reading')}${refused === 0 ? '' : `, ${refused} not usable`}`;
  item.append(link, make('p', 'by', facts));
  return item;
}

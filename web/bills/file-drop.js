/** A file that is dropped or chosen. What is in it decides its type: names of files say many things. */
import { part, write } from '../elements.js';
import { sizeText } from './words.js';

/** A file that misses the field would make the browser leave the page. */
for (const name of ['dragover', 'drop']) document.addEventListener(name, (event) => event.preventDefault());

/** @param {HTMLElement} root */
export function createFileDrop(root) {
  const input = part(root, 'file', HTMLInputElement);
  const name = part(root, 'name', HTMLElement);
  const asks = name.textContent ?? '';

  function show() {
    const file = input.files?.[0];
    root.classList.toggle('chosen', file !== undefined);
    write(name, file === undefined ? asks : `${file.name}, ${sizeText(file.size)}`);
  }
  input.addEventListener('change', show);
  for (const event of ['dragenter', 'dragover']) root.addEventListener(event, () => root.classList.add('over'));
  for (const event of ['dragleave', 'drop']) root.addEventListener(event, () => root.classList.remove('over'));
  root.addEventListener('drop', (event) => {
    const dropped = event.dataTransfer?.files;
    if (dropped === undefined || dropped.length === 0) return;
    input.files = dropped;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });

  return {
    file: () => input.files?.[0],
    clear: () => {
      input.value = '';
      show();
    },
  };
}

/**
 * @param {Blob} file
 * @param {string} json The type of what begins as JSON; everything else is a CSV.
 * @param {string} [others] The characters of a CSV that is not UTF-8: spreadsheets save in those of their country.
 */
export async function typed(file, json, others) {
  const begins = (await file.slice(0, 256).text()).replace(/^\uFEFF/, '').trimStart();
  if (/^[[{]/.test(begins)) return new Blob([file], { type: json });
  const named = others === undefined || isUtf8(await file.arrayBuffer()) ? '' : `; charset=${others}`;
  return new Blob([file], { type: `text/csv${named}` });
}

/** @param {ArrayBuffer} bytes */
function isUtf8(bytes) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

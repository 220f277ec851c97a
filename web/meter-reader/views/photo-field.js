/** A photo of the register, for the agent to look at later. It stays here; its fingerprint goes with the reading. */

import { element } from '../../elements.js';

export function createPhotoField() {
  const input = element('photo', HTMLInputElement);
  const shown = element('photo-shown', HTMLImageElement);

  function show() {
    const file = input.files?.[0];
    if (shown.src !== '') URL.revokeObjectURL(shown.src);
    element('photo-taken', HTMLElement).hidden = file === undefined;
    if (file === undefined) shown.removeAttribute('src');
    else shown.src = URL.createObjectURL(file);
  }

  input.addEventListener('change', show);

  return {
    clear() {
      input.value = '';
      show();
    },
    /** @returns {{ photo?: Blob }} */
    taken() {
      const file = input.files?.[0];
      return file === undefined ? {} : { photo: file };
    },
  };
}

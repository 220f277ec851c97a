/** Finds and makes elements. A missing one is a mistake in the page and says so at once. */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with the id ${id}`);
  return found;
}

/**
 * Written only when it differs, so that a screen reader is told changes and nothing else.
 * @param {HTMLElement} target
 * @param {string} text
 */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
  target.hidden = text === '';
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} text
 */
export function make(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/**
 * Starts an animation from its beginning, also while it still runs.
 * @param {HTMLElement} target
 * @param {string} className
 */
export function flash(target, className) {
  target.classList.remove(className);
  // Reading the size makes the browser notice that the class was gone.
  void target.offsetWidth;
  target.classList.add(className);
}

/**
 * A copy of a template's only element.
 * @param {string} template The id.
 */
export function copyOf(template) {
  const copy = element(template, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`the template ${template} is empty`);
  return copy;
}

/**
 * @template {HTMLElement} T
 * @param {HTMLElement} root
 * @param {string} name Its data-part.
 * @param {new () => T} type
 * @returns {T}
 */
export function part(root, name, type) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof type)) throw new Error(`there is no ${type.name} that is the part ${name}`);
  return found;
}

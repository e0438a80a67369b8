// @ts-check
/// <reference lib="dom" />

/**
 * Makes an element; texts come from outside and stay texts.
 *
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no ${id}`);
  return found;
}

/** @param {string} id */
export function input(id) {
  return /** @type {HTMLInputElement} */ (byId(id));
}

/** @param {string} id @param {string} type @param {() => void} listener */
export function on(id, type, listener) {
  byId(id).addEventListener(type, listener);
}

/** The value of a group of radio buttons; undefined when the page has none. @param {string} group */
export function chosen(group) {
  const checked = document.querySelector(`#${group} input:checked`);
  return checked instanceof HTMLInputElement ? checked.value : undefined;
}

/** @param {string} group @param {string} value */
export function choose(group, value) {
  const radio = document.querySelector(`#${group} input[value="${value}"]`);
  if (radio instanceof HTMLInputElement) radio.checked = true;
}

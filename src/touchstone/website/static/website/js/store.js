// @ts-check
// What this browser remembers for the reader; nothing of it leaves the device.

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return localStorage.getItem(`touchstone.${name}`);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} value null forgets it */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`touchstone.${name}`);
    else localStorage.setItem(`touchstone.${name}`, value);
  } catch {
    // Storage may be forbidden; then the choice lasts for this page only.
  }
}

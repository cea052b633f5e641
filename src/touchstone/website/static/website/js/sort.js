// @ts-check
// Sorts a table of prices in place. The headings stay links: without scripts, and in a new tab, the server sorts.

const UNKNOWN = -Infinity;

/** @typedef {{ name: string, descending: boolean }} Order */

/** What `?sort=-day` asks for. @param {string} search @returns {Order} */
export function orderIn(search) {
  const asked = new URLSearchParams(search).get("sort") ?? "symbol";
  return { name: asked.replace(/^-/, ""), descending: asked.startsWith("-") };
}

/** The number in a cell such as −0.36 % or 58,633.77 CHF. @param {string} text */
export function numberIn(text) {
  const digits = text.replaceAll("\u2212", "-").replace(/[^\d.-]/g, "");
  return digits && !Number.isNaN(Number(digits)) ? Number(digits) : UNKNOWN;
}

/** Rows in their new order; equal ones, and those without a figure, as they were. @template T @param {T[]} rows @param {(row: T) => string | number} key @param {boolean} descending */
export function sorted(rows, key, descending) {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  const way = descending ? -1 : 1;
  keyed.sort((one, other) => (one.key < other.key ? -way : one.key > other.key ? way : 0));
  return keyed.map(({ row }) => row);
}

/** @param {HTMLTableRowElement} row @param {number} column */
function keyOf(row, column) {
  const text = row.cells[column]?.textContent ?? "";
  return column === 0 ? (row.dataset.symbol ?? text) : numberIn(text);
}

/** @param {HTMLTableElement} table */
function listen(table) {
  const body = table.tBodies[0];
  const state = table.parentElement?.querySelector("[data-sort-state]");
  const links = /** @type {HTMLAnchorElement[]} */ ([...table.querySelectorAll("a[data-sort]")]);
  let shown = location.search;

  /** @param {Order} order */
  const show = ({ name, descending }) => {
    shown = location.search;
    const link = links.find((each) => each.dataset.sort === name) ?? links[0];
    const heading = /** @type {HTMLTableCellElement} */ (link.closest("th"));
    body.append(...sorted([...body.rows], (row) => keyOf(row, heading.cellIndex), descending));
    for (const each of links) {
      const own = each === link;
      const cell = /** @type {HTMLTableCellElement} */ (each.closest("th"));
      if (own) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
      each.search = `?sort=${own && !descending ? "-" : ""}${each.dataset.sort}`;
    }
    if (state) state.textContent = `Sorted by ${link.textContent}, ${descending ? "descending" : "ascending"}.`;
  };

  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      history.pushState(null, "", link.href);
      show(orderIn(location.search));
    });
  }
  addEventListener("popstate", () => location.search !== shown && show(orderIn(location.search)));
}

/** Let every table with sorting headings sort in place. */
export function startSorting() {
  for (const table of document.querySelectorAll("table[data-sorting]")) listen(/** @type {HTMLTableElement} */ (table));
}

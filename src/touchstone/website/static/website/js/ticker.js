// @ts-check
import { recall, remember } from "./store.js";
import { clock } from "./times.js";

const SILENT_S = 14;

/**
 * @typedef {{ symbol: string, price_text: string, change_text: string, direction: "up" | "down" | "flat",
 *   as_of: string, is_stale: boolean }} Quote
 * @typedef {{ at: string, is_simulated: boolean, quotes: Quote[] }} Tick
 */

/** @param {HTMLTimeElement} place @param {string} at */
function stampTime(place, at) {
  place.dateTime = at;
  place.textContent = clock(new Date(at));
}

/** @param {Quote} quote */
function show(quote) {
  for (const place of document.querySelectorAll(`[data-symbol="${CSS.escape(quote.symbol)}"]`)) {
    place.toggleAttribute("data-stale", quote.is_stale);
    const price = place.querySelector("[data-price]");
    if (price) price.textContent = quote.price_text;
    const asOf = place.querySelector("[data-asof] time");
    if (asOf instanceof HTMLTimeElement) stampTime(asOf, quote.as_of);
    const change = place.querySelector("[data-change]");
    if (!change) continue;
    change.textContent = quote.change_text;
    change.className = `change change--${quote.direction}`;
  }
}

/** Show new prices wherever the page holds them. */
export function startPrices() {
  document.addEventListener("touchstone:tick", (event) => {
    for (const quote of /** @type {CustomEvent<Tick>} */ (event).detail.quotes) show(quote);
  });
}

/** The strip moves only while a script can stop it. @param {HTMLElement} strip */
function startMoving(strip) {
  const pause = /** @type {HTMLButtonElement | null} */ (strip.querySelector("[data-ticker-pause]"));
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  if (!pause) return;
  let isPaused = recall("ticker") === "paused";
  const move = () => {
    if (still.matches) delete strip.dataset.moving;
    else strip.dataset.moving = isPaused ? "paused" : "running";
    pause.setAttribute("aria-pressed", String(isPaused));
    pause.hidden = still.matches;
  };
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    remember("ticker", isPaused ? "paused" : null);
    move();
  });
  still.addEventListener("change", move);
  move();
}

/** The strip says how old its prices are, and greys when nothing new comes. @param {HTMLElement} strip */
function startAging(strip) {
  const asOf = strip.querySelector("[data-ticker-asof] time");
  const stale = /** @type {HTMLElement | null} */ (strip.querySelector("[data-ticker-stale]"));
  let heard_at = Date.now();
  let is_stale = false;
  const age = () => {
    const isOld = is_stale || Date.now() - heard_at > SILENT_S * 1000;
    strip.toggleAttribute("data-stale", isOld);
    if (stale) stale.hidden = !isOld;
  };
  document.addEventListener("touchstone:tick", (event) => {
    const { quotes } = /** @type {CustomEvent<Tick>} */ (event).detail;
    if (!quotes.length) return;
    heard_at = Date.now();
    is_stale = quotes.every((quote) => quote.is_stale);
    const oldest = quotes.map((quote) => quote.as_of).sort()[0];
    if (asOf instanceof HTMLTimeElement) stampTime(asOf, oldest);
    age();
  });
  setInterval(age, 1000);
}

/** The strip of prices on top of the page. @param {HTMLElement} strip */
export function startTicker(strip) {
  startMoving(strip);
  startAging(strip);
}

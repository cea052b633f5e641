// @ts-check
import { recall, remember } from "./store.js";
import { clock } from "./times.js";

const STALE_S = 60;
const SIGNS = /** @type {Record<string, string>} */ ({ USD: "$", EUR: "€", GBP: "£", JPY: "¥" });

/**
 * @typedef {{ symbol: string, price: string | number, change_24h_pct: string | number | null, as_of: string,
 *   simulated?: boolean }} Tick
 */

/** @param {number} value @param {string} currency @param {number} decimals */
export function priceText(value, currency, decimals) {
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const sign = value < 0 ? "−" : "";
  return currency in SIGNS ? `${sign}${SIGNS[currency]}${text}` : `${sign}${text} ${currency}`;
}

/** @param {number | null} value */
export function changeText(value) {
  if (value === null || Number.isNaN(value)) return "–";
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(2)} %`;
}

/** @param {Tick} tick */
function show(tick) {
  const change = tick.change_24h_pct === null ? null : Number(tick.change_24h_pct);
  for (const place of document.querySelectorAll(`[data-symbol="${CSS.escape(tick.symbol)}"]`)) {
    const price = /** @type {HTMLElement | null} */ (place.querySelector("[data-price]"));
    if (price) {
      const { currency = "USD", decimals = "2" } = price.dataset;
      price.textContent = priceText(Number(tick.price), currency, Number(decimals));
    }
    const mark = place.querySelector("[data-change]");
    if (!mark) continue;
    mark.textContent = changeText(change);
    mark.className = `change change--${!change ? "flat" : change > 0 ? "up" : "down"}`;
  }
}

/** The strip of prices: moves, can be paused, says how old it is. @param {HTMLElement} strip */
export function startTicker(strip) {
  const pause = /** @type {HTMLButtonElement | null} */ (strip.querySelector("[data-ticker-pause]"));
  const asOf = strip.querySelector("[data-ticker-asof] time");
  const stale = /** @type {HTMLElement | null} */ (strip.querySelector("[data-ticker-stale]"));
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let as_of = asOf instanceof HTMLTimeElement ? new Date(asOf.dateTime) : new Date(0);

  const move = () => {
    const paused = recall("ticker") === "paused";
    if (still.matches) delete strip.dataset.moving;
    else strip.dataset.moving = paused ? "paused" : "running";
    pause?.setAttribute("aria-pressed", String(paused));
    if (pause) pause.hidden = still.matches;
  };
  const age = () => {
    const isStale = Date.now() - as_of.getTime() > STALE_S * 1000;
    strip.toggleAttribute("data-stale", isStale);
    if (stale) stale.hidden = !isStale;
  };

  pause?.addEventListener("click", () => {
    remember("ticker", recall("ticker") === "paused" ? null : "paused");
    move();
  });
  still.addEventListener("change", move);
  document.addEventListener("touchstone:tick", (event) => {
    const tick = /** @type {CustomEvent<Tick>} */ (event).detail;
    show(tick);
    as_of = new Date(tick.as_of);
    if (asOf instanceof HTMLTimeElement) {
      asOf.dateTime = tick.as_of;
      asOf.textContent = clock(as_of);
    }
    age();
  });
  setInterval(age, 5000);
  move();
  age();
}

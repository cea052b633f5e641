// @ts-check
import { timeElement } from "./times.js";
import { realPct, words } from "./words.js";

/** @typedef {import("./words.js").Trust} Trust */

const SHAPES = /(\b(?:mark|badge|panel-label))--(?:verified|likely_real|mixed_opinions|contested|highly_contested|gathering_votes|under_review)\b/g;

/** @param {Element} place @param {Trust} trust */
function draw(place, trust) {
  for (const interval of place.querySelectorAll("[data-mark-interval]")) {
    interval.setAttribute("x", `${trust.low.toFixed(1)}%`);
    interval.setAttribute("width", `${(trust.high - trust.low).toFixed(1)}%`);
  }
  for (const point of place.querySelectorAll("[data-mark-point]")) point.setAttribute("cx", `${trust.index.toFixed(1)}%`);
  for (const bar of place.querySelectorAll("[data-share-real]")) bar.setAttribute("width", `${realPct(trust)}%`);
  for (const bar of place.querySelectorAll("[data-share-fake]")) bar.setAttribute("width", trust.real + trust.fake ? "100%" : "0");
  for (const step of place.querySelectorAll("[data-step]")) {
    step.classList.toggle("scale-held", step.getAttribute("data-step") === trust.label);
  }
  for (const shaped of [place, ...place.querySelectorAll("[class*='--']")]) {
    const before = shaped.getAttribute("class") ?? "";
    const after = before.replace(SHAPES, `$1--${trust.label}`);
    if (after !== before) shaped.setAttribute("class", after);
  }
}

/** Show a story's new figures everywhere on the page. @param {Trust} trust */
export function showTrust(trust) {
  const texts = /** @type {Record<string, string>} */ (words(trust));
  for (const place of document.querySelectorAll(`[data-story="${Number(trust.story)}"]`)) {
    for (const field of place.querySelectorAll("[data-field]")) {
      const name = field.getAttribute("data-field") ?? "";
      if (name === "updated" && trust.last_vote_at) field.replaceChildren(timeElement(new Date(trust.last_vote_at)));
      else if (name in texts) field.textContent = texts[name];
    }
    for (const drawing of place.querySelectorAll("[data-named]")) {
      drawing.setAttribute("aria-label", texts[drawing.getAttribute("data-named") ?? ""] ?? "");
    }
    for (const since of place.querySelectorAll("[data-since-vote]")) since.toggleAttribute("hidden", !trust.last_vote_at);
    place.toggleAttribute("data-gathering", trust.label === "gathering_votes");
    draw(place, trust);
  }
}

/** Follow the stream. */
export function startTrust() {
  document.addEventListener("touchstone:trust", (event) => showTrust(/** @type {CustomEvent<Trust>} */ (event).detail));
}

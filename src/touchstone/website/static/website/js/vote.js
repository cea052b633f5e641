// @ts-check
// The two buttons: vote, change and take back without leaving the page. Without scripts the form asks on a page of its own.
import { recall, remember } from "./store.js";
import { showTrust } from "./trust.js";
import { words } from "./words.js";

/** @typedef {import("./booth.js").Choice} Choice */

const NAMES = { real: "Real", fake: "Fake" };

/** @param {HTMLFormElement} form @param {Choice} choice */
function mark(form, choice) {
  for (const button of form.querySelectorAll("button[name=choice]")) {
    button.setAttribute("aria-pressed", String(/** @type {HTMLButtonElement} */ (button).value === choice));
  }
}

/** @param {HTMLFormElement} form @param {boolean} busy */
function hold(form, busy) {
  form.toggleAttribute("data-busy", busy);
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", String(busy));
}

/** @param {Element} state @param {string} sentence @param {string} [receipt] @param {number} [entry] */
function say(state, sentence, receipt, entry) {
  const parts = /** @type {(string | Node)[]} */ ([sentence]);
  if (receipt) {
    const link = document.createElement("a");
    link.href = receipt;
    link.textContent = entry ? "receipt" : "Your signed receipt";
    parts.push(entry ? ` Recorded as entry ${entry.toLocaleString("en")} · ` : " ", link);
  }
  state.replaceChildren(...parts);
}

/** Say where in the log the vote stands as soon as it has its place. @param {Element} state @param {string} sentence @param {string} receipt */
async function follow(state, sentence, receipt) {
  const shown = state.firstChild;
  const { placeOf } = await import("./booth.js");
  const entry = await placeOf(receipt);
  if (entry && state.firstChild === shown) say(state, sentence, receipt, entry);
}

/** Cast the vote; the booth is fetched with the first one. @param {number} story @param {Choice} choice */
async function count(story, choice) {
  const booth = await import("./booth.js");
  try {
    return await booth.cast(story, choice);
  } catch (err) {
    if (err instanceof booth.Refused) return { refusal: err.message };
    throw err;
  }
}

/** @param {HTMLFormElement} form */
function listen(form) {
  const story = Number(form.dataset.vote);
  const state = form.querySelector("[data-vote-state]");
  const memory = `vote.${story}`;
  if (!story || !state) return;
  const stand = () => {
    const standing = /** @type {Choice} */ (recall(memory));
    mark(form, standing);
    say(state, standing ? `You voted ${NAMES[standing]}. Press it again to take it back.` : "");
  };
  stand();
  // The reader may have voted on another page meanwhile: in another tab, or before coming back to this one.
  addEventListener("pageshow", (event) => event.persisted && stand());
  addEventListener("storage", (event) => event.key?.endsWith(memory) && stand());

  form.addEventListener("submit", async (event) => {
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    if (!button) return;
    event.preventDefault();
    if (form.hasAttribute("data-busy")) return;
    const pressed = button.getAttribute("aria-pressed") === "true";
    const choice = /** @type {Choice} */ (pressed ? null : button.value);
    hold(form, true);
    say(state, "Counting your vote.");
    try {
      const counted = await count(story, choice);
      if ("refusal" in counted) return say(state, counted.refusal);
      remember(memory, choice);
      mark(form, choice);
      showTrust(counted.trust);
      const { shares, votes } = words(counted.trust);
      const done = choice ? `Your vote for ${NAMES[choice]} is counted` : "Your vote is taken back";
      const sentence = `${done}. Now ${shares} of ${votes}.`;
      say(state, sentence, counted.receipt);
      if (counted.receipt) follow(state, sentence, counted.receipt).catch(() => undefined);
    } catch {
      // The answer may be what was lost, so nothing is said about the vote itself.
      say(state, "The newsroom could not be reached. Press again: a vote counts once, however often it is sent.");
    } finally {
      hold(form, false);
    }
  });
}

/** Let the page's vote forms work in place. */
export function startVote() {
  for (const form of document.querySelectorAll("form[data-vote]")) listen(/** @type {HTMLFormElement} */ (form));
}

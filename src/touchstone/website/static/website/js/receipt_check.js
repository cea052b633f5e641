// @ts-check
// The page that checks a receipt: reads the file or the receipt named in the address, says whether it holds, and lists each step.
import { Refused, checkReceipt, readKeys } from "./proof.js";

const form = document.querySelector("[data-receipt-check]");
const verdict = document.querySelector("[data-receipt-verdict]");
const steps = document.querySelector("[data-receipt-steps]");
const file = document.querySelector("#receipt-file");
const policy = document.querySelector("#receipt-policy");
const UNABLE = "This browser cannot check Ed25519 signatures here. Use a newer one, over https, or touchstone verify receipt.";
let named = "";

/** @param {string} words @param {"holds" | "refused" | ""} [state] */
function conclude(words, state = "") {
  if (!(verdict instanceof HTMLElement)) return;
  verdict.textContent = words;
  verdict.dataset.state = state;
}

/** @param {string} step @param {string} words @param {object} [contents] shown as it is, in a box of its own */
function list(step, words, contents) {
  const item = document.createElement("li");
  item.textContent = `${step}: holds; ${words}.`;
  if (contents) {
    const box = document.createElement("pre");
    box.tabIndex = 0;
    box.textContent = JSON.stringify(contents, null, 2);
    item.append(box);
  }
  steps?.append(item);
}

async function check() {
  const chosen = file instanceof HTMLInputElement ? file.files?.[0] : undefined;
  const text = chosen ? await chosen.text() : named;
  steps?.replaceChildren();
  if (!text) return conclude("Choose a receipt first.");
  const keys = readKeys(policy instanceof HTMLTextAreaElement ? policy.value : "");
  try {
    await checkReceipt(text, keys, list);
    conclude("Verified: every step held.", "holds");
  } catch (err) {
    if (err instanceof Refused) return conclude(`Refused. ${err.message}`, "refused");
    const isUnable = err instanceof DOMException || !crypto.subtle;
    conclude(isUnable ? UNABLE : "Refused. Format: this is not a receipt.", isUnable ? "" : "refused");
  }
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
const reference = new URLSearchParams(location.search).get("receipt");
if (reference && /^[0-9a-f-]{36}$/.test(reference)) {
  const answer = await fetch(`/log/receipt/${reference}.tlog-proof`);
  named = answer.ok ? await answer.text() : "";
  await check();
}

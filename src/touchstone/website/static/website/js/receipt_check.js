// @ts-check
// The page that checks a receipt: reads the file or the receipt named in the address, and lists each step.
import { Refused, checkReceipt, readKeys } from "./proof.js";

const form = document.querySelector("[data-receipt-check]");
const steps = document.querySelector("[data-receipt-steps]");
const file = document.querySelector("#receipt-file");
const policy = document.querySelector("#receipt-policy");
const UNABLE = "This browser cannot check Ed25519 signatures here. Use a newer one, over https, or touchstone verify receipt.";
let named = "";

/** @param {string} words */
function say(words) {
  const item = document.createElement("li");
  item.textContent = words;
  steps?.append(item);
}

async function check() {
  const chosen = file instanceof HTMLInputElement ? file.files?.[0] : undefined;
  const text = chosen ? await chosen.text() : named;
  steps?.replaceChildren();
  if (!text) return say("Choose a receipt first.");
  const keys = readKeys(policy instanceof HTMLTextAreaElement ? policy.value : "");
  try {
    await checkReceipt(text, keys, (step, words) => say(`${step}: holds; ${words}.`));
    say("Verified: every step held.");
  } catch (err) {
    say(err instanceof Refused ? `Refused. ${err.message}` : err instanceof DOMException || !crypto.subtle ? UNABLE : "Refused. Format: this is not a receipt.");
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

// @ts-check
// Takes a vote to the booth and brings back the story's new figures.
import { signVote } from "./reader_key.js";
import { TokenRefused, newKey, prepareVote } from "./vote_token.js";

/**
 * @typedef {import("./words.js").Trust} Trust
 * @typedef {"real" | "fake" | null} Choice null takes the vote back
 * @typedef {{ trust: Trust, choice: Choice, receipt?: string }} Counted
 */

/** A refusal, with a sentence for the reader. */
export class Refused extends Error {}

const ATTEMPTS = 3;
const FAILURE = "The vote could not be counted. Please try again.";
// A busy or restarting newsroom has recorded nothing, and a stale or used token is mended by a fresh one.
const MENDED_BY_WAITING = new Set(["store_unavailable", "overloaded", "nonce_stale", "nonce_used", "bad_reader_key"]);

/** Cast, change or take back a vote. @param {number} story @param {Choice} choice @returns {Promise<Counted>} */
export async function cast(story, choice) {
  const key = newKey();
  for (let attempt = 1; ; attempt++) {
    const answer = await send(story, choice, key);
    const body = await answer.json().catch(() => null);
    if (answer.ok) return { trust: body.trust ?? body, choice, receipt: body.receipt ?? undefined };
    if (attempt === ATTEMPTS || !MENDED_BY_WAITING.has(body?.error?.code)) throw new Refused(body?.error?.message ?? FAILURE);
    await new Promise((resolve) => setTimeout(resolve, 400 * attempt));
  }
}

const LOOKS = 12;

/** The entry's number once it stands in the log, usually within a second; null if that takes long. @param {string} receipt @returns {Promise<number | null>} */
export async function placeOf(receipt) {
  for (let look = 0; look < LOOKS; look++) {
    await new Promise((resolve) => setTimeout(resolve, look < 4 ? 250 : 1000));
    const answer = await fetch(`${receipt}.json`).catch(() => null);
    const body = answer?.ok ? await answer.json().catch(() => null) : null;
    if (body?.state === "recorded") return body.number;
  }
  return null;
}

/** @param {number} story @param {Choice} choice @param {string} key */
async function send(story, choice, key) {
  const { right, token } = await prepareVote(story).catch((err) => {
    throw err instanceof TokenRefused ? new Refused(err.message) : err;
  });
  return fetch(`/api/v1/stories/${story}/vote`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ vote: choice, ...right, ...(await signVote(story, choice, token)) }),
  });
}

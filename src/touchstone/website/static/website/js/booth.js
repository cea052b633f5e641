// @ts-check
// Takes a vote to the booth and brings back the story's new figures.
import { signVote } from "./reader_key.js";
import { Refused, bodyOf, newKey, prepareVote } from "./vote_token.js";

export { Refused };

/**
 * @typedef {import("./words.js").Trust} Trust
 * @typedef {"real" | "fake" | null} Choice null takes the vote back
 * @typedef {{ trust: Trust, choice: Choice, receipt?: string }} Counted
 */

const ATTEMPTS = 3;
const LONGEST_WAIT_S = 5;
const FAILURE = "The vote could not be counted. Please try again.";
// A busy or restarting newsroom has recorded nothing, and a stale or used token is mended by a fresh one.
const MENDED_BY_WAITING = new Set(["store_unavailable", "overloaded", "nonce_stale", "nonce_used", "bad_reader_key"]);

/** Cast, change or take back a vote. @param {number} story @param {Choice} choice @returns {Promise<Counted>} */
export async function cast(story, choice) {
  const key = newKey();
  for (let attempt = 1; ; attempt++) {
    try {
      const body = await send(story, choice, key);
      return { trust: body.trust ?? body, choice, receipt: body.receipt ?? undefined };
    } catch (err) {
      const isMended = err instanceof Refused && MENDED_BY_WAITING.has(err.code);
      if (attempt === ATTEMPTS || !isMended) throw err;
      const wait_s = Math.max(0.4 * attempt, Math.min(err.wait_s, LONGEST_WAIT_S));
      // Spread, so that all who were refused at once do not come back at once.
      await new Promise((resolve) => setTimeout(resolve, 1000 * wait_s * (1 + Math.random() / 4)));
    }
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
  const { right, token } = await prepareVote(story);
  const answer = await fetch(`/api/v1/stories/${story}/vote`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ vote: choice, ...right, ...(await signVote(story, choice, token)) }),
  });
  return bodyOf(answer, FAILURE);
}

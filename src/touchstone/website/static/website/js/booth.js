// @ts-check
// Takes a vote to the booth and brings back the story's new figures.

/**
 * @typedef {import("./words.js").Trust} Trust
 * @typedef {"real" | "fake" | null} Choice null takes the vote back
 * @typedef {{ trust: Trust, choice: Choice, receipt?: string }} Counted
 */

/** A refusal, with a sentence for the reader. */
export class Refused extends Error {}

/** Cast, change or take back a vote. @param {number} story @param {Choice} choice @returns {Promise<Counted>} */
export async function cast(story, choice) {
  const answer = await fetch(`/api/v1/stories/${story}/vote`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ vote: choice }),
  });
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(body?.error?.message ?? "The vote could not be counted. Please try again.");
  return { trust: body.trust ?? body, choice, receipt: body.receipt };
}

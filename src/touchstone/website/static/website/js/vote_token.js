// @ts-check
// What a vote needs beside the choice: a one-time token from the newsroom and, without an account, some work by this device.

/**
 * @typedef {{ algorithm: string, salt: string, target: string, max: number }} Challenge
 * @typedef {{ nonce: string, challenge: Challenge | null, version: number, version_sha256: string, site: string, vote: "real" | "fake" | null, receipt: string | null }} Token
 * @typedef {{ nonce: string, solution: number | null, version: number }} Right
 * @typedef {{ right: Right, token: Token }} Prepared
 */

/** The newsroom's refusal, with a sentence for the reader. */
export class Refused extends Error {
  /** @param {string} words @param {string} [code] @param {number} [wait_s] how long the newsroom asks to wait */
  constructor(words, code = "", wait_s = 0) {
    super(words);
    this.code = code;
    this.wait_s = wait_s;
  }
}

/** What an answer brings. Throws Refused. @param {Response} answer @param {string} otherwise the words for a refusal that has none */
export async function bodyOf(answer, otherwise) {
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  const code = body?.error?.code ?? (answer.status === 503 ? "overloaded" : "");
  throw new Refused(body?.error?.message ?? otherwise, code, Number(answer.headers.get("Retry-After")) || 0);
}

// Trusted Types: a worker's address is script too, and only this one is allowed.
const addresses = globalThis.trustedTypes?.createPolicy("touchstone-worker", { createScriptURL: onlyOurs });

/** @param {string} address */
function onlyOurs(address) {
  if (new URL(address).origin !== location.origin) throw new TypeError("Workers come from this site only.");
  return address;
}

/** Ask for a token; it also says how this reader's vote stands. @param {number} story @returns {Promise<Token>} */
async function fetchToken(story) {
  const answer = await fetch(`/api/v1/stories/${story}/vote-token`, { headers: { Accept: "application/json" } });
  return bodyOf(answer, "The newsroom gave no token. Please try again.");
}

/** Let this device do its work in the background. @param {Challenge | null} challenge @returns {Promise<number | null>} */
export function solveChallenge(challenge) {
  if (!challenge) return Promise.resolve(null);
  const address = new URL("./pow_worker.js", import.meta.url).href;
  const worker = new Worker(/** @type {string} */ (addresses?.createScriptURL(address) ?? address), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = (event) => {
      worker.terminate();
      resolve(event.data);
    };
    worker.onerror = () => {
      worker.terminate();
      reject(new Refused("This browser could not do the work that a vote needs."));
    };
    worker.postMessage(challenge);
  });
}

/** Everything that one vote needs. @param {number} story @returns {Promise<Prepared>} */
export async function prepareVote(story) {
  const token = await fetchToken(story);
  const right = { nonce: token.nonce, solution: await solveChallenge(token.challenge), version: token.version };
  return { right, token };
}

/** A key that makes a vote sent twice count once; ordered by time, as the newsroom's index likes it. @returns {string} */
export function newKey() {
  const drawn = crypto.getRandomValues(new Uint8Array(16));
  let moment = Date.now();
  for (let place = 5; place >= 0; place--) {
    drawn[place] = moment % 256;
    moment = Math.floor(moment / 256);
  }
  drawn[6] = (drawn[6] & 0x0f) | 0x70;
  drawn[8] = (drawn[8] & 0x3f) | 0x80;
  const hex = Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

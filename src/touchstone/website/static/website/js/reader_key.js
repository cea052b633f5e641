// @ts-check
// A key that this browser makes and never lets out; it signs votes, so that nobody can cast one in the reader's name.

/** @typedef {import("./booth.js").Choice} Choice */
/** @typedef {{ public_key: string, signature: string, version_sha256: string } | {}} Signed nothing if the browser cannot sign */
/** @typedef {{ nonce: string, version_sha256: string, site: string }} Named */

const STORE = "keys";
const ED25519 = { name: "Ed25519" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const encoder = new TextEncoder();

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase>} */
function openStore() {
  const request = indexedDB.open("touchstone", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return done(request);
}

/** The pair is kept as it is: its private half can be used here but not read. @returns {Promise<CryptoKeyPair>} */
function makeKey() {
  const make = (/** @type {any} */ kind) => crypto.subtle.generateKey(kind, false, ["sign", "verify"]);
  return /** @type {Promise<CryptoKeyPair>} */ (make(ED25519).catch(() => make(P256)));
}

/** @returns {Promise<CryptoKeyPair>} */
async function ownKey() {
  const database = await openStore();
  try {
    const kept = await done(database.transaction(STORE).objectStore(STORE).get("vote"));
    if (kept) return kept;
    const made = await makeKey();
    const keys = database.transaction(STORE, "readwrite").objectStore(STORE);
    // Another tab may have been quicker; then its key is the one.
    const first = await done(keys.get("vote"));
    if (!first) await done(keys.put(made, "vote"));
    return first ?? made;
  } finally {
    database.close();
  }
}

/** @param {ArrayBuffer} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** @param {string} text */
async function digest(text) {
  const hashed = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
  return Array.from(hashed, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is signed, as docs/reference/voting-api.md spells it. @param {number} story @param {Choice} choice @param {Named} token */
async function voteText(story, choice, token) {
  const version = choice ? token.version_sha256 : "-";
  const lines = [`site ${token.site}`, `story ${story}`, `version ${version}`, `vote ${choice ?? "-"}`, `nonce ${await digest(token.nonce)}`];
  return encoder.encode(["touchstone-vote/v1", ...lines, ""].join("\n"));
}

/** Sign a vote. Where keys cannot be made or kept, it goes unsigned. @param {number} story @param {Choice} choice @param {Named} token @returns {Promise<Signed>} */
export async function signVote(story, choice, token) {
  try {
    const pair = await ownKey();
    const kind = pair.privateKey.algorithm.name === "Ed25519" ? ED25519 : { name: "ECDSA", hash: "SHA-256" };
    const signature = await crypto.subtle.sign(kind, pair.privateKey, await voteText(story, choice, token));
    const key = await crypto.subtle.exportKey("spki", pair.publicKey);
    return { public_key: base64(key), signature: base64(signature), version_sha256: token.version_sha256 };
  } catch {
    return {};
  }
}

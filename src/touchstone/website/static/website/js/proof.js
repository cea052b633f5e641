// @ts-check
// Checks a vote receipt (c2sp.org/tlog-proof) with WebCrypto: signature, inclusion, opening. No network.

const PUBLIC_DOMAIN = "touchstone-ledger/v1/public\n";
const AUDIT_DOMAIN = "touchstone-ledger/v1/audit\n";
const encoder = new TextEncoder();

/** A step that did not hold, in words for the reader. */
export class Refused extends Error {}

/** @typedef {{ name: string, id: string, key: Uint8Array<ArrayBuffer> }} LogKey */

/** Log keys of a policy file or a list of verifier keys. @param {string} policy @returns {LogKey[]} */
export function readKeys(policy) {
  const words = policy.split("\n").map((line) => line.trim().split(/\s+/));
  const texts = words.map((each) => (each[0] === "log" ? each[1] : each[0])).filter((text) => text?.split("+").length >= 3);
  return texts.flatMap((text) => {
    const [name, id, ...rest] = text.split("+");
    const blob = bytesOf(rest.join("+"));
    return blob.length === 33 && blob[0] === 1 ? [{ name, id, key: blob.slice(1) }] : [];
  });
}

/** Check a receipt; `say` is told each step that held, and shown what the entry holds. Throws Refused. @param {string} text @param {LogKey[]} keys @param {(step: string, words: string, contents?: object) => void} say */
export async function checkReceipt(text, keys, say) {
  const receipt = readReceipt(text);
  const signer = await checkSignature(receipt.note, keys);
  say("Signature", `${signer.name} signed a tree of ${receipt.size} entries`);
  const leaf = encoder.encode(canonical(receipt.extra.leaf));
  const root = await rootOf(await hash(new Uint8Array([0]), leaf), receipt);
  if (hex(root) !== hex(receipt.root)) throw new Refused("Place: the hashes lead to another root, so the entry is not in this log.");
  say("Place", `entry ${receipt.index + 1n} is in that tree`);
  await checkOpening(receipt.extra.public, PUBLIC_DOMAIN, receipt.extra.leaf.commit_pub);
  if (receipt.extra.audit) await checkOpening(receipt.extra.audit, AUDIT_DOMAIN, receipt.extra.leaf.commit_audit);
  say("Contents", `the entry commits to exactly this “${receipt.extra.leaf.kind}”`, receipt.extra.public.payload);
  if (receipt.extra.audit?.payload.key) {
    await checkReader(receipt.extra.public.payload, receipt.extra.audit.payload, receipt.origin.split("/")[0]);
    say("Reader", "the vote is signed with the reader’s own key, which the newsroom never had");
  }
}

/** The reader's own signature, over the text that docs/reference/voting-api.md spells. @param {any} vote @param {any} own @param {string} site */
async function checkReader(vote, own, site) {
  const lines = [`site ${site}`, `story ${vote.story}`, `version ${vote.version ?? "-"}`, `vote ${vote.choice ?? "-"}`, `nonce ${own.nonce}`];
  const text = encoder.encode(["touchstone-vote/v1", ...lines, ""].join("\n"));
  const spki = bytesOf(own.key);
  const kind = spki.length === 44 ? { name: "Ed25519" } : { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("spki", spki, kind, false, ["verify"]);
  const fits = vote.signed !== false && (await crypto.subtle.verify(kind, key, bytesOf(own.signature), text));
  if (!fits) throw new Refused("Reader: the signature of the reader’s own key does not fit.");
}

/** @param {string} text */
function readReceipt(text) {
  const cut = text.indexOf("\n\n");
  const lines = text.slice(0, cut).split("\n");
  const note = text.slice(cut + 2);
  const [origin, size, root] = note.split("\n");
  const extra = /^extra (\S+)$/.exec(lines[1] ?? "");
  const index = /^index (0|[1-9]\d{0,18})$/.exec(lines[2] ?? "");
  if (cut < 0 || lines[0] !== "c2sp.org/tlog-proof@v1" || !extra || !index || !/^(0|[1-9]\d{0,18})$/.test(size ?? "")) {
    throw new Refused("Format: this is not a receipt of a vote log.");
  }
  const hashes = lines.slice(3).map(bytesOf);
  if (hashes.length > 63 || [...hashes, bytesOf(root)].some((each) => each.length !== 32)) throw new Refused("Format: a hash has the wrong length.");
  return { index: BigInt(index[1]), hashes, note, origin, size: BigInt(size), root: bytesOf(root), extra: readExtra(extra[1]) };
}

/** @param {string} encoded */
function readExtra(encoded) {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(encoded));
  const extra = JSON.parse(text);
  if (canonical(extra) !== text || !extra?.leaf || !extra?.public) throw new Refused("Format: the contents are not in canonical form.");
  return extra;
}

/** @param {string} note @param {LogKey[]} keys */
async function checkSignature(note, keys) {
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1);
  for (const line of note.slice(cut + 2).split("\n")) {
    const [dash, name, encoded] = line.split(" ");
    const blob = dash === "—" && encoded ? bytesOf(encoded) : new Uint8Array();
    const known = keys.find((key) => key.name === name && key.id === hex(blob.slice(0, 4)));
    if (!known) continue;
    const key = await crypto.subtle.importKey("raw", known.key, { name: "Ed25519" }, false, ["verify"]);
    const fits = await crypto.subtle.verify({ name: "Ed25519" }, key, blob.slice(4), encoder.encode(text));
    if (!fits) throw new Refused("Signature: it does not fit. The receipt was altered or forged.");
    if (text.split("\n")[0] !== known.name) throw new Refused("Signature: the checkpoint is of another log.");
    return known;
  }
  throw new Refused("Signature: nobody whose key you gave signed this receipt.");
}

/** RFC 9162 section 2.1.3.2. @param {Uint8Array<ArrayBuffer>} leaf @param {{ index: bigint, size: bigint, hashes: Uint8Array<ArrayBuffer>[] }} receipt */
async function rootOf(leaf, receipt) {
  let at = receipt.index;
  let last = receipt.size - 1n;
  let result = leaf;
  if (at > last) throw new Refused("Place: the entry's number lies outside the tree.");
  for (const sibling of receipt.hashes) {
    if (last === 0n) throw new Refused("Place: the path is too long.");
    if (at & 1n || at === last) {
      result = await hash(new Uint8Array([1]), sibling, result);
      while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
    } else result = await hash(new Uint8Array([1]), result, sibling);
    [at, last] = [at >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Refused("Place: the path is too short.");
  return result;
}

/** @param {{ nonce: string, payload: unknown }} opening @param {string} domain @param {string} commitment */
async function checkOpening(opening, domain, commitment) {
  const nonce = Uint8Array.from(opening.nonce.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const found = await hash(encoder.encode(domain), nonce, encoder.encode(canonical(opening.payload)));
  if (nonce.length !== 32 || hex(found) !== commitment) throw new Refused("Contents: they are not what the entry commits to.");
}

/** RFC 8785 for whole numbers and ASCII names. @param {any} value @returns {string} */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** @param {Uint8Array<ArrayBuffer>[]} parts */
async function hash(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(text) {
  try {
    const binary = atob(text);
    return btoa(binary) === text ? Uint8Array.from(binary, (each) => each.charCodeAt(0)) : new Uint8Array();
  } catch {
    return new Uint8Array();
  }
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
}

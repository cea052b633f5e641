// @ts-check
// A worker that finds the number whose SHA-256, after the salt, is the target. WebCrypto would do one hash per promise,
// about twenty times slower than this loop, so the hash is written out here (FIPS 180-4); a test holds it to WebCrypto.

const ROUNDS = roots(64, 1 / 3);
const START = roots(8, 1 / 2);
const words = new Int32Array(64);

/** Fractional bits of the roots of the first primes. @param {number} count @param {number} power */
function roots(count, power) {
  const found = [];
  for (let n = 2; found.length < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (prime) found.push(((n ** power) % 1) * 2 ** 32 | 0);
  }
  return Int32Array.from(found);
}

/** One block of SHA-256. @param {Int32Array} block 16 words, already padded @param {Int32Array} out 8 words */
function hashBlock(block, out) {
  words.set(block);
  for (let i = 16; i < 64; i++) {
    const w15 = words[i - 15];
    const w2 = words[i - 2];
    const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3);
    const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10);
    words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = START;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  const ended = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) out[i] = (START[i] + ended[i]) | 0;
}

/** @param {string} text at most 55 ASCII characters @param {Int32Array} block */
function fill(text, block) {
  block.fill(0);
  for (let i = 0; i < text.length; i++) block[i >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
  block[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
  block[15] = text.length * 8;
}

/** @param {string} salt @param {string} target @param {number} max @returns {number} -1 if there is none */
export function solve(salt, target, max) {
  const wanted = Int32Array.from({ length: 8 }, (_, i) => parseInt(target.slice(8 * i, 8 * i + 8), 16));
  const block = new Int32Array(16);
  const out = new Int32Array(8);
  for (let number = 0; number <= max; number++) {
    fill(salt + number, block);
    hashBlock(block, out);
    if (out[0] === wanted[0] && out.every((word, i) => word === wanted[i])) return number;
  }
  return -1;
}

addEventListener("message", (event) => {
  const { salt, target, max } = event.data;
  postMessage(solve(salt, target, max));
});

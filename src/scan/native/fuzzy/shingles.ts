import { hash64 } from '../bayes/index.ts';
import { type Bits64, bits64, isLess, readBits64 } from './bits64.ts';
import { bytesHash } from './digest.ts';
import { mumHash } from './mumhash.ts';
import { sipHash } from './siphash.ts';

/** How words become shingles: option `algorithm`. */
export type ShingleAlgorithm = 'siphash' | 'mumhash' | 'xxhash';

/** Shingles of a text. */
export const shingleCount = 32;
/** Words of one window. */
const width = 3;

/** Keys of all shingles, each the hash of the one before (rspamd: src/libutil/shingles.c:rspamd_shingles_get_keys_cached). */
export function shingleKeys(key: Buffer): readonly Buffer[] {
  const keys: Buffer[] = [];
  for (let n = 0; n < shingleCount; n++) keys.push(bytesHash(keys.at(-1) ?? key.subarray(0, 16)).subarray(0, 16));
  return keys;
}

/**
 * The least hash of all windows of a text for each key, little-endian one behind the other
 * (rspamd: src/libutil/shingles.c:rspamd_shingles_from_text).
 * @param words at least one
 */
export function shinglesOf(words: readonly string[], keys: readonly Buffer[], algorithm: ShingleAlgorithm): Buffer {
  const least = algorithm === 'siphash' ? leastBySip(words, keys) : leastByWindow(words, keys, algorithm);
  const bytes = Buffer.alloc(shingleCount * 8);
  for (const [n, { hi, lo }] of least.entries()) {
    bytes.writeUInt32LE(lo, n * 8);
    bytes.writeUInt32LE(hi, n * 8 + 4);
  }
  return bytes;
}

const most: Bits64 = { hi: 0xffff_ffff, lo: 0xffff_ffff };

/** The last two words never come in: the original counts the windows but takes one word for each. */
function taken(words: readonly string[]): readonly string[] {
  return words.slice(0, Math.max(1, words.length - width + 1));
}

/** The same word stands three times in a window, as the original steps on only behind it. */
function leastBySip(words: readonly string[], keys: readonly Buffer[]): Bits64[] {
  const times = Math.min(width, words.length);
  const windows = [...new Set(taken(words))].map((word) => Buffer.from(word.repeat(times), 'latin1'));
  return keys.map((key) => {
    let least = most;
    for (const window of windows) {
      const hash = sipHash(window, key);
      if (isLess(hash, least)) least = hash;
    }
    return least;
  });
}

function leastByWindow(words: readonly string[], keys: readonly Buffer[], algorithm: 'mumhash' | 'xxhash'): Bits64[] {
  const order = taken(words);
  const distinct = [...new Set(order)];
  const numbers = new Map(distinct.map((word, at) => [word, at]));
  const places = order.map((word) => numbers.get(word) as number);
  return keys.map((key) => {
    const hashes = distinct.map(algorithm === 'mumhash' ? byMum(key) : byXx(key));
    let least = most;
    let [older, old]: Bits64[] = [none, none];
    for (const place of places) {
      const newest = hashes[place] as Bits64;
      const hash = window(older as Bits64, old as Bits64, newest);
      if (isLess(hash, least)) least = hash;
      [older, old] = [old as Bits64, newest];
    }
    return least;
  });
}

const none: Bits64 = { hi: 0, lo: 0 };

function byMum(key: Buffer): (word: string) => Bits64 {
  const seed = readBits64(key);
  return (word) => mumHash(Buffer.from(word, 'latin1'), seed);
}

function byXx(key: Buffer): (word: string) => Bits64 {
  const seed = key.readBigUInt64LE(0);
  return (word) => bits64(hash64(word, seed));
}

/** Hashes of three words, the older ones shifted by two bytes and by one. */
function window(older: Bits64, old: Bits64, newest: Bits64): Bits64 {
  return {
    hi: ((older.hi >>> 16) ^ (old.hi >>> 8) ^ newest.hi) >>> 0,
    lo: (((older.lo >>> 16) | (older.hi << 16)) ^ ((old.lo >>> 8) | (old.hi << 24)) ^ newest.lo) >>> 0,
  };
}

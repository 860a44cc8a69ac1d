import type { ByteString } from '../../message/index.ts';
import { hash64 } from '../bayes/index.ts';
import { type Bits64, bits64, isLess, readBits64 } from './bits64.ts';
import { bytesHash } from './digest.ts';
import { mumHash } from './mumhash.ts';
import { sipHash } from './siphash.ts';

/** How words become shingles: option `algorithm`. */
export type ShingleAlgorithm = 'siphash' | 'mumhash' | 'xxhash' | 'fasthash';

/** Shingles of a text. */
export const shingleCount = 32;
/** Words of one window. */
const width = 3;

/** Keys of all shingles, each the hash of the one before (rspamd: src/libutil/shingles.c:rspamd_shingles_get_keys_cached). */
function shingleKeys(key: Buffer): readonly Buffer[] {
  const keys: Buffer[] = [];
  for (let n = 0; n < shingleCount; n++) keys.push(bytesHash(keys.at(-1) ?? key).subarray(0, 16));
  return keys;
}

type WordHash = (word: ByteString) => Bits64;

/** Makes shingles: of each key the least hash of all windows, little-endian one behind the other. */
export class Shingler {
  readonly #keys: readonly Buffer[];
  readonly #hashes: readonly WordHash[];
  /** Texts are hashed in the oldest way. */
  readonly #isOld: boolean;

  private constructor(keys: readonly Buffer[], hashes: readonly WordHash[], isOld: boolean) {
    this.#keys = keys;
    this.#hashes = hashes;
    this.#isOld = isOld;
  }

  /** @param key 16 bytes */
  static async create(key: Buffer, algorithm: ShingleAlgorithm): Promise<Shingler> {
    const keys = shingleKeys(key);
    return new Shingler(keys, await Promise.all(keys.map(wordHashes[algorithm])), algorithm === 'siphash');
  }

  /** rspamd: src/libutil/shingles.c:rspamd_shingles_from_text. @param words at least one */
  ofText(words: readonly ByteString[]): Buffer {
    return written(this.#isOld ? leastBySip(words, this.#keys) : this.#hashes.map((hash) => leastOfText(words, hash)));
  }

  /** rspamd: src/libutil/shingles_html.cxx:generate_shingles_from_string_tokens. @param tokens at least one */
  ofTokens(tokens: readonly ByteString[]): Buffer {
    return written(this.#hashes.map((hash) => leastOfTokens(tokens, hash)));
  }
}

function written(hashes: readonly Bits64[]): Buffer {
  const bytes = Buffer.alloc(shingleCount * 8);
  for (const [n, { hi, lo }] of hashes.entries()) {
    bytes.writeUInt32LE(lo, n * 8);
    bytes.writeUInt32LE(hi, n * 8 + 4);
  }
  return bytes;
}

/** The first half of a key is the seed. HTML that is to be hashed in the oldest way is hashed by MUM. */
const wordHashes: Readonly<Record<ShingleAlgorithm, (key: Buffer) => WordHash | Promise<WordHash>>> = {
  siphash: byMum,
  mumhash: byMum,
  xxhash: byXx,
  fasthash: byFast,
};

function byMum(key: Buffer): WordHash {
  const seed = readBits64(key);
  return (word) => mumHash(Buffer.from(word, 'latin1'), seed);
}

function byXx(key: Buffer): WordHash {
  const seed = key.readBigUInt64LE(0);
  return (word) => bits64(hash64(word, seed));
}

/** XXH3 (rspamd: src/libcryptobox/cryptobox.c:rspamd_cryptobox_fast_hash_indep). Loaded where it is asked for. */
async function byFast(key: Buffer): Promise<WordHash> {
  const { createXXHash3 } = await import('hash-wasm');
  const hasher = await createXXHash3(key.readUInt32LE(0), key.readUInt32LE(4));
  return (word) => {
    const digest = Buffer.from(hasher.init().update(Buffer.from(word, 'latin1')).digest('binary'));
    return { hi: digest.readUInt32BE(0), lo: digest.readUInt32BE(4) };
  };
}

const most: Bits64 = { hi: 0xffff_ffff, lo: 0xffff_ffff };
const none: Bits64 = { hi: 0, lo: 0 };

/** The last two words never come in: the original counts the windows but takes one word for each. */
function taken(words: readonly ByteString[]): readonly ByteString[] {
  return words.slice(0, Math.max(1, words.length - width + 1));
}

/** The same word stands three times in a window, as the original steps on only behind it. */
function leastBySip(words: readonly ByteString[], keys: readonly Buffer[]): Bits64[] {
  const times = Math.min(width, words.length);
  const windows = [...new Set(taken(words))].map((word) => Buffer.from(word.repeat(times), 'latin1'));
  return keys.map((key) => leastOf(windows.map((window) => sipHash(window, key))));
}

function leastOf(hashes: Iterable<Bits64>): Bits64 {
  let least = most;
  for (const hash of hashes) if (isLess(hash, least)) least = hash;
  return least;
}

function leastOfText(words: readonly ByteString[], hash: WordHash): Bits64 {
  const hashes = hashesOf(taken(words), hash);
  return leastOf(hashes.map((newest, n) => window(newest, hashes[n - 1] ?? none, hashes[n - 2] ?? none)));
}

function leastOfTokens(tokens: readonly ByteString[], hash: WordHash): Bits64 {
  const hashes = hashesOf(tokens, hash);
  const windows = taken(tokens);
  return leastOf(windows.map((_, n) => window(hashes[n] ?? none, hashes[n + 1] ?? none, hashes[n + 2] ?? none)));
}

/** Each word is hashed once. */
function hashesOf(words: readonly ByteString[], hash: WordHash): readonly Bits64[] {
  const known = new Map<ByteString, Bits64>();
  return words.map((word) => {
    const found = known.get(word) ?? hash(word);
    known.set(word, found);
    return found;
  });
}

/** Hashes of three words, the second shifted by one byte and the third by two. */
function window(first: Bits64, second: Bits64, third: Bits64): Bits64 {
  return {
    hi: ((third.hi >>> 16) ^ (second.hi >>> 8) ^ first.hi) >>> 0,
    lo: (((third.lo >>> 16) | (third.hi << 16)) ^ ((second.lo >>> 8) | (second.hi << 24)) ^ first.lo) >>> 0,
  };
}

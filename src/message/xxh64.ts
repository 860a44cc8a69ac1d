/** A 64-bit number as two unsigned halves: BigInt takes about five times as long for what is hashed here. */
export interface Word {
  hi: number;
  lo: number;
}

const prime1: Word = { hi: 0x9e3779b1, lo: 0x85ebca87 };
const prime2: Word = { hi: 0xc2b2ae3d, lo: 0x27d4eb4f };
const prime3: Word = { hi: 0x165667b1, lo: 0x9e3779f9 };
const prime4: Word = { hi: 0x85ebca77, lo: 0xc2b2ae63 };
const prime5: Word = { hi: 0x27d4eb2f, lo: 0x165667c5 };

/** XXH64 of `bytes` (the xxHash specification, "XXH64 algorithm description"). */
export function xxh64(bytes: Uint8Array, seed: Readonly<Word>): Word {
  const length = bytes.length;
  let at = 0;
  let hash: Word;
  if (length >= 32) {
    const lanes = [plus(plus(copy(seed), prime1), prime2), plus(copy(seed), prime2), copy(seed), minus(seed, prime1)];
    for (; at + 32 <= length; at += 32)
      for (let lane = 0; lane < 4; lane++) round(lanes[lane] as Word, read64(bytes, at + 8 * lane));
    hash = converge(lanes as [Word, Word, Word, Word]);
  } else {
    hash = plus(copy(seed), prime5);
  }
  plus(hash, { hi: 0, lo: length });
  for (; at + 8 <= length; at += 8) {
    xor(hash, round({ hi: 0, lo: 0 }, read64(bytes, at)));
    plus(times(rotate(hash, 27), prime1), prime4);
  }
  if (at + 4 <= length) {
    xor(hash, times({ hi: 0, lo: read32(bytes, at) }, prime1));
    plus(times(rotate(hash, 23), prime2), prime3);
    at += 4;
  }
  for (; at < length; at++) {
    xor(hash, times({ hi: 0, lo: bytes[at] as number }, prime5));
    times(rotate(hash, 11), prime1);
  }
  return avalanche(hash);
}

function converge([a, b, c, d]: [Word, Word, Word, Word]): Word {
  const hash = plus(rotate(copy(a), 1), rotate(copy(b), 7));
  plus(plus(hash, rotate(copy(c), 12)), rotate(copy(d), 18));
  for (const lane of [a, b, c, d]) {
    xor(hash, round({ hi: 0, lo: 0 }, lane));
    plus(times(hash, prime1), prime4);
  }
  return hash;
}

function round(lane: Word, input: Readonly<Word>): Word {
  return times(rotate(plus(lane, times(copy(input), prime2)), 31), prime1);
}

function avalanche(hash: Word): Word {
  times(xor(hash, shifted(hash, 33)), prime2);
  times(xor(hash, shifted(hash, 29)), prime3);
  return xor(hash, shifted(hash, 32));
}

// The functions below change their first argument and hand it back, except where it is read-only.

function copy(word: Readonly<Word>): Word {
  return { hi: word.hi, lo: word.lo };
}

function plus(word: Word, other: Readonly<Word>): Word {
  const lo = word.lo + other.lo;
  word.hi = (word.hi + other.hi + (lo > 0xffffffff ? 1 : 0)) >>> 0;
  word.lo = lo >>> 0;
  return word;
}

function minus(word: Readonly<Word>, other: Readonly<Word>): Word {
  const lo = word.lo - other.lo;
  return { hi: (word.hi - other.hi - (lo < 0 ? 1 : 0)) >>> 0, lo: lo >>> 0 };
}

function xor(word: Word, other: Readonly<Word>): Word {
  word.hi = (word.hi ^ other.hi) >>> 0;
  word.lo = (word.lo ^ other.lo) >>> 0;
  return word;
}

/** The low 64 bits of the product, by 16-bit pieces so that every step is exact in a double. */
function times(word: Word, other: Readonly<Word>): Word {
  const a0 = word.lo & 0xffff;
  const a1 = word.lo >>> 16;
  const b0 = other.lo & 0xffff;
  const b1 = other.lo >>> 16;
  const low = a0 * b0;
  const middle = a0 * b1 + a1 * b0 + (low >>> 16);
  const carried = a1 * b1 + Math.floor(middle / 0x10000);
  word.hi = (carried + Math.imul(word.hi, other.lo) + Math.imul(word.lo, other.hi)) >>> 0;
  word.lo = ((middle << 16) | (low & 0xffff)) >>> 0;
  return word;
}

/** @param bits 1 to 31 */
function rotate(word: Word, bits: number): Word {
  const { hi, lo } = word;
  word.hi = ((hi << bits) | (lo >>> (32 - bits))) >>> 0;
  word.lo = ((lo << bits) | (hi >>> (32 - bits))) >>> 0;
  return word;
}

/** @param bits 29 to 33 */
function shifted(word: Readonly<Word>, bits: number): Word {
  if (bits >= 32) return { hi: 0, lo: word.hi >>> (bits - 32) };
  return { hi: word.hi >>> bits, lo: ((word.lo >>> bits) | (word.hi << (32 - bits))) >>> 0 };
}

function read64(bytes: Uint8Array, at: number): Word {
  return { hi: read32(bytes, at + 4), lo: read32(bytes, at) };
}

function read32(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

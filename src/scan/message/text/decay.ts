import type { ByteString } from '../bytes.ts';

const mask = 0xffffffffffffffffn;
const stepPrime = 0x2e0bb864e9ea7df5n;
const keyPrime = 0xcdb32970830fcaa1n;
const finishPrime1 = 0xa9a7ae7ceff79f3fn;
const finishPrime2 = 0xaf47d47c99b1461bn;

/** Words are taken that many times as long as they are on average. */
const averageLength = 6;

/**
 * Picks which words of a long text are kept. The choice depends on the words before, so that the same text always keeps
 * the same ones (rspamd: src/libstat/tokenizers/tokenizers.c:rspamd_tokenize_check_limit; mum-hash).
 */
export class Decay {
  readonly #limit: number;
  readonly #total: number;
  /** The first bytes of the words until the choice begins. */
  readonly #keys: ByteString[] = [];
  #begun = false;
  /** State of the random numbers, 64 bits. */
  #high = 0;
  #low = 0;
  #threshold = 0n;

  /**
   * @param limit words that are kept in any case
   * @param total bytes of the text
   */
  constructor(limit: number, total: number) {
    this.#limit = limit;
    this.#total = total;
  }

  /**
   * @param count words kept so far
   * @param end offset behind the word
   */
  keeps(word: ByteString, count: number, end: number): boolean {
    if (this.#begun) return !this.#nextIsAbove();
    if (word.length >= 8) this.#keys.push(word.slice(0, 8));
    if (count > this.#limit && end < this.#total) this.#begin(end);
    return true;
  }

  #begin(end: number): void {
    this.#begun = true;
    let hash = 0n;
    for (const key of this.#keys) hash = multiply(hash, stepPrime) ^ multiply(numberOf(key), keyPrime);
    hash ^= multiply(hash, finishPrime1);
    hash ^= multiply(hash, finishPrime2);
    this.#high = Number(hash >> 32n);
    this.#low = Number(hash & 0xffffffffn);
    const share = Math.floor((this.#limit / ((this.#total - end) / averageLength)) * 10) / 10;
    this.#threshold = share >= 1 ? mask : BigInt(share * 2 ** 64);
  }

  /** The next number of the generator, x ← 2862933555777941757 x + 3037000493 modulo 2⁶⁴. */
  #nextIsAbove(): boolean {
    const low = product(this.#low, 0x87b0b0fd);
    const high = (Math.imul(this.#high, 0x87b0b0fd) + Math.imul(this.#low, 0x27bb2ee6) + Number(low >> 32n)) >>> 0;
    const sum = Number(low & 0xffffffffn) + 3037000493;
    this.#low = sum >>> 0;
    this.#high = (high + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    const limitHigh = Number(this.#threshold >> 32n);
    return this.#high > limitHigh || (this.#high === limitHigh && this.#low > Number(this.#threshold & 0xffffffffn));
  }
}

function product(a: number, b: number): bigint {
  return BigInt(a) * BigInt(b);
}

/** Both halves of a product of 128 bits added up. */
function multiply(a: bigint, b: bigint): bigint {
  const product = a * b;
  return ((product >> 64n) + product) & mask;
}

function numberOf(bytes: ByteString): bigint {
  return Buffer.from(bytes, 'latin1').readBigUInt64LE(0);
}

import { type Bits64, bits64 } from './bits64.ts';

/** rspamd: contrib/mumhash/mum.h, as it is built for x86-64: four blocks in a row. */
const primes = [0x9ebdcae10d981691n, 0x32b9b9b97a27ac7dn, 0x29b5584d83d35bbdn, 0x4b04e0e61401255fn].map(bits64);
const startPrime = bits64(0xc42b5e2e6480b23bn);
const unrollPrime = bits64(0x7b51ec3d22f7096fn);
const tailPrime = bits64(0xaf47d47c99b1461bn);
const finishPrimes = [bits64(0xa9a7ae7ceff79f3fn), tailPrime];

const two32 = 2 ** 32;

/** MUM hash of bytes. */
export function mumHash(bytes: Buffer, seed: Bits64): Bits64 {
  const length = bytes.length;
  const lo = seed.lo + length;
  const state: Bits64 = { lo: lo >>> 0, hi: (seed.hi + (lo >= two32 ? 1 : 0)) >>> 0 };
  multiply(state, startPrime);
  const block: Bits64 = { lo: 0, hi: 0 };
  const take = (at: number, prime: Bits64): void => {
    block.lo = bytes.readUInt32LE(at);
    block.hi = bytes.readUInt32LE(at + 4);
    mix(state, block, prime);
  };
  let at = 0;
  for (; length - at > 32; at += 32) {
    for (let n = 0; n < 4; n++) take(at + 8 * n, primes[n] as Bits64);
    multiply(state, unrollPrime);
  }
  for (let n = 0; length - at >= 8; at += 8, n++) take(at, primes[n] as Bits64);
  if (at < length) {
    block.lo = 0;
    block.hi = 0;
    for (let n = 0; at + n < length; n++) {
      const byte = bytes[at + n] as number;
      if (n < 4) block.lo = (block.lo | (byte << (8 * n))) >>> 0;
      else block.hi |= byte << (8 * (n - 4));
    }
    mix(state, block, tailPrime);
  }
  for (const prime of finishPrimes) {
    block.lo = state.lo;
    block.hi = state.hi;
    mix(state, block, prime);
  }
  return state;
}

/** `state` ^= `value` times `prime`; `value` is lost. */
function mix(state: Bits64, value: Bits64, prime: Bits64): void {
  multiply(value, prime);
  state.lo = (state.lo ^ value.lo) >>> 0;
  state.hi = (state.hi ^ value.hi) >>> 0;
}

/** `value` becomes the sum of both halves of its product with `by`, which has 128 bits. */
function multiply(value: Bits64, by: Bits64): void {
  const low = Math.imul(value.lo, by.lo) >>> 0;
  const crossA = Math.imul(value.hi, by.lo) >>> 0;
  const crossB = Math.imul(value.lo, by.hi) >>> 0;
  const top = Math.imul(value.hi, by.hi) >>> 0;
  const second = high(value.lo, by.lo) + crossA + crossB;
  const third = top + high(value.hi, by.lo) + high(value.lo, by.hi) + Math.floor(second / two32);
  const fourth = high(value.hi, by.hi) + Math.floor(third / two32);
  const lo = low + (third >>> 0);
  value.lo = lo >>> 0;
  value.hi = ((second >>> 0) + fourth + (lo >= two32 ? 1 : 0)) >>> 0;
}

/** The upper 32 bits of a product of two numbers of 32 bits. */
function high(a: number, b: number): number {
  const upper = a * (b >>> 16);
  const rest = (upper % 65536) * 65536 + a * (b & 0xffff);
  return Math.floor(upper / 65536) + Math.floor(rest / two32);
}

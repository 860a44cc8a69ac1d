const primes = [
  0xec99bf0d8372caabn,
  0x82434fe90edcef39n,
  0xd4f06db99d67be4bn,
  0xbd9cacc22c6e9571n,
  0x9c06faf4d023e3abn,
  0xc060724a8424f345n,
  0xcb5af53ae3aaac31n,
] as const;

const low = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotated = (value: bigint, count: bigint): bigint => low((value >> count) | (value << (64n - count)));
/** Both halves of a product, one against the other. */
const folded = (value: bigint, prime: bigint): bigint => low(value * prime) ^ ((value * prime) >> 64n);

/**
 * The hash `t1ha2` of a stream with both seeds 0, little endian (rspamd: contrib/t1ha/t1ha2.c:t1ha2_update).
 */
export function t1ha2(data: Buffer): bigint {
  let [a, b, c, d] = [0n, 0n, low(~0n), low(~0n)];
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE((BigInt(data.length) << 3n) ^ (1n << 63n));
  const bytes = Buffer.concat([data, length]);
  let at = 0;
  for (; at + 32 <= bytes.length; at += 32) {
    const w0 = bytes.readBigUInt64LE(at);
    const w1 = bytes.readBigUInt64LE(at + 8);
    const w2 = bytes.readBigUInt64LE(at + 16);
    const w3 = bytes.readBigUInt64LE(at + 24);
    const d02 = w0 + rotated(low(w2 + d), 56n);
    const c13 = w1 + rotated(low(w3 + c), 19n);
    c ^= low(a + rotated(w0, 57n));
    d ^= low(b + rotated(w1, 38n));
    b ^= low(primes[6] * (c13 + w2));
    a ^= low(primes[5] * (d02 + w3));
  }
  a ^= low(primes[6] * (c + rotated(d, 23n)));
  b ^= low(primes[5] * (rotated(c, 19n) + d));

  const rest = bytes.subarray(at);
  const words = Math.ceil(rest.length / 8);
  const padded = Buffer.alloc(8 * words);
  rest.copy(padded);
  for (let i = 0; i < words; i++) {
    const word = padded.readBigUInt64LE(8 * i);
    const prime = primes[words - i] as bigint;
    // by turns, so that the last word goes into b
    if ((words - i) % 2 === 1) {
      const product = low(a + word) * prime;
      b ^= low(product);
      a = low(a + (product >> 64n));
    } else {
      const product = low(b + word) * prime;
      a ^= low(product);
      b = low(b + (product >> 64n));
    }
  }
  const x = low(low(a + rotated(b, 41n)) * primes[0]);
  const y = low(low(rotated(a, 23n) + b) * primes[6]);
  return folded(x ^ y, primes[5]);
}

/** The hash `t1ha1` of eight bytes, read as a little-endian number (rspamd: contrib/t1ha/t1ha1.c). */
export function t1ha1(word: bigint, seed: bigint): bigint {
  const a = low(seed + folded(word, primes[1]));
  const b = 8n;
  const mixed = low((a ^ b) * primes[0]);
  return low(folded(rotated(low(a + b), 17n), primes[4]) + (mixed ^ rotated(mixed, 41n)));
}

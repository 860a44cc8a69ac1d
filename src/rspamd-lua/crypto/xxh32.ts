const primes = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** XXH32 (the xxHash specification, "XXH32 algorithm description") with seed 0. */
export function xxh32(bytes: Buffer): number {
  const { length } = bytes;
  let at = 0;
  let hash = primes[4] as number;
  if (length >= 16) {
    const lanes = [(primes[0] + primes[1]) | 0, primes[1] | 0, 0, -primes[0] | 0];
    for (; at + 16 <= length; at += 16) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i] as number, bytes.readInt32LE(at + 4 * i));
    }
    hash = [1, 7, 12, 18].reduce((sum, bits, i) => (sum + rotate(lanes[i] as number, bits)) | 0, 0);
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= length; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(bytes.readInt32LE(at), primes[2])) | 0, 17), primes[3]);
  }
  for (; at < length; at++) {
    hash = Math.imul(rotate((hash + Math.imul(bytes[at] as number, primes[4])) | 0, 11), primes[0]);
  }
  hash = Math.imul(hash ^ (hash >>> 15), primes[1]);
  hash = Math.imul(hash ^ (hash >>> 13), primes[2]);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, primes[1])) | 0, 13), primes[0]);
}

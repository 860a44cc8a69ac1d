const stepPrime = 0x2e0bb864e9ea7df5n;
const keyPrime = 0xcdb32970830fcaa1n;
const finishPrimes = [0xa9a7ae7ceff79f3fn, 0xaf47d47c99b1461bn] as const;

const low = (value: bigint): bigint => BigInt.asUintN(64, value);
const summed = (value: bigint, prime: bigint): bigint => low(value * prime + ((value * prime) >> 64n));

/** The hash MUM of a stream with the seed 0, as Rspamd makes it (rspamd: src/libcryptobox/cryptobox.c, contrib/mumhash). */
export function mum(data: Buffer): bigint {
  const padded = Buffer.alloc(8 * Math.ceil(data.length / 8));
  data.copy(padded);
  let hash = 0n;
  let word = 0n;
  const step = (): void => {
    hash = summed(hash, stepPrime) ^ summed(word, keyPrime);
  };
  for (let at = 0; at < padded.length; at += 8) {
    word = padded.readBigUInt64LE(at);
    step();
  }
  // the end of the stream takes what is in the buffer: a whole word is there still
  if (data.length % 8 === 0) step();
  for (const prime of finishPrimes) hash ^= summed(hash, prime);
  return hash;
}

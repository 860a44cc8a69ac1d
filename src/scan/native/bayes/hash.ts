import xxhash from 'xxhash-wasm';

const { h64Raw } = await xxhash();

/** XXH64 of a byte string. */
export function hash64(bytes: string, seed: bigint): bigint {
  return h64Raw(Buffer.from(bytes, 'latin1'), seed);
}

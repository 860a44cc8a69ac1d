import { blake2b } from '@noble/hashes/blake2b';

/** BLAKE2b-512. @param key up to 64 bytes */
export function bytesHash(bytes: Uint8Array, key?: Uint8Array): Buffer {
  return Buffer.from(blake2b(bytes, { dkLen: 64, ...(key === undefined ? {} : { key }) }));
}

/** What the original takes where the configuration names no key. */
export const usualKey = bytesHash(Buffer.from('rspamd'));

import { createHash } from 'node:crypto';
import type { ByteString } from '../../message/index.ts';
import type { DnsList } from './list.ts';

/** The form of base 32 that Rspamd has: least bits first (rspamd: src/libutil/str_util.c:rspamd_encode_base32_buf). */
const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769';

export function zBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held |= byte << bits;
    bits += 8;
    for (; bits >= 5; bits -= 5) {
      text += alphabet[held & 31];
      held >>>= 5;
    }
  }
  return bits > 0 ? text + alphabet[held & 31] : text;
}

/** An element as it is asked for. */
export function hashed(element: ByteString, { hash, hashFormat, hashLength }: DnsList): ByteString {
  if (hash === undefined) return element;
  const digest = createHash(hash === 'blake2' ? 'blake2b512' : hash)
    .update(element, 'latin1')
    .digest();
  const text = hashFormat === 'base32' ? zBase32(digest) : digest.toString(hashFormat);
  return hashLength === undefined ? text : text.slice(0, hashLength);
}

import { createHash } from 'node:crypto';
import { encodeBase32 } from '../../../wire/crypt/index.ts';
import type { ByteString } from '../../message/index.ts';
import { bytesHash, usualKey } from '../fuzzy/index.ts';

export const digestEncodings = ['hex', 'base32', 'bleach32', 'rbase32', 'base64'] as const;
export const digestAlgorithms = ['blake2', 'sha256', 'sha1', 'sha512', 'md5'] as const;

export type DigestEncoding = (typeof digestEncodings)[number];
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** rspamd: lualib/lua_selectors/common.lua:create_digest */
export function digestOf(bytes: Buffer, encoding: DigestEncoding, algorithm: DigestAlgorithm): ByteString {
  const hash = algorithm === 'blake2' ? bytesHash(bytes, usualKey) : createHash(algorithm).update(bytes).digest();
  switch (encoding) {
    case 'hex':
      return hash.toString('hex');
    case 'base64':
      return hash.toString('base64');
    case 'base32':
      return encodeBase32(hash);
    case 'bleach32':
      return fiveBits(hash, 'qpzry9x8gf2tvdw0s3jn54khce6mua7l');
    case 'rbase32':
      return fiveBits(hash, 'abcdefghijklmnopqrstuvwxyz234567');
  }
}

/** Groups of five bits from the high end, without padding. */
function fiveBits(bytes: Buffer, alphabet: string): string {
  let [text, held, bits] = ['', 0, 0];
  for (const byte of bytes) {
    held = ((held & 0x1f) << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
}

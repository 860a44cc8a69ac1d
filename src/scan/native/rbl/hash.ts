import { createHash } from 'node:crypto';
import { encodeBase32 } from '../../../wire/crypt/index.ts';
import type { ByteString } from '../../message/index.ts';
import type { DnsList } from './list.ts';

/** An element as it is asked for. */
export function hashed(element: ByteString, { hash, hashFormat, hashLength }: DnsList): ByteString {
  if (hash === undefined) return element;
  const digest = createHash(hash === 'blake2' ? 'blake2b512' : hash)
    .update(element, 'latin1')
    .digest();
  const text = hashFormat === 'base32' ? encodeBase32(digest) : digest.toString(hashFormat);
  return hashLength === undefined ? text : text.slice(0, hashLength);
}

import { randomFillSync, timingSafeEqual } from 'node:crypto';
import type { Cipher } from './cipher.ts';

export const nonceBytes = 24;
export const macBytes = 16;

/** Bytes in front of the cipher text of an HTTP body: nonce, then MAC. */
export const bodyOverhead = nonceBytes + macBytes;

/**
 * Encrypts `data` in place and returns its MAC: Poly1305 over the cipher text alone, keyed with the first half of block
 * 0 of the stream; the text starts at block 1 (rspamd: src/libcryptobox/cryptobox.c). Neither the IETF AEAD nor NaCl's
 * secretbox.
 */
export function encryptInPlace(cipher: Cipher, data: Buffer, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  cipher.xor(data, data, nonce, key);
  return cipher.mac(data, cipher.authKey(nonce, key));
}

/** The plain text in memory of its own; undefined where the MAC is not that of `data`. */
export function decrypt(
  cipher: Cipher,
  data: Uint8Array,
  mac: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
): Buffer | undefined {
  if (!timingSafeEqual(cipher.mac(data, cipher.authKey(nonce, key)), mac)) return undefined;
  const plain = Buffer.allocUnsafe(data.length);
  cipher.xor(plain, data, nonce, key);
  return plain;
}

/**
 * Turns `frame`, 40 free bytes and then a plain text, into an HTTP body: nonce, MAC, cipher text. In place: the text is
 * written once, by whoever made the frame.
 */
export function sealBody(cipher: Cipher, frame: Buffer, key: Uint8Array, nonce: Uint8Array = nextNonce()): Buffer {
  frame.set(nonce, 0);
  const mac = encryptInPlace(cipher, frame.subarray(bodyOverhead), nonce, key);
  frame.set(mac, nonceBytes);
  return frame;
}

/** The plain text of an HTTP body of at least 40 bytes; undefined where the MAC is wrong. */
export function openBody(cipher: Cipher, body: Buffer, key: Uint8Array): Buffer | undefined {
  const nonce = body.subarray(0, nonceBytes);
  return decrypt(cipher, body.subarray(bodyOverhead), body.subarray(nonceBytes, bodyOverhead), nonce, key);
}

/** Random bytes are drawn for many nonces at once: a call costs more than the bytes. */
const pool = Buffer.alloc(nonceBytes * 128);
let used = pool.length;

/** 24 random bytes, never given out twice; a view that is good until 128 nonces later. */
export function nextNonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += nonceBytes;
  return pool.subarray(used - nonceBytes, used);
}

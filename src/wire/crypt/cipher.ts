/**
 * The primitives of the construct (rspamd: src/libcryptobox/cryptobox.c): X25519, XChaCha20 with a 64 bit block counter
 * and Poly1305. Keys have 32 bytes, nonces 24, MACs 16.
 */
export interface Cipher {
  readonly name: 'sodium' | 'noble';
  /** X25519; 32 zero bytes where the peer's key is of small order. */
  agree(secret: Uint8Array, peer: Uint8Array): Uint8Array;
  /** The first 32 bytes of block 0 of the key stream: the Poly1305 key. */
  authKey(nonce: Uint8Array, key: Uint8Array): Uint8Array;
  /** `target` = `source` XOR the key stream from block 1 on; both may be the same memory. */
  xor(target: Uint8Array, source: Uint8Array, nonce: Uint8Array, key: Uint8Array): void;
  /** Poly1305 over `data` alone. */
  mac(data: Uint8Array, authKey: Uint8Array): Uint8Array;
}

import type { Cipher } from './cipher.ts';
import { CryptError } from './errors.ts';
import type { KeyPair, PublicKey } from './keys.ts';
import { hchacha20 } from './noble.ts';

/** `cache_size` of the `http` section, for clients and servers alike (rspamd: src/libserver/http/http_context.c). */
export const defaultCacheSize = 1024;

const zeros = Buffer.alloc(32);

/**
 * The key that two parties share: HChaCha20(X25519(own private, peer public), 16 zero bytes), `nm` in Rspamd's words
 * (rspamd: src/libcryptobox/cryptobox.c:rspamd_cryptobox_nm).
 *
 * @throws CryptError `weak-key` where the peer's key would make it known to everybody
 */
export function sharedKey(cipher: Cipher, own: KeyPair, peer: PublicKey): Uint8Array {
  const secret = cipher.agree(own.secret, peer.bytes);
  if (zeros.equals(secret)) throw new CryptError('weak-key');
  return hchacha20(secret, zeros.subarray(0, 16));
}

/** Shared keys of the pairs used last: making one costs as much as sealing some ten messages. */
export class SharedKeys {
  readonly #cipher: Cipher;
  readonly #limit: number;
  /** Least recently used first. */
  readonly #known = new Map<string, Uint8Array>();

  /** @param limit pairs to remember; 0 remembers none */
  constructor(cipher: Cipher, limit: number = defaultCacheSize) {
    this.#cipher = cipher;
    this.#limit = limit;
  }

  get(own: KeyPair, peer: PublicKey): Uint8Array {
    const name = own.publicKey.lookup + peer.lookup;
    const found = this.#known.get(name);
    if (found !== undefined) this.#known.delete(name);
    const key = found ?? sharedKey(this.#cipher, own, peer);
    this.#known.set(name, key);
    if (this.#known.size > this.#limit) this.#known.delete(this.#known.keys().next().value as string);
    return key;
  }

  get size(): number {
    return this.#known.size;
  }
}

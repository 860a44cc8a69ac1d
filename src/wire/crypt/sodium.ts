import type { Cipher } from './cipher.ts';

/** What is used of the package sodium-native. */
interface Sodium {
  crypto_scalarmult(out: Uint8Array, secret: Uint8Array, peer: Uint8Array): void;
  crypto_stream_xchacha20(out: Uint8Array, nonce: Uint8Array, key: Uint8Array): void;
  crypto_stream_xchacha20_xor_ic(
    out: Uint8Array,
    data: Uint8Array,
    nonce: Uint8Array,
    block: number,
    key: Uint8Array,
  ): void;
  crypto_onetimeauth(out: Uint8Array, data: Uint8Array, key: Uint8Array): void;
}

/**
 * libsodium through sodium-native, an optional dependency with binaries for the usual systems; undefined where it is not
 * installed or does not load (a C library or processor it has no binary for).
 *
 * @param name of the package; a variable, as nothing may ask for its types where it is not installed
 */
export async function loadSodium(name: string = 'sodium-native'): Promise<Cipher | undefined> {
  try {
    const loaded = (await import(name)) as { default: Sodium };
    return sodiumCipher(loaded.default);
  } catch {
    return undefined;
  }
}

function sodiumCipher(sodium: Sodium): Cipher {
  return {
    name: 'sodium',
    agree: (secret, peer) => {
      const out = Buffer.alloc(32);
      try {
        sodium.crypto_scalarmult(out, secret, peer);
      } catch {
        // libsodium refuses a point of small order: the caller is to see zeros.
        out.fill(0);
      }
      return out;
    },
    authKey: (nonce, key) => {
      const out = Buffer.allocUnsafe(32);
      sodium.crypto_stream_xchacha20(out, nonce, key);
      return out;
    },
    xor: (target, source, nonce, key) => sodium.crypto_stream_xchacha20_xor_ic(target, source, nonce, 1, key),
    mac: (data, authKey) => {
      const out = Buffer.allocUnsafe(16);
      sodium.crypto_onetimeauth(out, data, authKey);
      return out;
    },
  };
}

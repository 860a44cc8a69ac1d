import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { ByteString } from '../../message/index.ts';

/** Before the seed of a key of RFC 8410. */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const seedLength = 32;
/** A seed with its public key, as libsodium has it. */
const longLength = 64;

/** A key, and what a signature by it says. */
export interface FoundKey {
  readonly domain: ByteString;
  readonly selector: string;
  readonly key: KeyObject;
}

interface Loaded {
  readonly stamp: number;
  readonly key: KeyObject;
}

/** Private keys of signatures, from files that are read again when they change, or from the configuration. */
export class SigningKeys {
  readonly #files = new Map<string, Loaded>();

  /**
   * @returns undefined where there is no such file
   * @throws Error where there is no key in it
   */
  fromFile(path: string): KeyObject | undefined {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const known = this.#files.get(path);
    if (known?.stamp === stat.mtimeMs) return known.key;
    const key = readSigningKey(readFileSync(path), path);
    this.#files.set(path, { stamp: stat.mtimeMs, key });
    return key;
  }
}

/**
 * PEM, or base 64 of a DER form or of an Ed25519 seed (rspamd: src/libserver/dkim.c:rspamd_dkim_sign_key_load).
 * @param where it comes from, for people
 * @throws Error
 */
export function readSigningKey(content: Buffer, where: string): KeyObject {
  const text = content.toString('latin1').trim();
  try {
    const key = text.startsWith('-----') ? createPrivateKey(text) : fromBase64(text);
    if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below, without a word of the key.
  }
  throw new Error(
    `there is no RSA or Ed25519 key in ${where}; rspamadm dkim_keygen and openssl genpkey write such keys`,
  );
}

function fromBase64(text: string): KeyObject {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === seedLength || bytes.length === longLength) {
    const key = Buffer.concat([ed25519Prefix, bytes.subarray(0, seedLength)]);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  }
  try {
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch {
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' });
  }
}

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { CryptError } from './errors.ts';
import type { KeyPair, PublicKey } from './keys.ts';

/** Ed25519 over the bytes as they are (rspamd: src/libcryptobox/cryptobox.c:rspamd_cryptobox_sign). */
export const signatureBytes = 64;

/** @throws CryptError `key-syntax` for a pair that is for encryption */
export function signBytes(data: Uint8Array, { type, publicKey, secret }: KeyPair): Buffer {
  if (type !== 'sign') throw new CryptError('key-syntax', 'a key pair for encryption cannot sign');
  const d = secret.subarray(0, 32).toString('base64url');
  return sign(null, data, createPrivateKey({ key: { ...jwk(publicKey), d }, format: 'jwk' }));
}

export function verifyBytes(data: Uint8Array, signature: Uint8Array, key: PublicKey): boolean {
  if (key.type !== 'sign' || signature.length !== signatureBytes) return false;
  return verify(null, data, createPublicKey({ key: jwk(key), format: 'jwk' }), signature);
}

function jwk(key: PublicKey): { kty: string; crv: string; x: string } {
  return { kty: 'OKP', crv: 'Ed25519', x: key.bytes.toString('base64url') };
}

import { decrypt, encryptInPlace, macBytes, nextNonce, nonceBytes } from './box.ts';
import type { Cipher } from './cipher.ts';
import { CryptError } from './errors.ts';
import { generateKeyPair, type KeyPair, PublicKey } from './keys.ts';
import { sharedKey } from './secrets.ts';

/** Magic, public key of a pair made for this file, MAC, nonce, cipher text (rspamd: src/libcryptobox/keypair.c:rspamd_keypair_encrypt). */
const magic = Buffer.from('ruclev1', 'latin1');
const keyAt = magic.length;
const macAt = keyAt + 32;
const nonceAt = macAt + macBytes;
const dataAt = nonceAt + nonceBytes;

/** @throws CryptError `weak-key`, or `key-syntax` for a key that is for signatures */
export function encryptFile(cipher: Cipher, plain: Uint8Array, recipient: PublicKey): Buffer {
  if (recipient.type !== 'kex') throw new CryptError('key-syntax', 'a key for signatures cannot encrypt');
  const own = generateKeyPair();
  const nonce = nextNonce();
  const file = Buffer.allocUnsafe(dataAt + plain.length);
  file.set(magic, 0);
  file.set(own.publicKey.bytes, keyAt);
  file.set(nonce, nonceAt);
  file.set(plain, dataAt);
  file.set(encryptInPlace(cipher, file.subarray(dataAt), nonce, sharedKey(cipher, own, recipient)), macAt);
  return file;
}

/** @throws CryptError `short`, `inner` (no encrypted file at all), `weak-key`, `forged`, or `key-syntax` for a signing pair */
export function decryptFile(cipher: Cipher, file: Buffer, recipient: KeyPair): Buffer {
  if (recipient.type !== 'kex') throw new CryptError('key-syntax', 'a key pair for signatures cannot decrypt');
  if (!file.subarray(0, magic.length).equals(magic)) throw new CryptError('inner', 'no file encrypted by rspamadm');
  if (file.length < dataAt) throw new CryptError('short');
  const key = sharedKey(cipher, recipient, new PublicKey(file.subarray(keyAt, macAt)));
  const mac = file.subarray(macAt, nonceAt);
  const plain = decrypt(cipher, file.subarray(dataAt), mac, file.subarray(nonceAt, dataAt), key);
  if (plain === undefined) throw new CryptError('forged');
  return plain;
}

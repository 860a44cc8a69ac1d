import { createCipheriv, randomBytes } from 'node:crypto';
import { runtimeError } from '../../lua/index.ts';

const blockBytes = 16;

/** A short text and the time, encrypted (rspamd: src/lua/lua_cryptobox.c:lua_cryptobox_encrypt_cookie). Base 64. */
export function encryptCookie(secret: string, cookie: string): string {
  if (cookie.length > blockBytes - 1) throw runtimeError(`cookie is too long ${cookie.length}`);
  const nonce = Buffer.concat([randomBytes(12), Buffer.alloc(4)]);
  nonce.writeUInt32LE(Math.floor(Date.now() / 1000), 12);
  const block = Buffer.alloc(blockBytes);
  block.write(cookie, 'latin1');
  return Buffer.concat([nonce, mixed(block, nonce, keyOf(secret))]).toString('base64');
}

/** The text and the time in seconds; undefined for what is no cookie, null for one of another key. */
export function decryptCookie(
  secret: string,
  cookie: string,
): { readonly text: string; readonly time: number } | undefined | null {
  const key = keyOf(secret);
  const bytes = Buffer.from(cookie, 'base64');
  if (bytes.length !== 2 * blockBytes) return undefined;
  const nonce = bytes.subarray(0, blockBytes);
  const block = mixed(bytes.subarray(blockBytes), nonce, key);
  if (block[blockBytes - 1] !== 0) return null;
  return { text: block.toString('latin1').split('\0', 1)[0] as string, time: nonce.readUInt32LE(12) };
}

function keyOf(secret: string): Buffer {
  if (secret.length === 32) return Buffer.from(secret, 'hex');
  if (secret.length === blockBytes) return Buffer.from(secret, 'latin1');
  throw runtimeError(`invalid keysize ${secret.length}`);
}

/** Counter mode of a single block. */
function mixed(block: Buffer, nonce: Buffer, key: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const stream = Buffer.concat([cipher.update(nonce), cipher.final()]);
  return Buffer.from(block.map((byte, i) => byte ^ (stream[i] as number)));
}

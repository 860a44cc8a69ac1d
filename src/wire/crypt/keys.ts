import { createHash } from 'node:crypto';
import nacl from 'tweetnacl';
import { decodeBase32, encodeBase32 } from './base32.ts';
import { CryptError } from './errors.ts';

/** `kex`: X25519, for encryption. `sign`: Ed25519, for signatures. */
export type KeyType = 'kex' | 'sign';

const publicBytes = 32;
const secretBytes = { kex: 32, sign: 64 } as const;

/** Bytes of an id that a Key header needs to name a key (rspamd: src/libcryptobox/keypair.h:RSPAMD_KEYPAIR_SHORT_ID_LEN). */
export const shortIdBytes = 5;

/** The half of a key pair that everybody may know. */
export class PublicKey {
  readonly type: KeyType;
  /** 32 bytes; a copy of what was given. */
  readonly bytes: Buffer;
  /** `bytes` as a byte string, to look things up by. */
  readonly lookup: string;
  #id: Buffer | undefined;

  constructor(bytes: Uint8Array, type: KeyType = 'kex') {
    if (bytes.length !== publicBytes) {
      throw new CryptError('key-syntax', `a public key has ${publicBytes} bytes, here are ${bytes.length}`);
    }
    this.type = type;
    this.bytes = Buffer.from(bytes);
    this.lookup = this.bytes.toString('latin1');
  }

  /** BLAKE2b-512 of the key (rspamd: src/libcryptobox/keypair.c:rspamd_keypair_new). */
  get id(): Buffer {
    this.#id ??= createHash('blake2b512').update(this.bytes).digest();
    return this.#id;
  }

  /** The first five bytes of the id: eight characters. */
  get shortId(): string {
    return encodeBase32(this.id.subarray(0, shortIdBytes));
  }

  /** Base32, as configurations and the Key header have it. */
  toString(): string {
    return encodeBase32(this.bytes);
  }
}

export interface KeyPair {
  readonly type: KeyType;
  readonly publicKey: PublicKey;
  /** 32 bytes (kex), 64 bytes (sign: seed and public key). */
  readonly secret: Buffer;
}

export function generateKeyPair(type: KeyType = 'kex'): KeyPair {
  const made = type === 'kex' ? nacl.box.keyPair() : nacl.sign.keyPair();
  const secret = Buffer.from(made.secretKey);
  if (type === 'kex') clamp(secret);
  return { type, publicKey: new PublicKey(made.publicKey, type), secret };
}

/** Rspamd stores private keys clamped (RFC 7748, section 5); X25519 clamps again on use. */
function clamp(secret: Buffer): void {
  secret[0] = (secret[0] as number) & 248;
  secret[31] = ((secret[31] as number) & 127) | 64;
}

/** @throws CryptError `key-syntax` where the lengths are wrong or the public key is not the secret one's */
export function keyPairOf(publicKey: Uint8Array, secret: Uint8Array, type: KeyType = 'kex'): KeyPair {
  if (secret.length !== secretBytes[type]) {
    const wanted = secretBytes[type];
    throw new CryptError('key-syntax', `a private key of type ${type} has ${wanted} bytes, here are ${secret.length}`);
  }
  const pair = { type, publicKey: new PublicKey(publicKey, type), secret: Buffer.from(secret) };
  if (!belongTogether(pair)) throw new CryptError('key-syntax', 'the public key does not belong to the private key');
  return pair;
}

function belongTogether({ type, publicKey, secret }: KeyPair): boolean {
  if (type === 'kex') return publicKey.bytes.equals(nacl.scalarMult.base(secret));
  // libsodium signs with the copy of the public key behind the seed, which must therefore be the right one too.
  const derived = nacl.sign.keyPair.fromSeed(secret.subarray(0, 32));
  return publicKey.bytes.equals(derived.publicKey) && publicKey.bytes.equals(secret.subarray(32));
}

/** A public key in base32: the form of `key` options and of the Key header; undefined where it is none. */
export function readPublicKey(text: string, type: KeyType = 'kex'): PublicKey | undefined {
  const bytes = decodeBase32(text);
  return bytes?.length === publicBytes ? new PublicKey(bytes, type) : undefined;
}

export type KeyEncoding = 'base32' | 'hex' | 'base64';

/** The members of a `keypair` section that matter; `type` and `encoding` as written (rspamd: keypair.c:rspamd_keypair_from_ucl). */
export interface KeyPairText {
  readonly pubkey: string;
  readonly privkey: string;
  readonly type?: string | undefined;
  readonly encoding?: string | undefined;
}

/** @throws CryptError `key-syntax`, with words that say which half is wrong; never with the key itself */
export function readKeyPair(text: KeyPairText): KeyPair {
  const type: KeyType = text.type?.toLowerCase() === 'sign' ? 'sign' : 'kex';
  const encoding = encodingNamed(text.encoding);
  const publicKey = decodeKey(text.pubkey, encoding);
  if (publicKey === undefined) throw new CryptError('key-syntax', `the public key is not ${encoding}`);
  const secret = decodeKey(text.privkey, encoding);
  if (secret === undefined) throw new CryptError('key-syntax', `the private key is not ${encoding}`);
  return keyPairOf(publicKey, secret, type);
}

/** Any other text counts as base32, as in Rspamd. */
function encodingNamed(name: string | undefined): KeyEncoding {
  const wanted = name?.toLowerCase();
  return wanted === 'hex' || wanted === 'base64' ? wanted : 'base32';
}

function decodeKey(text: string, encoding: KeyEncoding): Buffer | undefined {
  if (encoding === 'base32') return decodeBase32(text);
  if (encoding === 'hex') return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function encodeKey(bytes: Uint8Array, encoding: KeyEncoding): string {
  return encoding === 'base32' ? encodeBase32(bytes) : Buffer.from(bytes).toString(encoding);
}

/** The members of a `keypair` section as `rspamadm keypair` prints them, in the order of rspamd: keypair.c:rspamd_keypair_to_ucl. */
export function writeKeyPair(pair: KeyPair, encoding: KeyEncoding = 'base32'): Record<string, string> {
  return {
    pubkey: encodeKey(pair.publicKey.bytes, encoding),
    privkey: encodeKey(pair.secret, encoding),
    id: encodeKey(pair.publicKey.id, encoding),
    ...(encoding === 'base32' ? {} : { encoding }),
    algorithm: 'curve25519',
    type: pair.type,
  };
}

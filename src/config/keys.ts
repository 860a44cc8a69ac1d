import type { UclObject, UclValue } from '../ucl/index.ts';
import { head, lookup } from './lookup.ts';

/** A Curve25519 key pair for encryption (`kex`) or an Ed25519 one for signatures (`sign`, private key of 64 bytes). */
export interface Keypair {
  readonly type: 'kex' | 'sign';
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

/** z-base-32 letters, value 0 to 31 (rspamd: src/libutil/str_util.c:rspamd_decode_base32_buf). */
const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const values: ReadonlyMap<string, number> = new Map([...alphabet].map((letter, value) => [letter, value]));

/**
 * The bytes behind a base32 text, which holds a little-endian number, five bits a letter, lowest first. Excess bits of
 * the last letter are dropped. Undefined when a letter is none of the alphabet.
 */
export function decodeBase32(text: string): Buffer | undefined {
  if (text.length === 0) return Buffer.alloc(0);
  const bytes = Buffer.alloc(Math.floor((5 * (text.length - 1)) / 8) + 1);
  for (let at = 0; at < text.length; at++) {
    const value = values.get(text.charAt(at));
    if (value === undefined) return undefined;
    const bits = value << ((at * 5) % 8);
    const first = (at * 5) >> 3;
    bytes[first] = (bytes[first] ?? 0) | (bits & 0xff);
    if (first + 1 < bytes.length) bytes[first + 1] = bits >> 8;
  }
  return bytes;
}

type Encoding = 'base32' | 'hex' | 'base64';

function decode(text: string, encoding: Encoding): Buffer | undefined {
  if (encoding === 'base32') return decodeBase32(text);
  const pattern = encoding === 'hex' ? /^(?:[0-9a-f]{2})*$/i : /^[A-Za-z0-9+/]*={0,2}$/;
  return pattern.test(text) ? Buffer.from(text, encoding) : undefined;
}

/** The 32 bytes of a public key in base32; undefined when it is none. */
export function publicKey(text: string): Buffer | undefined {
  const bytes = decodeBase32(text);
  return bytes?.length === 32 ? bytes : undefined;
}

export type KeypairResult = { readonly ok: Keypair } | { readonly problem: string };

/**
 * Reads a key pair in any of the spellings of rspamd: src/libcryptobox/keypair.c:rspamd_keypair_from_ucl. A problem is
 * told without any byte of the keys.
 */
export function readKeypair(object: UclObject): KeypairResult {
  const inner = lookup(object, 'keypair');
  const parts = inner?.type === 'object' ? inner : object;
  const type = word(parts, 'type') === 'sign' ? 'sign' : 'kex';
  const encoding = encodingOf(parts);
  const publicPart = key(parts, ['pubkey', 'public', 'public_key'], 32, encoding);
  const privatePart = key(
    parts,
    ['privkey', 'private', 'private_key', 'secret', 'secret_key'],
    type === 'sign' ? 64 : 32,
    encoding,
  );
  if (typeof publicPart === 'string') return { problem: publicPart };
  if (typeof privatePart === 'string') return { problem: privatePart };
  return { ok: { type, publicKey: publicPart, privateKey: privatePart } };
}

function word(object: UclObject, name: string): string | undefined {
  const value = lookup(object, name);
  return value?.type === 'string' ? value.value.toLowerCase() : undefined;
}

function encodingOf(object: UclObject): Encoding {
  const name = word(object, 'encoding');
  return name === 'hex' || name === 'base64' ? name : 'base32';
}

/** The bytes of a key, or what is wrong with it. */
function key(object: UclObject, names: readonly string[], length: number, encoding: Encoding): Buffer | string {
  const found = names.map((name) => [name, lookup(object, name)] as const).find(([, value]) => value !== undefined);
  if (found === undefined) return `${names[0]} is missing`;
  const [name, value] = found;
  const text = stringOf(value);
  if (text === undefined) return `${name} is not a string`;
  const bytes = decode(text, encoding);
  if (bytes === undefined) return `${name} has characters that are not ${encoding}`;
  return bytes.length === length ? bytes : `${name} has ${bytes.length} bytes instead of ${length}`;
}

function stringOf(value: UclValue | undefined): string | undefined {
  const first = value === undefined ? undefined : head(value);
  return first?.type === 'string' ? first.value : undefined;
}

import { generateKeyPairSync } from 'node:crypto';
import {
  checkString,
  type LuaResult,
  type LuaTable,
  type LuaValue,
  runtimeError,
  toNumber,
  toText,
  two,
} from '../../lua/index.ts';
import { encryptPassword } from '../../ucl/index.ts';
import {
  CryptError,
  decryptFile,
  encryptFile,
  generateKeyPair,
  type KeyPair,
  nobleCipher,
  type PublicKey,
  readPublicKey,
  signBytes,
  verifyBytes,
} from '../../wire/crypt/index.ts';
import { checkObject, unwrap, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { readFileBytes } from '../system.ts';
import { newText } from '../text/class.ts';
import { bytesOf, checkBytes } from '../text/text.ts';
import type { World } from '../world.ts';
import { decryptCookie, encryptCookie } from './cookie.ts';
import { complain, pairClass, publicKeyClass, Signature, signatureClass } from './keys.ts';
import { xxh3 } from './xxh3.ts';

const catenaNames = new Set(['catena', 'pbkdf2-catena']);

/** The module `rspamd_cryptobox` (rspamd: src/lua/lua_cryptobox.c). */
export function cryptoboxModule(world: World): LuaTable {
  const fileBytes = (path: string, fn: string): Buffer | undefined => {
    const file = readFileBytes(path);
    if (typeof file === 'string') return Buffer.from(file, 'latin1');
    complain(world, fn, `cannot mmap file ${path}: ${file.problem}`);
    return undefined;
  };
  const sign = (pair: KeyPair, data: Buffer): LuaResult => {
    if (pair.type === 'kex') throw runtimeError('invalid arguments');
    return wrap(world, signatureClass, new Signature(signBytes(data, pair)));
  };
  const verify = (args: readonly LuaValue[], data: Buffer): LuaResult => {
    const key = checkObject(publicKeyClass, args, 1);
    return verifyBytes(data, checkObject(signatureClass, args, 2).bytes, key);
  };
  const encrypt = (args: readonly LuaValue[], data: Buffer): LuaResult => {
    const key = recipient(args[0]);
    return newText(world, attempt('encrypt', () => encryptFile(nobleCipher, data, key)).toString('latin1'));
  };
  const decrypt = (args: readonly LuaValue[], data: Buffer): LuaResult => {
    const { pair } = checkObject(pairClass, args, 1);
    try {
      return two(true, newText(world, decryptFile(nobleCipher, data, pair).toString('latin1')));
    } catch (error) {
      if (error instanceof CryptError) return two(false, error.message);
      throw error;
    }
  };
  const onFile = (
    args: readonly LuaValue[],
    index: number,
    run: (data: Buffer) => LuaResult,
    fn: string,
  ): LuaResult => {
    const data = fileBytes(checkString(args, index), fn);
    return data === undefined ? undefined : run(data);
  };
  return moduleTable({
    sign_memory: (...args) => sign(checkObject(pairClass, args, 1).pair, Buffer.from(checkBytes(args, 2), 'latin1')),
    sign_file: (...args) =>
      onFile(args, 2, (data) => sign(checkObject(pairClass, args, 1).pair, data), 'lua_cryptobox_sign_file'),
    verify_memory: (...args) => verify(args, Buffer.from(checkBytes(args, 3), 'latin1')),
    verify_file: (...args) => onFile(args, 3, (data) => verify(args, data), 'lua_cryptobox_verify_file'),
    encrypt_memory: (...args) => encrypt(args, Buffer.from(checkBytes(args, 2), 'latin1')),
    encrypt_file: (...args) => onFile(args, 2, (data) => encrypt(args, data), 'lua_cryptobox_encrypt_file'),
    decrypt_memory: (...args) => decrypt(args, Buffer.from(checkBytes(args, 2), 'latin1')),
    decrypt_file: (...args) => onFile(args, 2, (data) => decrypt(args, data), 'lua_cryptobox_decrypt_file'),
    encrypt_cookie: (...args) => encryptCookie(checkString(args, 1), checkString(args, 2)),
    decrypt_cookie: (...args) => {
      const opened = decryptCookie(checkString(args, 1), checkString(args, 2));
      if (opened === undefined) return undefined;
      return opened === null ? two(undefined, undefined) : two(opened.text, opened.time);
    },
    pbkdf: (...args) => {
      const password = bytesOf(args, 1);
      const kind = (toText(args[1]) ?? 'catena').toLowerCase();
      if (!catenaNames.has(kind)) throw runtimeError(`invalid pbkdf algorithm: ${kind}`);
      if (password === undefined) throw runtimeError('rspamd_cryptobox.pbkdf: there is no terminal to read from');
      return password === '' ? undefined : encryptPassword(Buffer.from(password, 'latin1'));
    },
    gen_dkim_keypair: (...args) => dkimPair(world, toText(args[0]) ?? 'rsa', toNumber(args[1]) ?? 1024),
    fast_hash64: (...args) => {
      const data = bytesOf(args, 1);
      if (data === undefined) throw runtimeError('invalid arguments: string or rspamd_text expected');
      const seed = BigInt.asUintN(64, BigInt(Math.trunc(typeof args[1] === 'number' ? args[1] : 0)));
      const hash = xxh3(Buffer.from(data, 'latin1'), seed);
      return two(Number(hash >> 32n), Number(hash & 0xffffffffn));
    },
  });
}

/** Whom something is encrypted for: a pair, a public key, or one in base32. */
function recipient(value: LuaValue): PublicKey {
  const pair = unwrap(pairClass, value);
  const key = pair?.pair.publicKey ?? unwrap(publicKeyClass, value) ?? readPublicKey(toText(value) ?? '');
  if (key === undefined) throw runtimeError('invalid arguments');
  return key;
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof CryptError) throw runtimeError(`cannot ${what} data: ${error.message}`);
    throw error;
  }
}

/** The private and the public half in base 64. */
function dkimPair(world: World, kind: string, bits: number): LuaResult {
  const give = (secret: Buffer, open: Buffer): LuaResult =>
    two(newText(world, secret.toString('base64')), newText(world, open.toString('base64')));
  if (kind === 'rsa') {
    if (!(bits >= 512 && bits <= 8192)) throw runtimeError('EVP_PKEY_keygen failed');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    return give(privateKey.export({ type: 'pkcs1', format: 'der' }), publicKey.export({ type: 'spki', format: 'der' }));
  }
  if (kind !== 'ed25519' && kind !== 'ed25519-seed') throw runtimeError(`invalid algorithm ${kind}`);
  const { secret, publicKey } = generateKeyPair('sign');
  return give(kind === 'ed25519' ? secret : secret.subarray(0, 32), publicKey.bytes);
}

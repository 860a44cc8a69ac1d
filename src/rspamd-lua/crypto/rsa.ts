import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
} from 'node:crypto';
import { type LuaResult, type LuaTable, runtimeError, toNumber, toText, two } from '../../lua/index.ts';
import { type ClassDefinition, checkObject, wrap } from '../classes.ts';
import { toBase64 } from '../encodings/base64.ts';
import { moduleTable } from '../modules.ts';
import { readFileBytes, writeFileBytes } from '../system.ts';
import { checkBytes } from '../text/text.ts';
import type { World } from '../world.ts';
import { complain } from './keys.ts';

class PrivateKey {
  readonly key: KeyObject;
  constructor(key: KeyObject) {
    this.key = key;
  }
}

class RsaPublicKey {
  readonly key: KeyObject;
  constructor(key: KeyObject) {
    this.key = key;
  }
}

class RsaSignature {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

const privateClass: ClassDefinition<PrivateKey> = {
  name: 'rspamd{rsa_privkey}',
  constructor: PrivateKey,
  methods: (world) => ({
    save: ({ key }, args) => {
      const path = toText(args[1]) ?? '';
      const isDer = args[2] === 'der';
      const bytes = isDer
        ? key.export({ type: 'pkcs8', format: 'der' })
        : Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
      const problem = writeFileBytes(path, bytes, true, 0o600);
      if (problem !== undefined)
        complain(world, 'lua_rsa_privkey_save', `cannot save privkey to file: ${path}, ${problem}`);
      return problem === undefined;
    },
  }),
};

const publicClass: ClassDefinition<RsaPublicKey> = {
  name: 'rspamd{rsa_pubkey}',
  constructor: RsaPublicKey,
  methods: () => ({
    __tostring: ({ key }) => key.export({ type: 'spki', format: 'der' }).toString('latin1'),
  }),
};

const signatureClass: ClassDefinition<RsaSignature> = {
  name: 'rspamd{rsa_signature}',
  constructor: RsaSignature,
  methods: (world) => ({
    base64: ({ bytes }, args) => {
      const end = args[2] === 'cr' ? '\r' : args[2] === 'lf' ? '\n' : '\r\n';
      return toBase64(bytes.toString('latin1'), Math.trunc(toNumber(args[1]) ?? 0), `${end}\t`);
    },
    save: ({ bytes }, args) => {
      const path = toText(args[1]) ?? '';
      const problem = writeFileBytes(path, bytes, args[2] !== undefined && args[2] !== false);
      if (problem !== undefined) {
        complain(world, 'lua_rsa_signature_save', `cannot create a signature file: ${path}, ${problem}`);
      }
      return problem === undefined;
    },
  }),
};

/** What OpenSSL puts before a SHA-256 (RFC 8017, 9.2). */
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const digestBytes = 32;

function padded(digest: string): Buffer {
  return Buffer.concat([digestInfo, Buffer.from(digest, 'latin1')]);
}

/** Keys come from a text or a file; what is wrong with them is logged. */
function reader(world: World, fn: string, read: (text: string) => KeyObject, give: (key: KeyObject) => LuaResult) {
  const fromText = (text: string, what: string): LuaResult => {
    let key: KeyObject;
    try {
      key = read(text);
    } catch (error) {
      complain(world, fn, `cannot open ${what}, ${(error as Error).message}`);
      return undefined;
    }
    return give(key);
  };
  return {
    text: (text: string) => fromText(text, 'key from data'),
    file: (path: string): LuaResult => {
      const file = readFileBytes(path);
      if (typeof file === 'string') return fromText(file, `key from file: ${path}`);
      complain(world, fn, `cannot open key from file: ${path}, ${file.problem}`);
      return undefined;
    },
  };
}

const privateOfDer = (bytes: Buffer): KeyObject => {
  try {
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch {
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' });
  }
};

/** The module `rspamd_rsa_privkey` (rspamd: src/lua/lua_rsa.c). */
export function rsaPrivateModule(world: World): LuaTable {
  const give = (key: KeyObject): LuaResult => wrap(world, privateClass, new PrivateKey(key));
  const pem = reader(world, 'lua_rsa_privkey_load', (text) => createPrivateKey(text), give);
  const raw = reader(world, 'lua_rsa_privkey_load', (text) => privateOfDer(Buffer.from(text, 'latin1')), give);
  const base64 = reader(world, 'lua_rsa_privkey_load', (text) => privateOfDer(Buffer.from(text, 'base64')), give);
  return moduleTable({
    load_file: (...args) => pem.file(checkBytes(args, 1)),
    load_pem: (...args) => pem.text(checkBytes(args, 1)),
    create: (...args) => pem.text(checkBytes(args, 1)),
    load_raw: (...args) => raw.text(checkBytes(args, 1)),
    load_base64: (...args) => base64.text(checkBytes(args, 1)),
  });
}

/** The module `rspamd_rsa_pubkey`. */
export function rsaPublicModule(world: World): LuaTable {
  const give = (key: KeyObject): LuaResult => wrap(world, publicClass, new RsaPublicKey(key));
  const pem = reader(world, 'lua_rsa_pubkey_load', (text) => createPublicKey(text), give);
  return moduleTable({
    load: (...args) => pem.file(checkBytes(args, 1)),
    create: (...args) => pem.text(checkBytes(args, 1)),
  });
}

/** The module `rspamd_rsa_signature`. */
export function rsaSignatureModule(world: World): LuaTable {
  const give = (bytes: string): LuaResult =>
    wrap(world, signatureClass, new RsaSignature(Buffer.from(bytes, 'latin1')));
  return moduleTable({
    create: (...args) => give(checkBytes(args, 1)),
    load: (...args) => {
      const path = checkBytes(args, 1);
      const file = readFileBytes(path);
      if (typeof file === 'string') return give(file);
      complain(world, 'lua_rsa_signature_load', `cannot open signature file: ${path}, ${file.problem}`);
      return undefined;
    },
  });
}

/** The module `rspamd_rsa`: signatures of SHA-256 hashes. */
export function rsaModule(world: World): LuaTable {
  return moduleTable({
    sign_memory: (...args) => {
      const { key } = checkObject(privateClass, args, 1);
      const digest = checkBytes(args, 2);
      if (digest.length !== digestBytes) throw runtimeError('cannot sign: invalid digest length');
      const bytes = privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, padded(digest));
      return wrap(world, signatureClass, new RsaSignature(bytes));
    },
    verify_memory: (...args) => {
      const { key } = checkObject(publicClass, args, 1);
      const { bytes } = checkObject(signatureClass, args, 2);
      const digest = checkBytes(args, 3);
      try {
        if (publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, bytes).equals(padded(digest))) return true;
        return two(false, 'bad signature');
      } catch (error) {
        return two(false, (error as Error).message);
      }
    },
    keypair: (bits) => {
      const size = Math.trunc(toNumber(bits) ?? 1024);
      if (!(size >= 512 && size <= 4096)) throw runtimeError('invalid bits count');
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: size });
      return two(
        wrap(world, privateClass, new PrivateKey(privateKey)),
        wrap(world, publicClass, new RsaPublicKey(publicKey)),
      );
    },
  });
}

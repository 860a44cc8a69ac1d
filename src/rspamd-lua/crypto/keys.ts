import { type LuaResult, type LuaTable, type LuaValue, runtimeError, toText } from '../../lua/index.ts';
import { get, type UclValue } from '../../ucl/index.ts';
import {
  CryptError,
  generateKeyPair,
  type KeyEncoding,
  type KeyPair,
  type KeyType,
  PublicKey,
  readKeyPair,
  readPublicKey,
  writeKeyPair,
} from '../../wire/crypt/index.ts';
import { type ClassDefinition, wrap } from '../classes.ts';
import { base32Named, toBase32 } from '../encodings/base32.ts';
import { moduleTable } from '../modules.ts';
import { readFileBytes, writeFileBytes } from '../system.ts';
import { record } from '../tables.ts';
import { checkBytes } from '../text/text.ts';
import { fromLua, toLua } from '../ucl/convert.ts';
import { parseSafely } from '../ucl/parser.ts';
import type { World } from '../world.ts';

/** A key pair in Lua's hands. */
export class Pair {
  readonly pair: KeyPair;
  constructor(pair: KeyPair) {
    this.pair = pair;
  }
}

/** A signature in Lua's hands. */
export class Signature {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

export const publicKeyClass: ClassDefinition<PublicKey> = {
  name: 'rspamd{cryptobox_pubkey}',
  constructor: PublicKey,
  methods: () => ({}),
};

const keyTypeName = ({ pair }: Pair): string => (pair.type === 'kex' ? 'encryption' : 'sign');

export const pairClass: ClassDefinition<Pair> = {
  name: 'rspamd{cryptobox_keypair}',
  constructor: Pair,
  methods: (world) => {
    const publicKey = ({ pair }: Pair): LuaResult => wrap(world, publicKeyClass, pair.publicKey);
    return {
      totable: ({ pair }, args) => pairTable(world, pair, args[1]),
      get_type: keyTypeName,
      type: keyTypeName,
      get_alg: () => 'curve25519',
      alg: () => 'curve25519',
      pk: publicKey,
      pubkey: publicKey,
    };
  },
};

export const signatureClass: ClassDefinition<Signature> = {
  name: 'rspamd{cryptobox_signature}',
  constructor: Signature,
  methods: (world) => ({
    hex: ({ bytes }) => bytes.toString('hex'),
    base64: ({ bytes }) => bytes.toString('base64'),
    bin: ({ bytes }) => bytes.toString('latin1'),
    base32: ({ bytes }, args) => {
      const kind = base32Named(typeof args[1] === 'string' ? args[1] : 'default');
      if (kind === undefined) throw runtimeError(`invalid b32 type: ${args[1]}`);
      return toBase32(bytes.toString('latin1'), kind);
    },
    save: ({ bytes }, args) => {
      const path = toText(args[1]);
      if (path === undefined) throw runtimeError('bad input arguments');
      const isForced = args[2] !== undefined && args[2] !== false;
      const problem = writeFileBytes(path, bytes, isForced);
      if (problem === undefined) return true;
      complain(world, 'lua_cryptobox_signature_save', `cannot create a signature file: ${path}, ${problem}`);
      return false;
    },
  }),
};

export function complain(world: World, fn: string, text: string): void {
  world.logger.log('error', '', fn, '', text);
}

const encodings: Readonly<Record<string, KeyEncoding>> = {
  hex: 'hex',
  zbase32: 'base32',
  default: 'base32',
  base32: 'base32',
  base64: 'base64',
};

/** As `rspamadm keypair` writes it (rspamd: rspamd_keypair_to_ucl). */
function pairTable(world: World, pair: KeyPair, how: LuaValue): LuaValue {
  const name = how === true ? 'hex' : typeof how === 'string' ? how.toLowerCase() : 'default';
  const encoding = encodings[name];
  if (encoding === undefined) {
    throw runtimeError(`unknown encoding (known are: hex, zbase32/default, base64: ${name}`);
  }
  const inner = fromLua(world, record(writeKeyPair(pair, encoding))) as UclValue;
  const outer = record({ keypair: toLua(world, inner) });
  return toLua(world, fromLua(world, outer) as UclValue);
}

const keyType = (value: LuaValue): KeyType => (value === 'kex' ? 'kex' : 'sign');

/** The module `rspamd_cryptobox_pubkey`. */
export function publicKeyModule(world: World): LuaTable {
  const give = (text: string, type: LuaValue): LuaResult => {
    const key = readPublicKey(text, keyType(type));
    return key === undefined ? undefined : wrap(world, publicKeyClass, key);
  };
  return moduleTable({
    create: (...args) => give(checkBytes(args, 1), args[1]),
    load: (...args) => {
      const path = checkBytes(args, 1);
      const file = readFileBytes(path);
      if (typeof file === 'string') return give(file.trim(), args[1]);
      complain(world, 'lua_cryptobox_pubkey_load', `cannot open pubkey from file: ${path}, ${file.problem}`);
      return undefined;
    },
  });
}

/** The module `rspamd_cryptobox_keypair`. */
export function pairModule(world: World): LuaTable {
  return moduleTable({
    create: (type) => {
      if (type !== undefined && type !== 'sign' && type !== 'encryption') {
        throw runtimeError(`invalid keypair type: ${toText(type) ?? ''}`);
      }
      return wrap(world, pairClass, new Pair(generateKeyPair(type === 'sign' ? 'sign' : 'kex')));
    },
    load: (given) => {
      const parsed = typeof given === 'string' ? parseSafely(given) : { value: fromLua(world, given) };
      if ('problem' in parsed) {
        complain(world, 'lua_cryptobox_keypair_load', `cannot open keypair from data: ${parsed.problem}`);
        return undefined;
      }
      const pair = pairOf(parsed.value);
      if (pair !== undefined) return wrap(world, pairClass, new Pair(pair));
      complain(world, 'lua_cryptobox_keypair_load', 'cannot load keypair from data');
      return undefined;
    },
  });
}

/** A `keypair` section, or what is in it. */
function pairOf(value: UclValue | undefined): KeyPair | undefined {
  const section = get(value, 'keypair') ?? value;
  const text = (key: string): string | undefined => {
    const found = get(section, key);
    return found?.type === 'string' ? found.value : undefined;
  };
  const [pubkey, privkey] = [text('pubkey') ?? text('public'), text('privkey') ?? text('private')];
  if (pubkey === undefined || privkey === undefined) return undefined;
  try {
    return readKeyPair({ pubkey, privkey, type: text('type'), encoding: text('encoding') });
  } catch (error) {
    if (error instanceof CryptError) return undefined;
    throw error;
  }
}

/** The module `rspamd_cryptobox_signature`. */
export function signatureModule(world: World): LuaTable {
  return moduleTable({
    create: (...args) => {
      const bytes = Buffer.from(checkBytes(args, 1), 'latin1');
      return bytes.length === 64 ? wrap(world, signatureClass, new Signature(bytes)) : undefined;
    },
    load: (...args) => {
      const path = checkBytes(args, 1);
      const file = readFileBytes(path);
      if (typeof file === 'string' && file !== '') {
        return wrap(world, signatureClass, new Signature(Buffer.from(file, 'latin1')));
      }
      const why = typeof file === 'string' ? 'it is empty' : file.problem;
      complain(world, 'lua_cryptobox_signature_load', `cannot open signature file: ${path}, ${why}`);
      return undefined;
    },
  });
}

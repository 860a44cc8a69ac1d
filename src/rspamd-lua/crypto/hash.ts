import { checkString, type LuaResult, LuaTable, type LuaValue, runtimeError } from '../../lua/index.ts';
import { type ClassDefinition, wrap } from '../classes.ts';
import { base32Named, toBase32 } from '../encodings/base32.ts';
import { moduleTable } from '../modules.ts';
import { pairs } from '../tables.ts';
import { bytesOf, textBytes } from '../text/text.ts';
import type { World } from '../world.ts';
import { Digest, newDigest } from './digest.ts';

const hashClass: ClassDefinition<Digest> = {
  name: 'rspamd{cryptobox_hash}',
  constructor: Digest,
  methods: () => ({
    update: (self, args) => {
      if (self.isFinished) throw runtimeError('invalid arguments or hash is already finalized');
      add(self, args[1], 0);
      return args[0];
    },
    reset: (self, args) => {
      self.reset();
      return args[0];
    },
    hex: (self, args) => self.result(lengthOf(args[1])).toString('hex'),
    base64: (self, args) => self.result(lengthOf(args[1])).toString('base64'),
    bin: (self, args) => self.result(lengthOf(args[1])).toString('latin1'),
    base32: (self, args) => {
      const kind = base32Named(typeof args[1] === 'string' ? args[1] : 'default');
      if (kind === undefined) throw runtimeError(`invalid b32 type: ${args[1]}`);
      return toBase32(self.result(lengthOf(args[1])).toString('latin1'), kind);
    },
  }),
};

const lengthOf = (value: LuaValue): number | undefined =>
  typeof value === 'number' ? Math.max(0, Math.trunc(value)) : undefined;

/** Tables in tables are looked into so deep. */
const deepest = 10;

/** Adds a value; the elements of a table in an order of their own (rspamd: lua_cryptobox_update_pos). */
function add(digest: Digest, value: LuaValue, depth: number): void {
  if (depth > deepest) return;
  if (typeof value === 'string') digest.update(Buffer.from(value, 'latin1'));
  else if (typeof value === 'number') digest.update(numberBytes(value));
  else if (typeof value === 'boolean') digest.update(Buffer.of(value ? 1 : 0));
  else if (value instanceof LuaTable) addTable(digest, value, depth);
  else {
    const bytes = textBytes(value);
    if (bytes !== undefined) digest.update(Buffer.from(bytes, 'latin1'));
  }
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) bytes.writeBigInt64LE(BigInt(value));
  else bytes.writeDoubleLE(value);
  return bytes;
}

function addTable(digest: Digest, table: LuaTable, depth: number): void {
  const length = table.length();
  for (let i = 1; i <= length; i++) add(digest, table.get(i), depth + 1);
  const elements = [...pairs(table)].map((element) =>
    element.map((one) => {
      const copy = digest.copy();
      add(copy, one, depth + 1);
      return whole(copy);
    }),
  );
  elements.sort(([a], [b]) => Buffer.compare(a as Buffer, b as Buffer));
  for (const element of elements) for (const one of element) digest.update(one);
}

/** The original takes all 64 bytes of its buffer, however long the hash is. */
function whole(digest: Digest): Buffer {
  const bytes = Buffer.alloc(64);
  digest.result(undefined).copy(bytes);
  return bytes;
}

/** The module `rspamd_cryptobox_hash` (rspamd: src/lua/lua_cryptobox.c). */
export function hashModule(world: World): LuaTable {
  const make = (kind: string, key: string | undefined, data: string | undefined): LuaResult => {
    const digest = newDigest(kind, key === undefined ? undefined : Buffer.from(key, 'latin1'));
    if (digest === undefined) throw runtimeError(`invalid hash type: ${kind}`);
    if (data !== undefined) digest.update(Buffer.from(data, 'latin1'));
    return wrap(world, hashClass, digest);
  };
  return moduleTable({
    create: (...args) => make('blake2', undefined, bytesOf(args, 1)),
    create_keyed: (...args) => make('blake2', checkString(args, 1), bytesOf(args, 2)),
    create_specific: (...args) => make(checkString(args, 1), undefined, bytesOf(args, 2)),
    create_specific_keyed: (...args) => make(checkString(args, 2), checkString(args, 1), bytesOf(args, 3)),
  });
}

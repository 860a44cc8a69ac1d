import { randomBytes } from 'node:crypto';
import { blake2b } from '@noble/hashes/blake2b';
import nacl from 'tweetnacl';
import { type LuaTable, type LuaValue, runtimeError, two } from '../../lua/index.ts';
import { type ClassDefinition, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { newText } from '../text/class.ts';
import { bytesOf } from '../text/text.ts';
import type { World } from '../world.ts';

const nonceBytes = 24;
const macBytes = 16;

/** A secret of which the key is a hash. */
class SecretBox {
  readonly key: Uint8Array;
  constructor(secret: string) {
    this.key = blake2b(Buffer.from(secret, 'latin1'), { dkLen: 32 });
  }
}

const secretBoxClass: ClassDefinition<SecretBox> = {
  name: 'rspamd{cryptobox_secretbox}',
  constructor: SecretBox,
  methods: (world) => ({
    encrypt: ({ key }, args) => {
      const data = Buffer.from(input(args, 2), 'latin1');
      const given = args[2] === undefined ? undefined : input(args, 3);
      if (given !== undefined && (given === '' || given.length > nonceBytes)) throw runtimeError('bad nonce');
      const nonce = given === undefined ? randomBytes(nonceBytes) : padded(given);
      const box = newText(world, Buffer.from(nacl.secretbox(data, nonce, key)).toString('latin1'));
      return given === undefined ? two(box, newText(world, nonce.toString('latin1'))) : box;
    },
    decrypt: ({ key }, args) => {
      const data = Buffer.from(input(args, 2), 'latin1');
      const nonce = input(args, 3);
      if (nonce === '' || nonce.length > nonceBytes) return two(false, 'invalid nonce');
      if (data.length < macBytes) return two(false, 'too short');
      const opened = nacl.secretbox.open(data, padded(nonce), key);
      if (opened === null) return two(false, 'authentication error');
      return two(true, newText(world, Buffer.from(opened).toString('latin1')));
    },
  }),
};

function padded(nonce: string): Buffer {
  const bytes = Buffer.alloc(nonceBytes);
  bytes.write(nonce, 'latin1');
  return bytes;
}

function input(args: readonly LuaValue[], index: number): string {
  const bytes = bytesOf(args, index);
  const name = index === 2 ? 'first' : 'second';
  if (bytes === undefined) throw runtimeError(`invalid ${name} argument; userdata or string are expected`);
  return bytes;
}

/** The module `rspamd_cryptobox_secretbox`. */
export function secretBoxModule(world: World): LuaTable {
  return moduleTable({
    create: (...args) => {
      const secret = bytesOf(args, 1);
      if (secret === undefined) throw runtimeError('invalid arguments; userdata or string are expected');
      if (secret === '') throw runtimeError('invalid arguments; non empty secret expected');
      return wrap(world, secretBoxClass, new SecretBox(secret));
    },
  });
}

import { type LuaTable, type LuaValue, two } from '../../lua/index.ts';
import { type ClassDefinition, unwrap, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { bytesOf } from '../text/text.ts';
import type { World } from '../world.ts';

/** A whole number of 64 bits. */
class Int64 {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = BigInt.asIntN(64, value);
  }
  text(isSigned: boolean): string {
    return (isSigned ? this.value : BigInt.asUintN(64, this.value)).toString();
  }
}

const int64Class: ClassDefinition<Int64> = {
  name: 'rspamd{int64}',
  constructor: Int64,
  methods: () => ({
    tostring: (self, args) => self.text(args[1] === true),
    __tostring: (self) => self.text(false),
    tonumber: (self) => Number(self.value),
    hex: (self) => BigInt.asUintN(64, self.value).toString(16).toUpperCase(),
  }),
};

export const newInt64 = (world: World, value: bigint): LuaValue => wrap(world, int64Class, new Int64(value));

/** The value of an argument: a whole number, or an `rspamd_int64`. */
export function int64Of(value: LuaValue): bigint | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value));
  return unwrap(int64Class, value)?.value;
}

/** The module `rspamd_int64` (rspamd: src/lua/lua_util.c). */
export function int64Module(world: World): LuaTable {
  return moduleTable({
    fromstring: (...args) => {
      const digits = /^(-?)(\d+)$/.exec(bytesOf(args, 1) ?? '');
      const value = BigInt(digits?.[2] ?? -1);
      if (digits === null || value >= 1n << 64n) return two(undefined, 'invalid number');
      return wrap(world, int64Class, new Int64(digits[1] === '-' ? -value : value));
    },
  });
}

import {
  checkTable,
  type LuaResult,
  LuaTable,
  type LuaValue,
  native,
  none,
  runtimeError,
  two,
} from '../../lua/index.ts';
import { type ClassDefinition, checkObject, type Method, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { pairs, record } from '../tables.ts';
import type { World } from '../world.ts';

const lower = (key: string): string => key.replace(/[A-Z]+/g, (part) => part.toLowerCase());

/** A table whose keys are the same in any case; each keeps the case that it first had. */
export class CaselessTable {
  readonly entries = new Map<string, { readonly key: string; value: LuaValue }>();

  get(key: LuaValue): LuaValue {
    return typeof key === 'string' ? this.entries.get(lower(key))?.value : undefined;
  }

  set(key: string, value: LuaValue): void {
    const known = this.entries.get(lower(key));
    if (value === undefined) this.entries.delete(lower(key));
    else if (known === undefined) this.entries.set(lower(key), { key, value });
    else known.value = value;
  }
}

/** Of a key with several values the first. */
const single = (value: LuaValue): LuaValue => (value instanceof LuaTable ? value.get(1) : value);

const each: Method<CaselessTable> = (self) => {
  const iterator = self.entries.values();
  return native('each', () => {
    const next = iterator.next();
    return next.done === true ? none() : two(next.value.key, single(next.value.value));
  });
};

const methods: Readonly<Record<string, Method<CaselessTable>>> = {
  each,
  has_key: (self, [, key]) => self.get(key) !== undefined,
  to_table: (self) => {
    const all = [...self.entries.values()].map(({ key, value }) => [key, single(value)] as const);
    return record(Object.fromEntries(all));
  },
  get_all: (self, [, key]) => {
    const value = self.get(key);
    return value === undefined || value instanceof LuaTable ? value : LuaTable.of(value);
  },
};

/** `rspamd_caseless_table` (rspamd: src/lua/lua_caseless_table.c). */
const caselessClass: ClassDefinition<CaselessTable> = {
  name: 'rspamd{caseless_table}',
  constructor: CaselessTable,
  methods: () => ({
    __len: (self) => self.entries.size,
    __pairs: each,
    __tostring: (self) => `rspamd{caseless_table: ${self.entries.size} entries}`,
    __newindex: (self, [, key, value]) => {
      if (typeof key !== 'string') throw runtimeError('caseless_table keys must be strings');
      self.set(key, value);
      return none();
    },
  }),
  operators: () => {
    const functions = moduleTable(
      Object.fromEntries(
        Object.entries(methods).map(([name, method]) => [
          name,
          (...args: LuaValue[]): LuaResult => method(checkObject(caselessClass, args, 1), args),
        ]),
      ),
    );
    return {
      __index: (...args) => functions.get(args[1]) ?? single(checkObject(caselessClass, args, 1).get(args[1])),
    };
  },
};

/** The module `rspamd_caseless_table`. */
export function caselessModule(world: World): LuaTable {
  return moduleTable({
    create: () => wrap(world, caselessClass, new CaselessTable()),
    from_table: (...args) => {
      const made = new CaselessTable();
      for (const [key, value] of pairs(checkTable(args, 1))) if (typeof key === 'string') made.set(key, value);
      return wrap(world, caselessClass, made);
    },
  });
}

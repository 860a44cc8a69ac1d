import { argumentError, type LuaResult, LuaTable, type LuaValue, native, plainText, Userdata } from '../lua/index.ts';
import { counted, type Functions } from './modules.ts';
import type { World } from './world.ts';

/** A method: gets the object, and all arguments with the userdata as the first, as checks of arguments count them. */
export type Method<T> = (self: T, args: readonly LuaValue[]) => LuaResult;

/** A class of objects that scripts see as userdata. */
export interface ClassDefinition<T extends object> {
  /** As Rspamd names it: `rspamd{text}`. */
  readonly name: string;
  readonly constructor: abstract new (...args: never[]) => T;
  /** Methods, and metamethods whose first operand is always the object, by name. */
  readonly methods: (world: World) => Readonly<Record<string, Method<T>>>;
  /** Metamethods that look at their operands themselves. */
  readonly operators?: (world: World) => Functions;
}

/** Makes a userdata of a class. */
export function wrap<T extends object>(world: World, definition: ClassDefinition<T>, value: T): Userdata<T> {
  return new Userdata(value, classMetatable(world, definition));
}

/** The object in a userdata of a class; undefined for any other value. */
export function unwrap<T extends object>(definition: ClassDefinition<T>, value: LuaValue): T | undefined {
  if (!(value instanceof Userdata)) return undefined;
  return value.value instanceof definition.constructor ? value.value : undefined;
}

/** The object of an argument. @param index from 1 */
export function checkObject<T extends object>(
  definition: ClassDefinition<T>,
  args: readonly LuaValue[],
  index: number,
): T {
  const value = unwrap(definition, args[index - 1]);
  if (value === undefined) throw argumentError(index, `'${shortName(definition.name)}' expected`);
  return value;
}

const shortName = (name: string): string => /\{(.*)\}/.exec(name)?.[1] ?? name;

/** The metatable of a class in a state (rspamd: src/lua/lua_common.c:rspamd_lua_new_class). */
export function classMetatable<T extends object>(world: World, definition: ClassDefinition<T>): LuaTable {
  const known = world.metatables.get(definition.name);
  if (known !== undefined) return known;
  const table = new LuaTable();
  world.metatables.set(definition.name, table);
  table.set('__index', table);
  table.set('class', definition.name);
  table.set(
    '__tostring',
    native('__tostring', (self) => describe(definition.name, self)),
  );
  for (const [name, method] of Object.entries(definition.methods(world))) {
    table.set(
      name,
      counted(name, (...args) => method(checkObject(definition, args, 1), args)),
    );
  }
  for (const [name, run] of Object.entries(definition.operators?.(world) ?? {})) table.set(name, counted(name, run));
  return table;
}

const describe = (name: string, self: LuaValue): string => `${name}(${plainText(self).replace(/^\w+: 0x/, '0x')})`;

import {
  type LuaFunction,
  type LuaResult,
  LuaTable,
  type LuaValue,
  typeName as luaTypeName,
  native,
  runtimeError,
  three,
  toText,
  two,
  Userdata,
} from '../../lua/index.ts';
import { typeName, type UclEntry, type UclObject, type UclValue } from '../../ucl/index.ts';
import { counted } from '../modules.ts';
import type { World } from '../world.ts';
import { fromLua, toLua } from './convert.ts';
import { emit, formatNamed } from './emit.ts';
import { WrappedUcl } from './wrapped.ts';

/**
 * A UCL value that scripts look into without converting it: a table with the value at index 0 and its methods as
 * fields (rspamd: contrib/libucl/lua_ucl.c:ucl_object_push_lua_unwrapped).
 */
export function wrappedTable(world: World, value: UclValue, changed?: (value: UclValue) => void): LuaTable {
  const { methods, meta } = objectMethods(world);
  const table = new LuaTable();
  table.set(0, new Userdata(new WrappedUcl(value, changed)));
  for (const [name, method] of methods) table.set(name, method);
  table.meta = meta;
  return table;
}

interface ObjectMethods {
  readonly methods: ReadonlyMap<string, LuaFunction>;
  readonly meta: LuaTable;
}

const made = new WeakMap<World, ObjectMethods>();

function objectMethods(world: World): ObjectMethods {
  let known = made.get(world);
  if (known === undefined) {
    known = makeMethods(world);
    made.set(world, known);
  }
  return known;
}

function makeMethods(world: World): ObjectMethods {
  const unwrap = counted('unwrap', (self) => toLua(world, uclOf(self)));
  const methods = new Map<string, LuaFunction>([
    ['at', counted('at', (self, key) => element(world, holderOf(self), key))],
    ['type', counted('type', (self) => typeName(uclOf(self)))],
    ['pairs', counted('pairs', (self) => iterate(world, uclOf(self), 'pairs'))],
    ['ipairs', counted('ipairs', (self) => iterate(world, uclOf(self), 'ipairs'))],
    ['len', counted('len', (self) => lengthOf(uclOf(self)))],
    ['tostring', counted('tostring', (self, format) => shown(world, uclOf(self), format))],
    ['unwrap', unwrap],
    ['tolua', unwrap],
  ]);
  const meta = new LuaTable();
  for (const [event, name] of [
    ['__index', 'at'],
    ['at', 'at'],
    ['__ipairs', 'ipairs'],
    ['__pairs', 'pairs'],
    ['__len', 'len'],
    ['__tostring', 'tostring'],
  ] as const) {
    meta.set(event, methods.get(name));
  }
  meta.set(
    '__newindex',
    native('__newindex', (self, key, value) => {
      const holder = holderOf(self);
      holder.value = withElement(holder.value, key, fromLua(world, value), value);
      return undefined;
    }),
  );
  meta.set('class', 'ucl.object.meta');
  return { methods, meta };
}

function holderOf(self: LuaValue): WrappedUcl {
  const inside = self instanceof LuaTable ? self.get(0) : undefined;
  if (inside instanceof Userdata && inside.value instanceof WrappedUcl) return inside.value;
  throw runtimeError('a wrapped UCL object is expected');
}

const uclOf = (self: LuaValue): UclValue => holderOf(self).value;

/** rspamd: lua_ucl_index. A number counts from 1; the original finds the element behind the one meant. */
function element(world: World, holder: WrappedUcl, key: LuaValue): LuaResult {
  const { value } = holder;
  const changed = (inner: UclValue): void => {
    holder.value = withElement(holder.value, key, inner, undefined);
  };
  if (typeof key === 'string') {
    if (value.type !== 'object') throw runtimeError(`cannot index non-object: ${typeName(value)}`);
    const found = value.entries.get(key);
    return found === undefined ? undefined : wrappedTable(world, found.value, changed);
  }
  if (typeof key !== 'number') throw runtimeError(`invalid index type: ${luaTypeName(key)}`);
  if (value.type !== 'array') throw runtimeError(`cannot index non-array: ${typeName(value)}`);
  const found = value.items[key - 1];
  return found === undefined ? undefined : wrappedTable(world, found, changed);
}

function lengthOf(value: UclValue): number {
  switch (value.type) {
    case 'object':
      return value.entries.size;
    case 'array':
      return value.items.length;
    case 'string':
      return value.value.length;
    default:
      return 0;
  }
}

function iterate(world: World, value: UclValue, how: 'pairs' | 'ipairs'): LuaResult {
  const isList = value.type === 'array';
  if (!isList && (how === 'ipairs' || value.type !== 'object')) {
    throw runtimeError(`invalid object type for ${how}: ${typeName(value)}`);
  }
  const elements: (readonly [LuaValue, UclValue])[] = isList
    ? value.items.map((item, i) => [i + 1, item])
    : [...(value as UclObject).entries.values()].map((entry) => [entry.key, entry.value]);
  let next = 0;
  const step = native('for', () => {
    const found = elements[next++];
    return found === undefined ? undefined : two(found[0], wrappedTable(world, found[1]));
  });
  return three(step, undefined, undefined);
}

/** rspamd: lua_ucl_object_tostring */
function shown(world: World, value: UclValue, format: LuaValue): LuaResult {
  if (value.type === 'null') return undefined;
  if (value.type !== 'object' && value.type !== 'array') return toLua(world, value);
  return emit(value, formatNamed(toText(format) ?? '') ?? 'json-compact');
}

/** rspamd: lua_ucl_newindex */
function withElement(target: UclValue, key: LuaValue, value: UclValue | undefined, given: LuaValue): UclValue {
  if (target.type === 'array' && target.items.length === 0 && typeof key === 'string') {
    // an empty list may still become an object, and the other way round
    return withElement({ ...target, type: 'object', entries: new Map() }, key, value, given);
  }
  if (target.type === 'object' && target.entries.size === 0 && key === 1) {
    return withElement({ ...target, type: 'array', items: [], implicit: false }, key, value, given);
  }
  if (target.type === 'object' && typeof key === 'string') {
    const entries = new Map<string, UclEntry>(target.entries);
    if (value === undefined) entries.delete(key);
    else entries.set(key, { key, at: target.at, value });
    return { ...target, entries };
  }
  if (target.type === 'array' && typeof key === 'number') {
    if (value === undefined) throw runtimeError(`invalid value type: ${luaTypeName(given)}`);
    if (!(key >= 1 && key <= target.items.length + 1)) throw runtimeError(`invalid index for array: ${key}`);
    const list = [...target.items];
    list[key - 1] = value;
    return { ...target, items: list };
  }
  throw runtimeError(`invalid index type for an ${target.type}: ${luaTypeName(key)}`);
}

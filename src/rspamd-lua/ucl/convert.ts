import {
  call,
  firstResult,
  type LuaFunction,
  LuaTable,
  type LuaValue,
  native,
  numberToString,
  runtimeError,
  Userdata,
} from '../../lua/index.ts';
import type { UclEntry, UclNull, UclObject, UclString, UclValue } from '../../ucl/index.ts';
import { pairs } from '../tables.ts';
import { textBytes } from '../text/text.ts';
import type { World } from '../world.ts';
import { WrappedUcl } from './wrapped.ts';

/** Values made by programs have no place of their own. */
const at = { source: { name: '<lua>', text: '', includedFrom: undefined }, offset: 0 };
const common = { priority: 0, at };

/** Tables inside tables; one that contains itself ends here. */
const deepest = 400;

/** Functions that stand for values, by the null that holds their place in a UCL value. */
const functions = new WeakMap<UclNull, LuaFunction>();

export function functionIn(value: UclValue): LuaFunction | undefined {
  return value.type === 'null' ? functions.get(value) : undefined;
}

/** What the UCL modules of a state share. */
export interface UclTypes {
  /** `ucl.null` */
  readonly null: Userdata;
  readonly object: LuaTable;
  readonly array: LuaTable;
  readonly implicitArray: LuaTable;
}

const typesOfWorlds = new WeakMap<World, UclTypes>();

export function uclTypes(world: World): UclTypes {
  let types = typesOfWorlds.get(world);
  if (types === undefined) {
    const nullMeta = new LuaTable();
    nullMeta.set(
      '__tostring',
      native('__tostring', () => 'null'),
    );
    types = {
      null: new Userdata('ucl.null', nullMeta),
      object: typeMetatable('ucl.type.object'),
      array: typeMetatable('ucl.type.array'),
      implicitArray: typeMetatable('ucl.type.impl_array'),
    };
    typesOfWorlds.set(world, types);
  }
  return types;
}

/** The handlers are those of wrapped objects in the original and find none here: `tostring` gives nil. */
function typeMetatable(name: string): LuaTable {
  const meta = new LuaTable();
  const nothing = native('tostring', () => undefined);
  meta.set('__tostring', nothing);
  meta.set('tostring', nothing);
  meta.set('class', name);
  return meta;
}

/** A UCL value as Lua values (rspamd: contrib/libucl/lua_ucl.c:ucl_object_push_lua). */
export function toLua(world: World, value: UclValue): LuaValue {
  const types = uclTypes(world);
  switch (value.type) {
    case 'object': {
      const table = new LuaTable();
      for (const { key, value: member } of value.entries.values()) table.set(key, toLua(world, member));
      table.meta = types.object;
      return table;
    }
    case 'array': {
      const table = new LuaTable();
      for (const item of value.items) table.append(toLua(world, item));
      table.meta = value.implicit ? types.implicitArray : types.array;
      return table;
    }
    case 'int':
      return Number(value.value);
    case 'null':
      return functions.get(value) ?? types.null;
    default:
      return value.value;
  }
}

/**
 * A Lua value as UCL; undefined for what has no place there: nil, coroutines
 * (rspamd: contrib/libucl/lua_ucl.c:ucl_object_lua_import). A function becomes a null, see `functionIn`.
 */
export function fromLua(world: World, value: LuaValue): UclValue | undefined {
  return fromElement(world, value, 0);
}

export function uclString(value: string): UclString {
  return { ...common, type: 'string', value, style: 'quoted' };
}

function fromElement(world: World, value: LuaValue, depth: number): UclValue | undefined {
  switch (typeof value) {
    case 'string':
      return uclString(value);
    case 'number':
      if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) {
        return { ...common, type: 'int', value: BigInt(value) };
      }
      return { ...common, type: 'float', value };
    case 'boolean':
      return { ...common, type: 'boolean', value };
    case 'function': {
      const place: UclNull = { ...common, type: 'null' };
      functions.set(place, value);
      return place;
    }
    case 'undefined':
      return undefined;
    default:
      if (value instanceof LuaTable) return fromTable(world, value, depth);
      if (value instanceof Userdata) return fromUserdata(world, value);
      return undefined;
  }
}

function fromUserdata(world: World, value: Userdata): UclValue {
  if (value === uclTypes(world).null) return { ...common, type: 'null' };
  const bytes = textBytes(value);
  if (bytes !== undefined) return uclString(bytes);
  throw runtimeError('userdata other than rspamd_text and ucl.null cannot be converted to UCL');
}

function fromTable(world: World, table: LuaTable, depth: number): UclValue | undefined {
  if (depth > deepest) throw runtimeError(`tables are nested more than ${deepest} deep, or contain themselves`);
  const generate = table.meta?.get('__gen_ucl');
  if (typeof generate === 'function') return fromElement(world, firstResult(call(generate, table)), depth + 1);
  const cloaked = table.get(0);
  if (cloaked instanceof Userdata && cloaked.value instanceof WrappedUcl) return cloaked.value.value;
  const kind = table.meta?.get('class');
  if (kind === 'ucl.type.object') return fromRecord(world, table, depth);
  if (kind === 'ucl.type.array' || kind === 'ucl.type.impl_array') {
    const list = Array.from({ length: table.length() }, (_, i) => table.get(i + 1));
    return fromList(world, list, kind === 'ucl.type.impl_array', depth);
  }
  const elements = [...pairs(table)];
  const isList = elements.every(([key]) => typeof key === 'number' && key === (key | 0));
  if (!isList) return fromRecord(world, table, depth);
  const items = elements.filter(([key]) => (key as number) > 0).sort(([a], [b]) => (a as number) - (b as number));
  return fromList(
    world,
    items.map(([, item]) => item),
    false,
    depth,
  );
}

function fromList(world: World, list: readonly LuaValue[], implicit: boolean, depth: number): UclValue {
  const items = list.map((item) => fromElement(world, item, depth + 1)).filter((item) => item !== undefined);
  return { ...common, type: 'array', items, implicit };
}

function fromRecord(world: World, table: LuaTable, depth: number): UclObject {
  const entries = new Map<string, UclEntry>();
  for (const [key, item] of pairs(table)) {
    const name = typeof key === 'number' ? numberToString(key) : key;
    const value = fromElement(world, item, depth + 1);
    if (typeof name === 'string' && value !== undefined) entries.set(name, { key: name, at, value });
  }
  return { ...common, type: 'object', entries };
}

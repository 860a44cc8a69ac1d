import { INDEX, NEWINDEX } from '../values/events.ts';
import { type Key, Shape } from '../values/shape.ts';
import { LuaTable } from '../values/table.ts';
import { typeName } from '../values/type-name.ts';
import type { LuaValue } from '../values/types.ts';
import { callHandler, HANDLER, handler } from './calls.ts';
import { atOperator, operatorError, runtimeError } from './errors.ts';
import { metamethod } from './metatables.ts';
import { R } from './registers.ts';

const longestChain = 100;
const noShape = new Shape([], false);

/** What a place in the program that uses a constant string key remembers of the last table it saw. */
export class FieldCache {
  readonly key: string;
  /** A table of this shape has the key in `slot`. */
  shape: Shape = noShape;
  slot = 0;
  /** A table of this shared shape does not have the key. */
  missing: Shape = noShape;
  /** The table behind `__index` has this shape and the key in `classSlot`. */
  classShape: Shape = noShape;
  classSlot = 0;
  /** A table of this shared shape gets `shape` when the key is added. */
  before: Shape = noShape;

  constructor(key: string) {
    this.key = key;
  }
}

/** `o[k]` in full. Answers HANDLER when a metamethod is to be called. */
export function tryIndex(object: LuaValue, key: LuaValue, site: number): LuaValue {
  let o = object;
  for (let i = 0; i < longestChain; i++) {
    let found: LuaValue;
    if (o instanceof LuaTable) {
      const value = o.get(key);
      if (value !== undefined || o.meta === undefined) return value;
      found = o.meta.getEvent(INDEX);
      if (found === undefined) return undefined;
    } else {
      found = metamethod(o, INDEX);
      if (found === undefined) {
        atOperator(site);
        throw i === 0 ? operatorError('index', o, 1) : runtimeError(`attempt to index a ${typeName(o)} value`);
      }
    }
    if (typeof found === 'function') {
      atOperator(site);
      return handler(found, [o, key]);
    }
    o = found;
  }
  atOperator(site);
  throw runtimeError('loop in gettable');
}

export function index(object: LuaValue, key: LuaValue, site: number): LuaValue {
  const value = tryIndex(object, key, site);
  return value === HANDLER ? callHandler() : value;
}

/** The same with a constant key and its cache. */
export function tryField(o: LuaValue, cache: FieldCache, site: number): LuaValue {
  let meta: LuaTable | undefined;
  if (o instanceof LuaTable) {
    const { shape } = o;
    if (shape !== cache.missing) {
      const slot = shape.find(cache.key);
      if (slot >= 0) {
        cache.shape = shape;
        cache.slot = slot;
        const value = o.values[slot];
        if (value !== undefined) return value;
      } else if (shape.isShared) {
        cache.missing = shape;
      }
    }
    meta = o.meta;
    if (meta === undefined) return undefined;
  } else if (typeof o === 'string') {
    meta = R.state.stringMetatable;
  }
  const behind = meta?.getEvent(INDEX);
  if (behind instanceof LuaTable) {
    if (behind.shape === cache.classShape) {
      const value = behind.values[cache.classSlot];
      if (value !== undefined) return value;
    } else {
      const slot = behind.shape.find(cache.key);
      if (slot >= 0) {
        cache.classShape = behind.shape;
        cache.classSlot = slot;
      }
    }
  }
  return tryIndex(o, cache.key, site);
}

export function field(o: LuaValue, cache: FieldCache, site: number): LuaValue {
  const value = tryField(o, cache, site);
  return value === HANDLER ? callHandler() : value;
}

/** `o[k] = v` in full. Answers HANDLER when a metamethod is to be called. */
export function trySetIndex(object: LuaValue, key: LuaValue, value: LuaValue, site: number): LuaValue {
  let o = object;
  for (let i = 0; i < longestChain; i++) {
    let found: LuaValue;
    if (o instanceof LuaTable) {
      if (o.meta === undefined || o.get(key) !== undefined) return rawSet(o, key, value, site);
      found = o.meta.getEvent(NEWINDEX);
      if (found === undefined) return rawSet(o, key, value, site);
    } else {
      found = metamethod(o, NEWINDEX);
      if (found === undefined) {
        atOperator(site);
        throw i === 0 ? operatorError('index', o, 1) : runtimeError(`attempt to index a ${typeName(o)} value`);
      }
    }
    if (typeof found === 'function') {
      atOperator(site);
      return handler(found, [o, key, value]);
    }
    o = found;
  }
  atOperator(site);
  throw runtimeError('loop in settable');
}

function rawSet(table: LuaTable, key: LuaValue, value: LuaValue, site: number): undefined {
  if (typeof key === 'number') {
    if (!Number.isNaN(key)) {
      table.setNumber(key, value);
      return;
    }
  } else if (key !== undefined) {
    table.setHash(key, value);
    return;
  }
  atOperator(site);
  throw runtimeError(key === undefined ? 'table index is nil' : 'table index is NaN');
}

export function setIndex(object: LuaValue, key: LuaValue, value: LuaValue, site: number): void {
  if (object instanceof LuaTable && object.meta === undefined && typeof key === 'number') {
    if (key === object.array.length && value !== undefined) {
      object.append(value);
      return;
    }
  }
  if (trySetIndex(object, key, value, site) === HANDLER) callHandler();
}

/** `o.k = v` with a constant key and its cache. */
export function trySetField(o: LuaValue, cache: FieldCache, value: LuaValue, site: number): LuaValue {
  if (o instanceof LuaTable && value !== undefined) {
    const { shape, meta } = o;
    const mayAdd = meta === undefined || meta.getEvent(NEWINDEX) === undefined;
    if (shape === cache.shape) {
      if (mayAdd || o.values[cache.slot] !== undefined) {
        o.values[cache.slot] = value;
        return undefined;
      }
    } else if (mayAdd) {
      addField(o, cache, value);
      return undefined;
    }
  }
  return trySetIndex(o, cache.key, value, site);
}

/** Stores a field where no metamethod is in the way. */
function addField(o: LuaTable, cache: FieldCache, value: LuaValue): void {
  const { shape } = o;
  if (shape === cache.before && o.free > 0 && o.values.length > 0) {
    o.free--;
    o.shape = cache.shape;
    o.values.push(value);
    return;
  }
  const slot = shape.find(cache.key);
  if (slot >= 0) {
    cache.shape = shape;
    cache.slot = slot;
    o.values[slot] = value;
    return;
  }
  o.addHash(cache.key as Key, value, true);
  if (shape.isShared && o.shape.isShared && o.values.length === shape.keys.length + 1) {
    cache.before = shape;
    cache.shape = o.shape;
    cache.slot = shape.keys.length;
  }
}

export function setField(o: LuaValue, cache: FieldCache, value: LuaValue, site: number): void {
  if (trySetField(o, cache, value, site) === HANDLER) callHandler();
}

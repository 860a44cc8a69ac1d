import { LuaObject } from '../values/object.ts';
import type { LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';
import { R } from './registers.ts';

/** Metatable of any value. Types other than table and userdata share one per type. */
export function metatableOf(value: LuaValue): LuaTable | undefined {
  switch (typeof value) {
    case 'object':
      return (value as LuaObject).meta ?? R.state.typeMetatables.get((value as LuaObject).luaType);
    case 'undefined':
      return R.state.typeMetatables.get('nil');
    case 'string':
      return R.state.stringMetatable;
    default:
      return R.state.typeMetatables.get(typeof value);
  }
}

/** Handler of an event, or undefined. */
export function metamethod(value: LuaValue, event: number): LuaValue {
  if (value instanceof LuaObject && value.meta !== undefined) return value.meta.getEvent(event);
  return metatableOf(value)?.getEvent(event);
}

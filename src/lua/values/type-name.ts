import type { LuaObject } from './object.ts';
import type { LuaValue } from './types.ts';

/** What `type` answers. */
export function typeName(value: LuaValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'object':
      return (value as LuaObject).luaType;
    default:
      return typeof value;
  }
}

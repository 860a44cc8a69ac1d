import { LuaObject } from './object.ts';
import type { LuaTable } from './table.ts';

/** A host object in Lua's hands. What it can do is in its metatable. */
export class Userdata<T = unknown> extends LuaObject {
  readonly value: T;
  constructor(value: T, meta?: LuaTable) {
    super();
    this.value = value;
    this.meta = meta;
  }
  get luaType(): 'userdata' {
    return 'userdata';
  }
}

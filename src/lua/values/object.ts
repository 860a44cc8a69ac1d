import type { LuaTable } from './table.ts';

/** A Lua value with identity that is not a function: table, userdata, thread, cdata. */
export abstract class LuaObject {
  abstract readonly luaType: 'table' | 'userdata' | 'thread' | 'cdata';
  meta: LuaTable | undefined = undefined;
}

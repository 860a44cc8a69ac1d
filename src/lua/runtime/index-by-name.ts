import type { LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';
import { index } from './indexing.ts';

/** `table[name]` for functions written in JavaScript, through metamethods. */
export function field(table: LuaTable, name: string): LuaValue {
  return table.meta === undefined ? table.getString(name) : index(table, name, 0);
}

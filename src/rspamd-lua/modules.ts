import { type LuaResult, LuaTable, type LuaValue, native } from '../lua/index.ts';

/** Functions of a module by name. */
export type Functions = Readonly<Record<string, (...args: LuaValue[]) => LuaResult>>;

/** A table of functions, as `require` gives it. */
export function moduleTable(functions: Functions): LuaTable {
  const table = new LuaTable();
  // a function may stand under several names
  for (const [name, run] of Object.entries(functions))
    table.set(
      name,
      native(name, (...args) => run(...args)),
    );
  return table;
}

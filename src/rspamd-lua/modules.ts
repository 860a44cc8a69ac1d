import { type LuaFunction, type LuaResult, LuaTable, type LuaValue, native } from '../lua/index.ts';

/** Functions of a module by name. */
export type Functions = Readonly<Record<string, (...args: LuaValue[]) => LuaResult>>;

/** A table of functions, as `require` gives it. */
export function moduleTable(functions: Functions): LuaTable {
  const table = new LuaTable();
  for (const [name, run] of Object.entries(functions)) table.set(name, named(name, run));
  return table;
}

function named(name: string, run: (...args: LuaValue[]) => LuaResult): LuaFunction {
  return native(name, (...args) => run(...args));
}

import { type LuaFunction, type LuaResult, LuaTable, type LuaValue, native, spend } from '../lua/index.ts';

/** Functions of a module by name. */
export type Functions = Readonly<Record<string, (...args: LuaValue[]) => LuaResult>>;

/** A table of functions, as `require` gives it. */
export function moduleTable(functions: Functions): LuaTable {
  const table = new LuaTable();
  for (const [name, run] of Object.entries(functions)) table.set(name, counted(name, run));
  return table;
}

/** What the engine counts for a millisecond: some 10,000 of its steps. */
const bytesPerMillisecond = 640_000;

/** A function whose time counts against the limits of the script, so that calls of slow ones end in time. */
export function counted(name: string, run: (...args: LuaValue[]) => LuaResult): LuaFunction {
  return native(name, (...args) => {
    const start = performance.now();
    try {
      return run(...args);
    } finally {
      spend((performance.now() - start) * bytesPerMillisecond);
    }
  });
}

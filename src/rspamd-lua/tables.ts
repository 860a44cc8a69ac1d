import { cursor, END, LuaTable, type LuaValue } from '../lua/index.ts';

/** The elements of a table in the order of `next`. */
export function* pairs(table: LuaTable): Generator<readonly [key: LuaValue, value: LuaValue]> {
  for (let at = table.advance(0); at !== END; at = table.advance(at)) yield [cursor.key, cursor.value];
}

/** A table with string keys. */
export function record(fields: Readonly<Record<string, LuaValue>>): LuaTable {
  const table = new LuaTable();
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) table.set(key, value);
  return table;
}

/** A table of a list. */
export function listOf(items: readonly LuaValue[]): LuaTable {
  const table = new LuaTable();
  for (const item of items) table.append(item);
  return table;
}

import { LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';
import { atOperator, runtimeError } from './errors.ts';

/** `{...}` and `{f()}`. The list is copied. */
export function listTable(values: readonly LuaValue[], arraySize: number): LuaTable {
  return LuaTable.fromList([undefined, ...values], Math.max(arraySize, values.length + 1));
}

/** A table with the template's keys and these values for them. */
export function recordTable(template: LuaTable, values: LuaValue[]): LuaTable {
  const table = new LuaTable();
  table.shape = template.shape;
  table.values = values;
  table.arraySize = template.arraySize;
  table.hashSize = template.hashSize;
  table.free = template.free;
  return table;
}

/** Stores all values from a position on, as the last item of a constructor. */
export function storeList(table: LuaTable, position: number, values: readonly LuaValue[]): void {
  table.reserveArray(position - 1 + values.length);
  values.forEach((value, i) => {
    table.setNumber(position + i, value);
  });
}

/** `[k] = v` in a constructor. */
export function storeItem(table: LuaTable, key: LuaValue, value: LuaValue, site: number): void {
  if (key === undefined || Number.isNaN(key)) {
    atOperator(site);
    throw runtimeError(key === undefined ? 'table index is nil' : 'table index is NaN');
  }
  table.set(key, value);
}

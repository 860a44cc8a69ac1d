import { LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';
import { atOperator, runtimeError } from './errors.ts';

/**
 * `{a, ...}` and `{f()}`. LuaJIT makes the array part one slot larger than needed when the values do not fit.
 * @param list values from index 1 on; it becomes the table's own
 */
export function listTable(list: LuaValue[], arraySize: number): LuaTable {
  return LuaTable.fromList(list, list.length > arraySize ? list.length + 1 : arraySize);
}

/** A table with the template's keys and these values for them. */
export function recordTable(template: LuaTable, values: LuaValue[]): LuaTable {
  const table = new LuaTable();
  table.shape = template.shape;
  table.values = values;
  table.arraySize = template.arraySize;
  table.hashSize = template.hashSize;
  table.free = template.free;
  table.order = null; // its keys are strings
  return table;
}

/** Stores all values from a position on, as the last item of a constructor. */
export function storeList(table: LuaTable, position: number, values: readonly LuaValue[]): void {
  if (values.length > 0 && position + values.length > table.arraySize) table.reserveArray(position + values.length);
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

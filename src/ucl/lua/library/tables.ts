import { type Budget, luaLimits } from '../budget.ts';
import { lessThan } from '../compare.ts';
import { LuaError, type LuaFunction, LuaTable, type LuaValue, toText, truthy, typeOf } from '../values.ts';
import { type Arguments, library } from './arguments.ts';

function concat(args: Arguments, budget: Budget): string {
  const table = args.table(0);
  const separator = args.optionalText(1) ?? '';
  const parts: string[] = [];
  const end = args.integer(3, table.length);
  for (let at = args.integer(2, 1); at <= end; at++) {
    budget.step();
    const value = table.get(at);
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new LuaError(`invalid value (${typeOf(value)}) at index ${at} in table for 'concat'`);
    }
    parts.push(toText(value));
  }
  const text = parts.join(separator);
  budget.bytes(text.length);
  return text;
}

function insert(args: Arguments): [] {
  const table = args.table(0);
  if (args.values.length <= 2) {
    table.push(args.any(1));
    return [];
  }
  const position = args.integer(1);
  for (let at = table.length; at >= position; at--) table.set(at + 1, table.get(at));
  table.set(position, args.any(2));
  return [];
}

function remove(args: Arguments): LuaValue {
  const table = args.table(0);
  const last = table.length;
  const position = args.integer(1, last);
  const value = table.get(position);
  if (last === 0 || position < 1 || position > last) return undefined;
  for (let at = position; at < last; at++) table.set(at, table.get(at + 1));
  table.set(last, undefined);
  return value;
}

/** Sorts a table's list in place; `before` says whether its first value comes first. */
export function sortTable(table: LuaTable, before: (a: LuaValue, b: LuaValue) => boolean, budget: Budget): void {
  const sorted = table.items().sort((a, b) => {
    budget.step();
    if (before(a, b)) return -1;
    return before(b, a) ? 1 : 0;
  });
  for (const [index, value] of sorted.entries()) table.set(index + 1, value);
}

function sort(args: Arguments, budget: Budget): [] {
  const compare = args.values[1] === undefined ? undefined : args.function(1);
  const before = compare === undefined ? lessThan : (a: LuaValue, b: LuaValue) => truthy(compare([a, b])[0]);
  sortTable(args.table(0), before, budget);
  return [];
}

function unpack(args: Arguments, budget: Budget): LuaValue[] {
  const table = args.table(0);
  const end = args.integer(2, table.length);
  const values: LuaValue[] = [];
  if (end - args.integer(1, 1) >= luaLimits.results) throw new LuaError('too many results to unpack');
  for (let at = args.integer(1, 1); at <= end; at++) {
    budget.step();
    values.push(table.get(at));
  }
  return values;
}

function largestKey(table: LuaTable): number {
  let largest = 0;
  for (const [key] of table.entries()) if (typeof key === 'number' && key > largest) largest = key;
  return largest;
}

/** The `table` library. */
export function tableLibrary(budget: Budget): LuaTable {
  return library({
    concat: (args) => concat(args, budget),
    getn: (args) => args.table(0).length,
    insert,
    maxn: (args) => largestKey(args.table(0)),
    remove,
    sort: (args) => sort(args, budget),
    unpack: (args) => unpack(args, budget),
  });
}

/** `next`, as `pairs` gives it. */
export const nextEntry: LuaFunction = ([table, key]) => {
  if (!(table instanceof LuaTable)) throw new LuaError("bad argument #1 to 'next' (table expected)");
  return table.next(key) ?? [undefined];
};

/** The step of `ipairs`. */
export const nextItem: LuaFunction = ([table, key]) => {
  const at = Number(key) + 1;
  const value = table instanceof LuaTable ? table.get(at) : undefined;
  return value === undefined ? [undefined] : [at, value];
};

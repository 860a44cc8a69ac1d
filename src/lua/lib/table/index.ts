import { call } from '../../runtime/calls.ts';
import { runtimeError } from '../../runtime/errors.ts';
import { index, setIndex } from '../../runtime/indexing.ts';
import { allocate, spend } from '../../runtime/limits.ts';
import { R } from '../../runtime/registers.ts';
import { CALL, type Resumable } from '../../runtime/requests.ts';
import { firstResult, none } from '../../runtime/results.ts';
import { toText } from '../../values/coercion.ts';
import { native } from '../../values/native.ts';
import { cursor, END, LuaTable } from '../../values/table.ts';
import { hashCapacity } from '../../values/table-sizes.ts';
import { typeName } from '../../values/type-name.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { checkFunction, checkInteger, checkTable, optionalInteger, optionalString } from '../arguments.ts';
import { sort } from './sort.ts';

/** What an element counts for: moved along with others, or stored by itself. */
const [bytesPerElement, bytesPerStore] = [8, 64];

const insert = native('insert', (...args) => {
  const table = checkTable(args, 1);
  const end = table.length() + 1;
  if (args.length === 2) {
    table.setNumber(end, args[1]);
    return none();
  }
  if (args.length !== 3) throw runtimeError("wrong number of arguments to 'insert'");
  const position = checkInteger(args, 2);
  spend((end - position) * bytesPerElement);
  if (table.insertAt(position, args[2])) return none();
  spend((end - position) * bytesPerStore);
  for (let i = end; i > position; i--) table.setNumber(i, table.getNumber(i - 1));
  table.setNumber(position, args[2]);
  return none();
});

// unlike insert these go through metamethods, as the Lua code does that LuaJIT has for them
const get = (table: LuaTable, key: number): LuaValue =>
  table.meta === undefined ? table.getNumber(key) : index(table, key, 0);

function set(table: LuaTable, key: number, value: LuaValue): void {
  if (table.meta === undefined) table.setNumber(key, value);
  else setIndex(table, key, value, 0);
}

const remove = native('remove', (...args): LuaResult => {
  const table = checkTable(padded(args, 2), 1);
  const length = table.length();
  if (args[1] === undefined) {
    if (length === 0) return none();
    if (table.meta === undefined) {
      const removed = table.removeAt(length);
      if (removed !== undefined) return removed;
    }
    const last = get(table, length);
    set(table, length, undefined);
    return last;
  }
  const position = checkInteger(args, 2);
  if (position < 1 || position > length) return none();
  spend((length - position) * bytesPerElement);
  if (table.meta === undefined && length === table.array.length - 1) {
    const removed = table.removeAt(position);
    if (removed !== undefined) return removed;
  }
  spend((length - position) * bytesPerStore);
  const old = get(table, position);
  for (let i = position + 1; i <= length; i++) set(table, i - 1, get(table, i));
  set(table, length, undefined);
  return old;
});

const move = native('move', (...args) => {
  const from = checkTable(padded(args, 5), 1);
  const first = checkInteger(args, 2);
  const last = checkInteger(args, 3);
  const target = checkInteger(args, 4);
  const to = args[4] === undefined ? from : checkTable(args, 5);
  const distance = target - first;
  if (last >= first) {
    spend((last - first) * bytesPerStore);
    if (target > last || target <= first || to !== from) {
      for (let i = first; i <= last; i++) set(to, i + distance, get(from, i));
    } else {
      for (let i = last; i >= first; i--) set(to, i + distance, get(from, i));
    }
  }
  return to;
});

const concat = native('concat', (...args) => {
  const table = checkTable(args, 1);
  const separator = optionalString(args, 2, '');
  const first = optionalInteger(args, 3, 1);
  const last = args[3] === undefined ? table.length() : checkInteger(args, 4);
  const parts: string[] = [];
  let size = 0;
  for (let i = first; i <= last; i++) {
    const value = table.getNumber(i);
    const text = toText(value);
    if (text === undefined) {
      throw runtimeError(`invalid value (${typeName(value)}) at index ${i} in table for 'concat'`);
    }
    parts.push(text);
    size += text.length + separator.length;
  }
  allocate(size + parts.length * bytesPerElement);
  return parts.join(separator);
});

const getn = native('getn', (...args) => checkTable(padded(args, 1), 1).length());

const maxn = native('maxn', (...args) => {
  const table = checkTable(args, 1);
  let most = 0;
  for (let at = table.advance(0); at !== END; at = table.advance(at)) {
    if (typeof cursor.key === 'number' && cursor.key > most) most = cursor.key;
  }
  return most;
});

/** Arguments of functions that LuaJIT has in Lua: an absent one is nil in messages. */
const padded = (args: LuaValue[], count: number): LuaValue[] => {
  while (args.length < count) args.push(undefined);
  return args;
};

/** Keys and values in the order of a traversal that the callback may change. */
function* entries(table: LuaTable, isArray: boolean): Generator<[LuaValue, LuaValue]> {
  if (isArray) {
    const length = table.length();
    for (let i = 1; i <= length; i++) yield [i, get(table, i)];
    return;
  }
  for (let at = table.advance(0); at !== END; at = table.advance(at)) yield [cursor.key, cursor.value];
}

function eachFunction(name: string, isArray: boolean): LuaFunction {
  return native(
    name,
    (...args) => {
      const table = checkTable(padded(args, 2), 1);
      const f = checkFunction(args, 2);
      for (const [key, value] of entries(table, isArray)) {
        const result = firstResult(call(f, key, value));
        if (result !== undefined) return result;
      }
      return none();
    },
    function* (...args): Resumable {
      const table = checkTable(padded(args, 2), 1);
      const f = checkFunction(args, 2);
      for (const [key, value] of entries(table, isArray)) {
        R.callee = f;
        R.args = [key, value];
        const result = firstResult(yield CALL);
        if (result !== undefined) return result;
      }
      return none();
    },
  );
}

export const tableFunctions: readonly LuaFunction[] = [
  eachFunction('foreachi', true),
  eachFunction('foreach', false),
  getn,
  maxn,
  insert,
  remove,
  move,
  concat,
  sort,
];

/** `require "table.new"` */
export const tableNew = native('new', (...args) => {
  const array = checkInteger(args, 1);
  const hash = checkInteger(args, 2);
  return LuaTable.sized(array > 0 ? array + 1 : 0, hashCapacity(Math.max(hash, 0)));
});

/** `require "table.clear"` */
export const tableClear = native('clear', (...args) => {
  checkTable(args, 1).clear();
  return none();
});

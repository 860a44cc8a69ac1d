import { argumentError, runtimeError } from '../../runtime/errors.ts';
import { ipairsIterator, next } from '../../runtime/iteration.ts';
import { metamethod, metatableOf } from '../../runtime/metatables.ts';
import { later, none, several, three } from '../../runtime/results.ts';
import { applyMode } from '../../runtime/weak.ts';
import { untilZero } from '../../syntax/errors.ts';
import { Int64 } from '../../values/cdata.ts';
import { METATABLE, TOSTRING } from '../../values/events.ts';
import { native } from '../../values/native.ts';
import { stringToNumber } from '../../values/number-scan.ts';
import { LuaTable } from '../../values/table.ts';
import { typeName } from '../../values/type-name.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { checkAny, checkInteger, checkString, checkTable, optionalInteger } from '../arguments.ts';
import { plainText } from '../identity.ts';

const type = native('type', (...args) => typeName(checkAny(args, 1)));

export const tostring: LuaFunction = native('tostring', (...args): LuaResult => {
  const value = checkAny(args, 1);
  const handler = typeof value === 'number' ? undefined : metamethod(value, TOSTRING);
  return handler === undefined ? plainText(value) : later(handler, [value]);
});

/** Reads an integer of a given base as C's strtoul would, sign included; undefined when the text is something else. */
function readInteger(text: string, base: number): number | undefined {
  const found = /^[ \t\n\v\f\r]*([+-]?)([0-9a-zA-Z]+)[ \t\n\v\f\r]*$/.exec(untilZero(text));
  if (found === null) return undefined;
  const [, sign = '', all = ''] = found;
  const body = base === 16 ? all.replace(/^0[xX](?=[0-9a-fA-F])/, '') : all;
  let value = 0n;
  for (const digit of body.toLowerCase()) {
    const n = digit <= '9' ? Number(digit) : digit.charCodeAt(0) - 87;
    if (n >= base) return undefined;
    value = value * BigInt(base) + BigInt(n);
  }
  const most = (1n << 64n) - 1n;
  const number = Number(value > most ? most : value);
  return sign === '-' ? -number : number;
}

const tonumber = native('tonumber', (...args) => {
  const base = optionalInteger(args, 2, 10);
  if (base !== 10) {
    const text = checkString(args, 1);
    if (base < 2 || base > 36) throw argumentError(2, 'base out of range');
    return readInteger(text, base);
  }
  const value = checkAny(args, 1);
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return stringToNumber(value);
  return value instanceof Int64 ? Number(value.value) : undefined;
});

const pairs = native('pairs', (...args) => {
  checkAny(args, 1);
  return three(next, checkTable(args, 1), undefined);
});

const ipairs = native('ipairs', (...args) => {
  checkAny(args, 1);
  return three(ipairsIterator, checkTable(args, 1), 0);
});

const getmetatable = native('getmetatable', (...args) => {
  const meta = metatableOf(checkAny(args, 1));
  return meta === undefined ? undefined : (meta.getEvent(METATABLE) ?? meta);
});

const setmetatable = native('setmetatable', (...args) => {
  const table = checkTable(args, 1);
  const meta = args[1];
  if (!(meta instanceof LuaTable) && (meta !== undefined || args.length < 2)) {
    throw argumentError(2, 'nil or table expected');
  }
  if (table.meta?.getEvent(METATABLE) !== undefined) throw runtimeError('cannot change a protected metatable');
  table.meta = meta;
  applyMode(table, meta);
  return table;
});

const rawget = native('rawget', (...args) => {
  const table = checkTable(args, 1);
  return table.get(checkAny(args, 2));
});

const rawset = native('rawset', (...args) => {
  const table = checkTable(args, 1);
  const key = checkAny(args, 2);
  table.set(key, checkAny(args, 3));
  return table;
});

const rawequal = native('rawequal', (...args) => checkAny(args, 1) === checkAny(args, 2));

const select = native('select', (...args): LuaResult => {
  const [first] = args;
  const { length } = args;
  if (typeof first === 'string' && first.startsWith('#')) return length - 1;
  let index = checkInteger(args, 1);
  if (index < 0) index = length + index;
  else if (index > length) index = length;
  if (index < 1) throw argumentError(1, 'index out of range');
  return several(args.slice(index));
});

const mostResults = 8000;

export const unpack: LuaFunction = native('unpack', (...args): LuaResult => {
  const table = checkTable(args, 1);
  const first = optionalInteger(args, 2, 1);
  const last = args[2] === undefined ? table.length() : checkInteger(args, 3);
  if (first > last) return none();
  if (last - first >= mostResults) throw runtimeError('too many results to unpack');
  const values: LuaValue[] = [];
  for (let i = first; i <= last; i++) values.push(table.getNumber(i));
  return several(values);
});

export const valueFunctions: readonly LuaFunction[] = [
  type,
  tostring,
  tonumber,
  next,
  pairs,
  ipairs,
  getmetatable,
  setmetatable,
  rawget,
  rawset,
  rawequal,
  select,
  unpack,
];

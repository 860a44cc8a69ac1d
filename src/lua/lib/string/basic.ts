import { argumentError, runtimeError } from '../../runtime/errors.ts';
import { allocate, solid, spend } from '../../runtime/limits.ts';
import { none, several } from '../../runtime/results.ts';
import { LuaError } from '../../values/error.ts';
import { native } from '../../values/native.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { checkFunction, checkInteger, checkString, optionalInteger, optionalString } from '../arguments.ts';
import { dumpFunction } from '../dump.ts';

const longestSlice = 8000;
const longestString = 0x1fffffe8;

// LuaJIT has it in Lua, where an absent argument is nil
const len = native('len', (s) => (typeof s === 'string' ? s.length : checkString([s], 1).length));

const sub = native('sub', (...args) => {
  const s = checkString(args, 1);
  const { length } = s;
  let start = checkInteger(args, 2);
  let end = args[2] === undefined ? -1 : checkInteger(args, 3);
  if (end < 0) end += length + 1;
  else if (end > length) end = length;
  if (start < 0) start += length + 1;
  if (start < 1) start = 1;
  return start > end ? '' : s.slice(start - 1, end);
});

const byte = native('byte', (...args): LuaResult => {
  const s = checkString(args, 1);
  const { length } = s;
  let start = optionalInteger(args, 2, 1);
  let end = optionalInteger(args, 3, start);
  if (end < 0) end += length + 1;
  if (start < 0) start += length + 1;
  if (start <= 0) start = 1;
  if (end > length) end = length;
  if (start > end) return none();
  if (start === end) return s.charCodeAt(start - 1);
  if (end - start >= longestSlice) throw runtimeError('string slice too long');
  const codes: LuaValue[] = [];
  for (let i = start - 1; i < end; i++) codes.push(s.charCodeAt(i));
  return several(codes);
});

const char = native('char', (...args) => {
  let s = '';
  for (let i = 1; i <= args.length; i++) {
    const code = checkInteger(args, i);
    if (code < 0 || code > 255) throw argumentError(i, 'invalid value');
    s += String.fromCharCode(code);
  }
  return s;
});

const rep = native('rep', (...args) => {
  const s = checkString(args, 1);
  const count = checkInteger(args, 2);
  const separator = optionalString(args, 3, '');
  if (count <= 0) return '';
  const length = s.length * count + separator.length * (count - 1);
  if (length > longestString) throw new LuaError('not enough memory');
  allocate(length);
  return solid(separator === '' ? s.repeat(count) : `${s}${(separator + s).repeat(count - 1)}`);
});

const reverse = native('reverse', (...args) => {
  const s = checkString(args, 1);
  allocate(s.length);
  return Buffer.from(s, 'latin1').reverse().toString('latin1');
});

// only ASCII letters have cases, whatever bytes above 127 mean in Latin-1
const lower = native('lower', (...args) => {
  const s = checkString(args, 1);
  spend(s.length);
  return isAscii(s) ? s.toLowerCase() : s.replace(/[A-Z]+/g, (part) => part.toLowerCase());
});

const upper = native('upper', (...args) => {
  const s = checkString(args, 1);
  spend(s.length);
  return isAscii(s) ? s.toUpperCase() : s.replace(/[a-z]+/g, (part) => part.toUpperCase());
});

const isAscii = (s: string): boolean => !/[\x80-\xff]/.test(s);

const dump = native('dump', (...args) => {
  const text = dumpFunction(checkFunction(args, 1));
  if (text === undefined) throw runtimeError('unable to dump given function');
  return text;
});

export const basicFunctions: readonly LuaFunction[] = [len, sub, byte, char, rep, reverse, lower, upper, dump];

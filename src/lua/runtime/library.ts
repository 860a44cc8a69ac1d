import { CALL } from '../values/events.ts';
import { power } from '../values/power.ts';
import { cursor, END, LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import { arithmetic, length, negate, tryArithmetic, tryLength, tryNegate } from './arithmetic.ts';
import { callable } from './callable.ts';
import { HANDLER } from './calls.ts';
import { trap } from './closures.ts';
import { compareResumable, equal, less, lessEqual, tryEqual, tryLess, tryLessEqual } from './comparison.ts';
import { concat, concatResumable, join, joinTwo } from './concatenation.ts';
import { listTable, recordTable, storeItem, storeList } from './constructors.ts';
import { callError } from './errors.ts';
import { enterGenerator } from './generators.ts';
import {
  FieldCache,
  field,
  index,
  setField,
  setIndex,
  tryField,
  tryIndex,
  trySetField,
  trySetIndex,
} from './indexing.ts';
import { loopBound, loopKind } from './iteration.ts';
import { tick } from './limits.ts';
import { metamethod } from './metatables.ts';
import { Box } from './prototype.ts';
import { generatorFrame } from './registers.ts';
import { callHandlerResumable } from './requests.ts';
import { later, list, one, resultList, settle, several, three, two } from './results.ts';

/** Refuses a tail call of what cannot be called while the calling function still has its frame. */
function checkCallable(value: LuaValue): void {
  if (typeof metamethod(value, CALL) !== 'function') throw callError(value);
}

/** What a tail call calls. */
function tailCallable(value: LuaValue): LuaFunction {
  checkCallable(value);
  return callable(value);
}

/** Whether generator code gets a generator by calling it. */
function isLuaFunction(f: LuaValue): boolean {
  return typeof f === 'function' && f.native === undefined;
}

/** Whether a call neither runs Lua code nor suspends: generator code makes it directly. */
function isSimpleNative(f: LuaValue): boolean {
  if (typeof f !== 'function') return false;
  const { native } = f;
  return native !== undefined && native.resumable === undefined && !native.isYield;
}

/** Everything that compiled code uses, under the names it uses. */
export const library = {
  Box,
  END,
  FieldCache,
  HANDLER,
  T: LuaTable,
  arithmetic,
  callHandlerResumable,
  callable,
  checkCallable,
  compareResumable,
  concat,
  concatResumable,
  cursor,
  enterGenerator,
  equal,
  field,
  generatorFrame,
  index,
  isLuaFunction,
  isSimpleNative,
  join,
  joinTwo,
  later,
  length,
  less,
  lessEqual,
  list,
  listTable,
  loopBound,
  loopKind,
  negate,
  one,
  power,
  recordTable,
  resultList,
  setField,
  setIndex,
  settle,
  several,
  storeItem,
  storeList,
  tailCallable,
  three,
  tick,
  trap,
  tryArithmetic,
  tryEqual,
  tryField,
  tryIndex,
  tryLength,
  tryLess,
  tryLessEqual,
  tryNegate,
  trySetField,
  trySetIndex,
  two,
};

import type { LuaResult, LuaValue } from '../values/types.ts';
import { callable } from './callable.ts';
import { R } from './registers.ts';

/** No result. */
export function none(): null {
  R.count = 0;
  return null;
}

export function two(a: LuaValue, b: LuaValue): null {
  R.count = 2;
  R.first = a;
  R.second = b;
  return null;
}

export function three(a: LuaValue, b: LuaValue, c: LuaValue): null {
  R.count = 3;
  R.first = a;
  R.second = b;
  R.third = c;
  return null;
}

/** Any number of results. The list is handed over: whoever receives it may keep and change it. */
export function several(list: LuaValue[]): LuaResult {
  const { length } = list;
  if (length === 1) return list[0];
  R.count = length;
  R.first = list[0];
  R.second = list[1];
  R.third = list[2];
  R.results = list;
  return null;
}

/** A tail call: left to whoever waits for the results. Functions written in JavaScript may answer with one, too. */
export function later(callee: LuaValue, args: LuaValue[]): null {
  R.callee = callee;
  R.args = args;
  R.count = -1;
  return null;
}

/** Brings the registers in order after a call has returned null: runs a pending tail call, clears what is absent. */
export function settle(): void {
  while (R.count < 0) {
    const f = R.callee;
    const value = (typeof f === 'function' ? f : callable(f))(...R.args);
    if (value === null) continue;
    R.count = 1;
    R.first = value;
  }
  if (R.count < 3) {
    R.third = undefined;
    if (R.count < 2) {
      R.second = undefined;
      if (R.count === 0) R.first = undefined;
    }
  }
}

/** The first result of a call that has returned null. */
export function one(): LuaValue {
  settle();
  return R.first;
}

/** All results of a call that has returned null. */
export function list(): LuaValue[] {
  settle();
  switch (R.count) {
    case 0:
      return [];
    case 1:
      return [R.first];
    case 2:
      return [R.first, R.second];
    case 3:
      return [R.first, R.second, R.third];
    default:
      return R.results;
  }
}

/** All results of a call, whatever it returned. */
export function resultList(result: LuaResult): LuaValue[] {
  return result === null ? list() : [result];
}

/** The first result of a call, whatever it returned. */
export function firstResult(result: LuaResult): LuaValue {
  return result === null ? one() : result;
}

/** Puts values before all results of a call. */
export function prepend(before: readonly LuaValue[], result: LuaResult): LuaResult {
  return several([...before, ...resultList(result)]);
}

import { LuaError, type LuaValue, typeOf } from './values.ts';

function comparable(left: LuaValue, right: LuaValue): boolean {
  return (
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string')
  );
}

function notComparable(left: LuaValue, right: LuaValue): LuaError {
  const [a, b] = [typeOf(left), typeOf(right)];
  return new LuaError(a === b ? `attempt to compare two ${a} values` : `attempt to compare ${a} with ${b}`);
}

/** Lua's `<`: of two numbers or two strings. */
export function lessThan(left: LuaValue, right: LuaValue): boolean {
  if (!comparable(left, right)) throw notComparable(left, right);
  return (left as number) < (right as number);
}

/** Lua's `<=`. */
export function lessOrEqual(left: LuaValue, right: LuaValue): boolean {
  if (!comparable(left, right)) throw notComparable(left, right);
  return (left as number) <= (right as number);
}

import { argumentError, argumentTypeError } from '../runtime/errors.ts';
import { toNumber, toText } from '../values/coercion.ts';
import { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';

/** Checks of the arguments of functions written in JavaScript. Indices count from 1, as messages do. */
type Args = readonly LuaValue[];

/** A number as the 32-bit integer LuaJIT makes of it: truncated, and the smallest one when it does not fit. */
function toInt32(n: number): number {
  const whole = Math.trunc(n);
  return whole >= -0x80000000 && whole <= 0x7fffffff ? whole | 0 : -0x80000000;
}

export function checkAny(args: Args, index: number): LuaValue {
  if (index > args.length) throw argumentError(index, 'value expected');
  return args[index - 1];
}

export function checkTable(args: Args, index: number): LuaTable {
  const value = args[index - 1];
  if (value instanceof LuaTable) return value;
  throw argumentTypeError(args, index, 'table');
}

export function checkFunction(args: Args, index: number): LuaFunction {
  const value = args[index - 1];
  if (typeof value === 'function') return value;
  throw argumentTypeError(args, index, 'function');
}

export function checkNumber(args: Args, index: number): number {
  const value = args[index - 1];
  if (typeof value === 'number') return value;
  const number = toNumber(value);
  if (number === undefined) throw argumentTypeError(args, index, 'number');
  return number;
}

export function checkInteger(args: Args, index: number): number {
  return toInt32(checkNumber(args, index));
}

export function optionalInteger(args: Args, index: number, absent: number): number {
  return args[index - 1] === undefined ? absent : checkInteger(args, index);
}

export function optionalNumber(args: Args, index: number, absent: number): number {
  return args[index - 1] === undefined ? absent : checkNumber(args, index);
}

/** A string; numbers count as their text. */
export function checkString(args: Args, index: number): string {
  const value = args[index - 1];
  if (typeof value === 'string') return value;
  const text = toText(value);
  if (text === undefined) throw argumentTypeError(args, index, 'string');
  return text;
}

export function optionalString(args: Args, index: number, absent: string): string;
export function optionalString(args: Args, index: number, absent: undefined): string | undefined;
export function optionalString(args: Args, index: number, absent: string | undefined): string | undefined {
  return args[index - 1] === undefined ? absent : checkString(args, index);
}

/** One of several words. */
export function checkOption<Word extends string>(
  args: Args,
  index: number,
  words: readonly Word[],
  absent?: Word,
): Word {
  const text = absent === undefined ? checkString(args, index) : optionalString(args, index, absent);
  const found = words.find((word) => word === text);
  if (found === undefined) throw argumentError(index, `invalid option '${text}'`);
  return found;
}

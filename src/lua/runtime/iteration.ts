import { toNumber } from '../values/coercion.ts';
import { LuaError } from '../values/error.ts';
import { native } from '../values/native.ts';
import { cursor, END, LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';
import { argumentTypeError, atOperator, runtimeError } from './errors.ts';
import { none, two } from './results.ts';

/** Lua's `next`. Loops over tables do not call it but walk the table themselves. */
export const next = native('next', (...args) => {
  const [table, key] = args;
  if (!(table instanceof LuaTable)) throw argumentTypeError(args, 1, 'table');
  const position = table.positionAfter(key);
  if (Number.isNaN(position)) throw new LuaError("invalid key to 'next'");
  return table.advance(position) === END ? undefined : two(cursor.key, cursor.value);
});

/** The iterator that `ipairs` returns. */
export const ipairsIterator = native('ipairs_aux', (...args) => {
  const [table, at] = args;
  if (!(table instanceof LuaTable)) throw argumentTypeError(args, 1, 'table');
  const last = toNumber(at);
  if (last === undefined) throw argumentTypeError(args, 2, 'number');
  const key = Math.trunc(last) + 1;
  const value = table.getNumber(key);
  return value === undefined ? none() : two(key, value);
});

/** How a generic for runs: 1 walks a table, 2 counts through its array, 0 calls the iterator. */
export function loopKind(f: LuaValue, state: LuaValue, control: LuaValue): 0 | 1 | 2 {
  if (!(state instanceof LuaTable)) return 0;
  if (f === next && control === undefined) return 1;
  return f === ipairsIterator && control === 0 ? 2 : 0;
}

const boundNames = ['initial', 'limit', 'step'];

/** A bound of a numeric for as a number. */
export function loopBound(which: 0 | 1 | 2, value: LuaValue, site: number): number {
  const number = toNumber(value);
  if (number !== undefined) return number;
  atOperator(site);
  throw runtimeError(`'for' ${boundNames[which]}${which === 0 ? ' value' : ''} must be a number`);
}

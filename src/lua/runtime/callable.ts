import { CALL } from '../values/events.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import { callError } from './errors.ts';
import { metamethod } from './metatables.ts';

/**
 * A function that stands for a value that is not one: it calls the value's `__call`, or raises the error. Arguments
 * are evaluated before that error, so it comes from the call and not from here.
 */
export function callable(value: LuaValue): LuaFunction {
  if (typeof value === 'function') return value;
  const handler = metamethod(value, CALL);
  if (typeof handler === 'function') return (...args) => handler(value, ...args);
  return () => {
    throw callError(value);
  };
}

import { LuaError } from '../values/error.ts';
import { stackOverflow } from './errors.ts';
import { LuaInterrupt } from './limits.ts';

/**
 * What Lua code gets to see of something thrown: Lua's own errors, and what V8 raises when a program uses too much.
 * Anything else is a fault of the host or the end of a program that was stopped: it is thrown on.
 */
export function caught(error: unknown): LuaError {
  if (error instanceof LuaError) return error;
  if (error instanceof RangeError && !(error instanceof LuaInterrupt)) {
    if (error.message.includes('call stack')) return stackOverflow();
    if (/string length|array length|allocation failed/i.test(error.message)) return new LuaError('not enough memory');
  }
  throw error;
}

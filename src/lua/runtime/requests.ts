import type { LuaResult, LuaValue } from '../values/types.ts';
import { firstResult } from './results.ts';

/** What a generator asks of the thread that runs it. */

/** Call `R.callee` with `R.args` and continue with its result. */
export const CALL = 0;
/** Suspend the running coroutine and hand `R.args` to whoever resumed it; continue with what it is resumed with. */
export const YIELD = 1;
/** Resume the coroutine in `R.callee` with `R.args`; continue with what it yields or returns, or its error. */
export const RESUME = 2;

export type Request = typeof CALL | typeof YIELD | typeof RESUME;

/** Value of `R.count` after a generator has returned null: `R.generator` takes its place, a tail call. */
export const TAIL_GENERATOR = -2;

/**
 * Generator of a Lua function, of a native in resumable form, or of a helper of generator code. What it yields is a
 * request, or the generator of a function to call.
 */
export interface Resumable<T = LuaResult> extends Generator<Request | Resumable, T, LuaResult> {}

/** Calls what an operator has found and takes one result. */
export function* callHandlerResumable(): Resumable<LuaValue> {
  return firstResult(yield CALL);
}

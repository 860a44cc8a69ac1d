import type { LuaObject } from './object.ts';

/** A value of a Lua program. nil is undefined; strings are byte strings (one code unit 0-255 per byte). */
export type LuaValue = undefined | boolean | number | string | LuaObject | LuaFunction;

/**
 * What a Lua function returns to JavaScript: its single result, or null when it has none or several; they are then in
 * the result registers (runtime/results.ts) until the next call.
 */
export type LuaResult = LuaValue | null;

/** What is known of a function written in JavaScript. Functions compiled from Lua have none. */
export interface NativeInfo {
  readonly name: string;
  /** Form that can call Lua and be suspended meanwhile; without it a yield below this function is an error. */
  readonly resumable: ResumableForm | undefined;
  /** It is `coroutine.yield`, which threads treat specially. */
  readonly isYield: boolean;
}

/** Generator of a native: yields requests to the thread that runs it (runtime/requests.ts). */
export type ResumableForm = (...args: LuaValue[]) => Generator<unknown, LuaResult, LuaResult>;

/** A function value: a plain JavaScript function. */
export interface LuaFunction {
  (...args: LuaValue[]): LuaResult;
  native?: NativeInfo;
}

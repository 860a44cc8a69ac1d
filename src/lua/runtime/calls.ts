import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import { callable } from './callable.ts';
import { Frame, R } from './registers.ts';
import { firstResult, settle } from './results.ts';

/**
 * Answer of an operator that has found a metamethod to call: `R.callee` with `R.args`. Plain code calls it at once,
 * generator code lets its thread do it.
 */
export const HANDLER: LuaValue = placeholder();

function placeholder(): LuaFunction {
  return Object.assign((): LuaResult => null, { native: { name: '?', resumable: undefined, isYield: false } });
}

export function handler(callee: LuaValue, args: LuaValue[]): LuaValue {
  R.callee = callee;
  R.args = args;
  return HANDLER;
}

/** Calls what an operator has found and takes one result. */
export function callHandler(): LuaValue {
  const f = R.callee;
  return firstResult((typeof f === 'function' ? f : callable(f))(...R.args));
}

/** Takes a frame for a function written in JavaScript, so that what it calls sees it in tracebacks and levels. */
export function enterNative(fn: LuaFunction): Frame {
  const { top } = R;
  let frame = top.next;
  if (frame === null) {
    frame = new Frame(top, Math.max(top.budget - 1, 0), top.stack + 4);
    if (top.budget > 0) top.next = frame;
  }
  frame.fn = fn;
  frame.site = 0;
  R.top = frame;
  return frame;
}

/** Stands in frames for whatever function written in JavaScript has called back. */
export const hostFunction = placeholder();

/** Calls any value from a function written in JavaScript. Lua code below it cannot be suspended. */
export function call(f: LuaValue, ...args: LuaValue[]): LuaResult {
  const { top } = R;
  enterNative(hostFunction);
  const result = (typeof f === 'function' ? f : callable(f))(...args);
  if (result === null) settle();
  R.top = top;
  return result;
}

/** Gives the function written in JavaScript that has just failed a frame, as it had none while it was running. */
export function enterFailed(): void {
  const { site, fn } = R.top;
  if (site >= 0 && fn !== undefined && fn.native === undefined) enterNative(hostFunction);
}

import { callable } from '../../runtime/callable.ts';
import { enterFailed, enterNative } from '../../runtime/calls.ts';
import { caught } from '../../runtime/caught.ts';
import { runtimeError } from '../../runtime/errors.ts';
import { enterGenerator } from '../../runtime/generators.ts';
import { R } from '../../runtime/registers.ts';
import { CALL, type Resumable } from '../../runtime/requests.ts';
import { prepend, settle, several, three, two } from '../../runtime/results.ts';
import { frameAt, positionOf } from '../../runtime/stack.ts';
import { toText } from '../../values/coercion.ts';
import { LuaError } from '../../values/error.ts';
import { native } from '../../values/native.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { checkAny, checkFunction, optionalInteger } from '../arguments.ts';

const error = native('error', (...args) => {
  const level = optionalInteger(args, 2, 1);
  const [value] = args;
  const text = toText(value);
  if (text === undefined || level <= 0) throw new LuaError(value);
  throw new LuaError(positionOf(frameAt(level)) + text);
});

const assert = native('assert', (...args) => {
  const value = checkAny(args, 1);
  if (value !== undefined && value !== false) return several(args);
  if (args.length === 1) throw runtimeError('assertion failed!');
  const text = toText(args[1]);
  throw text === undefined ? new LuaError(args[args.length - 1]) : runtimeError(text);
});

/** true and all results of a call that has not failed. */
function succeeded(result: LuaResult): LuaResult {
  if (result !== null) return two(true, result);
  settle();
  if (R.count === 0) return true;
  if (R.count === 1) return two(true, R.first);
  return R.count === 2 ? three(true, R.first, R.second) : prepend([true], null);
}

/** Where a protected call stands, to come back to when it fails. */
interface Restore {
  readonly top: typeof R.top;
  readonly tails: number;
  readonly nesting: number;
}

const remember = (): Restore => ({ top: R.top, tails: R.tails, nesting: R.nesting });

function restore({ top, tails, nesting }: Restore): void {
  R.top = top;
  R.tails = tails;
  R.nesting = nesting;
}

const pcall: LuaFunction = native(
  'pcall',
  (...args): LuaResult => {
    const f = checkAny(args, 1);
    const before = remember();
    enterNative(pcall);
    try {
      const result = succeeded((typeof f === 'function' ? f : callable(f))(...args.slice(1)));
      R.top = before.top;
      return result;
    } catch (thrown) {
      const { value } = caught(thrown);
      restore(before);
      return two(false, value);
    }
  },
  function* (...args): Resumable {
    const f = checkAny(args, 1);
    const before = remember();
    enterGenerator(pcall, undefined, 2);
    try {
      R.callee = f;
      R.args = args.slice(1);
      const result = succeeded(yield CALL);
      R.top = before.top;
      return result;
    } catch (thrown) {
      const { value } = caught(thrown);
      restore(before);
      return two(false, value);
    }
  },
);

const failedHandler = 'error in error handling';

const xpcall: LuaFunction = native(
  'xpcall',
  (...args): LuaResult => {
    checkAny(args, 1);
    const f = args[0];
    const handler = checkFunction(args, 2);
    const before = remember();
    enterNative(xpcall);
    try {
      const result = succeeded((typeof f === 'function' ? f : callable(f))(...args.slice(2)));
      R.top = before.top;
      return result;
    } catch (thrown) {
      const { value } = caught(thrown);
      return two(false, handleError(handler, value, before, args[0]));
    }
  },
  function* (...args): Resumable {
    checkAny(args, 1);
    const handler = checkFunction(args, 2);
    const before = remember();
    enterGenerator(xpcall, undefined, 3);
    try {
      R.callee = args[0];
      R.args = args.slice(2);
      const result = succeeded(yield CALL);
      R.top = before.top;
      return result;
    } catch (thrown) {
      const { value } = caught(thrown);
      return two(false, handleError(handler, value, before, args[0]));
    }
  },
);

/** Calls an error handler while the frames of the failed call are still there, then drops them. */
function handleError(handler: LuaFunction, value: LuaValue, before: Restore, f: LuaValue): LuaValue {
  R.tails = before.tails;
  R.nesting = before.nesting;
  try {
    // a function written in JavaScript that xpcall itself has called had no frame
    if (R.top.fn === xpcall && typeof f === 'function' && f.native !== undefined) enterNative(f);
    else enterFailed();
    const result = handler(value);
    if (result !== null) return result;
    settle();
    return R.first;
  } catch (thrown) {
    caught(thrown);
    return failedHandler;
  } finally {
    restore(before);
  }
}

export const protectedFunctions: readonly LuaFunction[] = [error, assert, pcall, xpcall];

import { closureOf } from '../../runtime/closures.ts';
import { argumentError, runtimeError } from '../../runtime/errors.ts';
import { setEnvironment } from '../../runtime/generators.ts';
import { R } from '../../runtime/registers.ts';
import { none } from '../../runtime/results.ts';
import { functionAt } from '../../runtime/stack.ts';
import { native } from '../../values/native.ts';
import type { LuaFunction, LuaValue } from '../../values/types.ts';
import { checkInteger, checkTable, optionalInteger } from '../arguments.ts';

/** The function at a level; level 0 is the thread and none here. */
function atLevel(level: number): LuaFunction | undefined {
  if (level < 0) throw argumentError(1, 'invalid level');
  if (level === 0) return undefined;
  const fn = functionAt(level);
  if (fn === undefined) throw argumentError(1, 'invalid level');
  return fn;
}

const getfenv = native('getfenv', (...args) => {
  const [first] = args;
  const fn = typeof first === 'function' ? first : atLevel(optionalInteger(args, 1, 1));
  return (fn === undefined ? undefined : closureOf(fn)?.environment) ?? R.state.current.environment;
});

const setfenv = native('setfenv', (...args) => {
  const table = checkTable(args, 2);
  const first: LuaValue = args[0];
  const fn = typeof first === 'function' ? first : atLevel(checkInteger(args, 1));
  if (fn === undefined) {
    R.state.current.environment = table;
    return none();
  }
  if (!setEnvironment(fn, table)) throw runtimeError("'setfenv' cannot change environment of given object");
  return fn;
});

export const environmentFunctions: readonly LuaFunction[] = [getfenv, setfenv];

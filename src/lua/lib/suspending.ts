import { yieldError } from '../runtime/driver.ts';
import { R } from '../runtime/registers.ts';
import { type Resumable, YIELD } from '../runtime/requests.ts';
import { native } from '../values/native.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';

/**
 * A function that suspends the coroutine it is called in until the host resumes it (`Lua.resume`); the values it is
 * resumed with are the call's results. Outside a coroutine, or below a function that cannot be suspended, it raises
 * Lua's error for that.
 * @param start begins whatever the program waits for; an error it throws is raised at the call
 */
export function suspending(name: string, start: (...args: LuaValue[]) => void): LuaFunction {
  return native(
    name,
    () => {
      throw yieldError();
    },
    function* (...args): Resumable {
      start(...args);
      R.args = [];
      return yield YIELD;
    },
  );
}

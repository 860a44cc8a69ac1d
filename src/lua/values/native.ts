import type { LuaFunction, LuaResult, LuaValue, ResumableForm } from './types.ts';

/**
 * Makes a Lua function of a JavaScript one. All functions that get into Lua's hands have to be made this way.
 * @param resumable form that lets Lua code below it be suspended, for functions that call back
 */
export function native(name: string, run: (...args: LuaValue[]) => LuaResult, resumable?: ResumableForm): LuaFunction {
  return Object.assign(run, { native: { name, resumable, isYield: false } });
}

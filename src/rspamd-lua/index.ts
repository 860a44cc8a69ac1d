/**
 * Rspamd's API for Lua: the modules that `require` finds and the globals.
 *
 * `openRspamd` puts them into a state of the engine; `toLua` and `fromLua` carry values between UCL and Lua as the
 * original does for the arguments and results of scripts.
 */
export { failureText } from './failure.ts';
export { valueText } from './logger/format.ts';
export { openRspamd, type RspamdOptions } from './open.ts';
export { fromLua, functionIn, toLua, uclTypes } from './ucl/convert.ts';
export { parseSafely } from './ucl/parser.ts';
export type { Paths, World } from './world.ts';

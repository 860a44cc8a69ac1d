/**
 * The Lua engine: LuaJIT 2.1's dialect compiled to JavaScript. It knows nothing of Rspamd.
 *
 * Values are JavaScript's: nil is undefined, strings are byte strings (one code unit 0-255 per byte), functions are
 * functions made by `native` or compiled from Lua. A function returns its single result, or what `none`, `two`,
 * `three` or `several` returned.
 */
export { Lua, type LuaOptions, LuaScriptError, type Resumed, type StackLevel } from './engine.ts';
export {
  checkAny,
  checkFunction,
  checkInteger,
  checkNumber,
  checkOption,
  checkString,
  checkTable,
  optionalInteger,
  optionalNumber,
  optionalString,
} from './lib/arguments.ts';
export { cString } from './lib/c-string.ts';
export { addressOf, plainText } from './lib/identity.ts';
export { suspending } from './lib/suspending.ts';
export { reason as systemError } from './lib/system-errors.ts';
export { call } from './runtime/calls.ts';
export { argumentError, argumentTypeError, runtimeError } from './runtime/errors.ts';
export { field } from './runtime/index-by-name.ts';
export { type Limits, LuaExit, LuaInterrupt, spend } from './runtime/limits.ts';
export { metamethod } from './runtime/metatables.ts';
export { firstResult, later, none, resultList, several, three, two } from './runtime/results.ts';
export { placeOf } from './runtime/stack.ts';
export type { Host } from './runtime/state.ts';
export type { Thread } from './runtime/thread.ts';
export { shortChunkName } from './syntax/errors.ts';
export { toNumber, toText } from './values/coercion.ts';
export { LuaError } from './values/error.ts';
export { native } from './values/native.ts';
export { numberToString } from './values/number-text.ts';
export { LuaObject } from './values/object.ts';
export { cursor, END, LuaTable } from './values/table.ts';
export { typeName } from './values/type-name.ts';
export type { LuaFunction, LuaResult, LuaValue, ResumableForm } from './values/types.ts';
export { Userdata } from './values/userdata.ts';

import { call } from '../runtime/calls.ts';
import { caught } from '../runtime/caught.ts';
import { type Closure, closureOf } from '../runtime/closures.ts';
import { argumentError, runtimeError } from '../runtime/errors.ts';
import { setEnvironment } from '../runtime/generators.ts';
import { metatableOf } from '../runtime/metatables.ts';
import { Box } from '../runtime/prototype.ts';
import { R } from '../runtime/registers.ts';
import { none, two } from '../runtime/results.ts';
import { Thread } from '../runtime/thread.ts';
import { applyMode } from '../runtime/weak.ts';
import { toText } from '../values/coercion.ts';
import { native } from '../values/native.ts';
import type { LuaObject } from '../values/object.ts';
import { LuaTable } from '../values/table.ts';
import { typeName } from '../values/type-name.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import { Userdata } from '../values/userdata.ts';
import { checkAny, checkFunction, checkInteger, checkTable, optionalInteger, optionalString } from './arguments.ts';
import { loadChunk } from './base/loading.ts';
import { StandardInput } from './io/index.ts';
import { currentLine, isMain, type Level, levelsFrom, levelsOfThread, traceback } from './traceback.ts';

type Args = readonly LuaValue[];

/** The thread an optional first argument names, and where the other arguments begin. */
function threadArgument(args: Args): { thread: Thread | undefined; at: number } {
  const [first] = args;
  return first instanceof Thread && first !== R.state.current
    ? { thread: first, at: 1 }
    : { thread: undefined, at: first instanceof Thread ? 1 : 0 };
}

function levelsOf(thread: Thread | undefined, asking: LuaFunction): Level[] {
  return thread === undefined ? levelsFrom(R.top, asking) : levelsOfThread(thread);
}

const tracebackFunction: LuaFunction = native('traceback', (...args) => {
  const { thread, at } = threadArgument(args);
  const message = toText(args[at]);
  if (message === undefined && args.length > at) return args[at];
  const level = optionalInteger(args, at + 2, thread === undefined ? 1 : 0);
  return traceback(message, levelsOf(thread, tracebackFunction), level);
});

function sourceFields(into: LuaTable, closure: Closure | undefined): void {
  if (closure === undefined) {
    for (const [key, value] of Object.entries({ source: '=[C]', short_src: '[C]', what: 'C' })) into.set(key, value);
    into.set('linedefined', -1);
    into.set('lastlinedefined', -1);
    return;
  }
  const { chunk, line, lastLine } = closure.prototype;
  into.set('source', chunk.name);
  into.set('short_src', chunk.shortName);
  into.set('linedefined', line);
  into.set('lastlinedefined', lastLine);
  into.set('what', isMain(closure.prototype) ? 'main' : 'Lua');
}

function upvalueFields(into: LuaTable, closure: Closure | undefined): void {
  into.set('nups', closure?.upvalues.length ?? 0);
  into.set('nparams', closure?.prototype.parameters.length ?? 0);
  into.set('isvararg', closure?.prototype.isVararg ?? true);
}

/** Lines of a function at which something can happen. */
function activeLines(closure: Closure | undefined): LuaTable | undefined {
  if (closure === undefined) return undefined;
  const { chunk, line, lastLine } = closure.prototype;
  const lines = new LuaTable();
  for (const site of chunk.sites) if (site.line > line && site.line <= lastLine) lines.set(site.line, true);
  lines.set(lastLine, true);
  return lines;
}

const getinfo: LuaFunction = native('getinfo', (...args): LuaResult => {
  const { thread, at } = threadArgument(args);
  const what = optionalString(args, at + 2, 'flnSu');
  const subject = args[at];
  let level: Level | undefined;
  let fn: LuaFunction;
  if (typeof subject === 'function') {
    fn = subject;
  } else {
    if (toText(subject) === undefined) throw argumentError(at + 1, 'function or level expected');
    const index = checkInteger(args, at + 1);
    level = index < 0 ? undefined : levelsOf(thread, getinfo)[index];
    if (level === undefined) return undefined;
    fn = level.fn;
  }
  if (/[^SlnufL]/.test(what)) throw argumentError(at + 2, 'invalid option');
  const closure = closureOf(fn);
  const info = new LuaTable();
  if (what.includes('S')) sourceFields(info, closure);
  if (what.includes('l')) info.set('currentline', level === undefined ? -1 : currentLine(level));
  if (what.includes('u')) upvalueFields(info, closure);
  if (what.includes('n')) {
    info.set('name', level?.name?.name);
    info.set('namewhat', level?.name?.kind ?? '');
  }
  if (what.includes('L')) info.set('activelines', activeLines(closure));
  if (what.includes('f')) info.set('func', fn);
  return info;
});

/** Local variables live in JavaScript's: only the names of parameters can be told. */
const getlocal: LuaFunction = native('getlocal', (...args) => {
  const { thread, at } = threadArgument(args);
  const subject = args[at];
  const slot = checkInteger(args, at + 2);
  if (typeof subject === 'function') return closureOf(subject)?.prototype.parameters[slot - 1];
  const index = checkInteger(args, at + 1);
  if (levelsOf(thread, getlocal)[index] === undefined) throw argumentError(at + 1, 'level out of range');
  return undefined;
});

const setlocal: LuaFunction = native('setlocal', (...args) => {
  const { thread, at } = threadArgument(args);
  if (levelsOf(thread, setlocal)[checkInteger(args, at + 1)] === undefined) {
    throw argumentError(at + 1, 'level out of range');
  }
  checkInteger(args, at + 2);
  checkAny(args, at + 3);
  return undefined;
});

/** An upvalue of a Lua function by number; undefined when there is none. */
function upvalueOf(fn: LuaFunction, index: number): { name: string; holder: unknown } | undefined {
  const closure = closureOf(fn);
  const name = closure?.prototype.upvalues[index - 1];
  return name === undefined ? undefined : { name, holder: closure?.upvalues[index - 1] };
}

const getupvalue = native('getupvalue', (...args): LuaResult => {
  const index = checkInteger(args, 2);
  const found = upvalueOf(checkFunction(args, 1), index);
  if (found === undefined) return none();
  const { name, holder } = found;
  return two(name, holder instanceof Box ? holder.v : (holder as LuaValue));
});

const setupvalue = native('setupvalue', (...args): LuaResult => {
  checkAny(args, 3);
  const index = checkInteger(args, 2);
  const found = upvalueOf(checkFunction(args, 1), index);
  if (found === undefined) return none();
  const { name, holder } = found;
  if (!(holder instanceof Box)) throw runtimeError(`upvalue '${name}' is a constant of its chunk and cannot be set`);
  holder.v = args[2];
  return name;
});

const identities = new WeakMap<object, Userdata>();

const upvalueid = native('upvalueid', (...args) => {
  const fn = checkFunction(args, 1);
  const found = upvalueOf(fn, checkInteger(args, 2));
  if (found === undefined) throw argumentError(2, 'index out of range');
  const { holder } = found;
  const key = holder instanceof Box ? holder : fn;
  let identity = identities.get(key);
  if (identity === undefined) {
    identity = new Userdata(undefined);
    identities.set(key, identity);
  }
  return identity;
});

const getmetatable = native('getmetatable', (...args) => metatableOf(checkAny(args, 1)));

const setmetatable = native('setmetatable', (...args) => {
  const [value, meta] = args;
  if (meta !== undefined && !(meta instanceof LuaTable)) throw argumentError(2, 'nil or table expected');
  if (value instanceof LuaTable) applyMode(value, meta);
  if (value instanceof LuaTable || value instanceof Userdata) value.meta = meta;
  else if (typeof value === 'string') R.state.stringMetatable = meta;
  else if (meta === undefined) R.state.typeMetatables.delete(typeName(value));
  else R.state.typeMetatables.set(typeName(value), meta);
  return value;
});

const environments = new WeakMap<LuaObject, LuaTable>();

const getfenv = native('getfenv', (...args) => {
  const value = checkAny(args, 1);
  if (typeof value === 'function') return closureOf(value)?.environment ?? R.state.current.environment;
  if (value instanceof Thread) return value.environment;
  return value instanceof Userdata ? (environments.get(value) ?? R.state.current.environment) : undefined;
});

const setfenv = native('setfenv', (...args) => {
  const table = checkTable(args, 2);
  const [value] = args;
  if (typeof value === 'function' && setEnvironment(value, table)) return value;
  if (value instanceof Thread) {
    value.environment = table;
    return value;
  }
  if (value instanceof Userdata) {
    environments.set(value, table);
    return value;
  }
  throw runtimeError("'setfenv' cannot change environment of given object");
});

const sethook = native('sethook', (...args) => {
  const { at } = threadArgument(args);
  if (args[at] !== undefined) throw runtimeError('hooks are not supported');
  return none();
});

/** Runs lines from standard input until one says `cont`. */
const debugLoop = native('debug', () => {
  const input = new StandardInput();
  for (;;) {
    R.state.host.write('stderr', 'lua_debug> ');
    const line = input.readLine();
    if (line === '' || line === 'cont\n') return none();
    const { top } = R;
    try {
      call(loadChunk(line, '=(debug command)', 't'));
    } catch (error) {
      R.state.host.write('stderr', `${caught(error).message}\n`);
      R.top = top;
    }
  }
});

export const debugFunctions: readonly LuaFunction[] = [
  debugLoop,
  tracebackFunction,
  getinfo,
  getlocal,
  setlocal,
  getupvalue,
  setupvalue,
  upvalueid,
  getmetatable,
  setmetatable,
  getfenv,
  setfenv,
  native('getregistry', () => R.state.registry),
  sethook,
  native('gethook', () => undefined),
];

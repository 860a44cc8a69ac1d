import {
  checkString,
  type LuaResult,
  type LuaTable,
  type LuaValue,
  none,
  placeOf,
  runtimeError,
  toText,
  typeName,
  Userdata,
} from '../../lua/index.ts';
import type { LogLevel } from '../../message/log.ts';
import { moduleTable } from '../modules.ts';
import type { World } from '../world.ts';
import { formatMessage } from './format.ts';

/** Objects whose log lines carry a tag: tasks, pools, the configuration. */
export interface Tagged {
  readonly logTag: string;
}

/** Numbers of the levels for `logx`, as in glib; others count as debug. */
const levels: Readonly<Record<number, LogLevel>> = { 4: 'error', 8: 'error', 16: 'warning', 32: 'notice', 64: 'info' };

/** `rspamd_logger` (rspamd: src/lua/lua_logger.c). The plain and the x forms are the same functions. */
export function loggerModule(world: World): LuaTable {
  const at =
    (level: LogLevel) =>
    (...args: LuaValue[]): LuaResult => {
      const { tag, format } = split(args);
      write(world, level, 'lua', tag, args.slice(format), 1);
      return none();
    };
  const [err, warn, info, message, debug] = [at('error'), at('warning'), at('info'), at('notice'), at('debug')];
  return moduleTable({
    err,
    errx: err,
    warn,
    warnx: warn,
    info,
    infox: info,
    message,
    messagex: message,
    msg: message,
    msgx: message,
    debug,
    debugx: debug,
    debugm: (...args) => {
      const module = checkString(args, 1);
      return writeFor(world, 'debug', module, args, 2);
    },
    logx: (...args) => {
      const module = toText(args[1]);
      if (module === undefined) throw runtimeError('invalid arguments');
      return writeFor(world, levels[Number(args[0])] ?? 'debug', module, args, 3);
    },
    slog: (...args) => {
      const { format } = split(args);
      return formatMessage(args[format] as string, args.slice(format + 1), 'string');
    },
    log_level: () =>
      (['debug', 'info', 'notice', 'warning'] as const).find((one) => world.logger.enabled(one, 'lua')) ?? 'error',
  });
}

/** Where the format stands: after an optional object with a tag, else the first string (rspamd: lua_logger_do_log). */
function split(args: readonly LuaValue[]): { readonly tag: string; readonly format: number } {
  const tag = args[0] instanceof Userdata ? tagOf(args[0]) : '';
  let format = args[0] instanceof Userdata ? 1 : 0;
  if (typeof args[format] !== 'string') format = args.findIndex((one) => typeof one === 'string');
  if (format >= 0) return { tag, format };
  throw runtimeError(`bad format string type: ${args.length === 0 ? 'no value' : typeName(args[0])}`);
}

function tagOf(value: Userdata): string {
  if (typeof value.meta?.get('class') !== 'string') {
    throw runtimeError('bad userdata for logging: it is not an object of Rspamd');
  }
  return (value.value as Partial<Tagged>).logTag ?? '';
}

/** `id[, stack level], format, …` from an argument on. @param index from 1, of the id */
function writeFor(world: World, level: LogLevel, module: string, args: readonly LuaValue[], index: number): LuaResult {
  const id = args[index - 1];
  const next = args[index];
  const depth = typeof next === 'number' ? next : 1;
  if (typeof next !== 'number' && typeof next !== 'string') throw runtimeError(`invalid argument on pos ${index + 1}`);
  if (!world.logger.enabled(level, module)) return none();
  const tag = typeof id === 'string' ? id : id instanceof Userdata ? tagOf(id) : '???';
  write(world, level, module, tag, args.slice(typeof next === 'number' ? index + 1 : index), depth);
  return none();
}

function write(
  { logger }: World,
  level: LogLevel,
  module: string,
  tag: string,
  [format, ...args]: readonly LuaValue[],
  depth: number,
): void {
  if (!logger.enabled(level, module)) return;
  const text = formatMessage(toText(format) ?? '', args, 'log');
  logger.log(level, module, placeText(depth), tag, text);
}

const longestFile = 30;

/** rspamd: src/lua/lua_logger.c:lua_common_log_line */
function placeText(depth: number): string {
  const place = placeOf(depth);
  if (place === undefined) return 'lua_common_log_line';
  const file = place.source.slice(place.source.lastIndexOf('/') + 1);
  return `${file.length > longestFile ? `${file.slice(0, 27)}...` : file}:${place.line}`;
}

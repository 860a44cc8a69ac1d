import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, openSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { runtimeError } from '../runtime/errors.ts';
import { index } from '../runtime/indexing.ts';
import { LuaExit } from '../runtime/limits.ts';
import { R } from '../runtime/registers.ts';
import { toNumber } from '../values/coercion.ts';
import { native } from '../values/native.ts';
import { LuaTable } from '../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import {
  checkNumber,
  checkOption,
  checkString,
  checkTable,
  optionalInteger,
  optionalNumber,
  optionalString,
} from './arguments.ts';
import { cString } from './c-string.ts';
import { type BrokenTime, breakTime, formatTime, makeTime } from './date.ts';
import { attempt, flushAll } from './io/index.ts';
import { shell } from './shell.ts';

const execute = native('execute', (...args) => {
  const command = optionalString(args, 1, undefined);
  if (command === undefined) return 1;
  flushAll();
  const { status, signal } = shell(command, { stdio: 'inherit' });
  if (signal !== null) return constants.signals[signal];
  return status === null ? -1 : status * 256;
});

const remove = native('remove', (...args) => {
  const path = checkString(args, 1);
  return attempt(() => {
    if (lstatSync(cString(path)).isDirectory()) rmdirSync(cString(path));
    else unlinkSync(cString(path));
  }, path);
});

const rename = native('rename', (...args) => {
  const from = checkString(args, 1);
  const to = checkString(args, 2);
  return attempt(() => renameSync(cString(from), cString(to)), from);
});

const tmpname = native('tmpname', () => {
  for (let i = 0; i < 100; i++) {
    const path = `/tmp/lua_${randomBytes(3).toString('hex')}`;
    try {
      closeSync(openSync(path, 'wx', 0o600));
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') break;
    }
  }
  throw runtimeError('unable to generate a unique filename');
});

const getenv = native('getenv', (...args) => {
  const value = process.env[cString(checkString(args, 1)).toString()];
  return value === undefined ? undefined : Buffer.from(value).toString('latin1');
});

const exit = native('exit', (...args) => {
  const [first] = args;
  const code = typeof first === 'boolean' ? (first ? 0 : 1) : optionalInteger(args, 1, 0);
  flushAll();
  R.state.host.exit(code & 255);
  throw new LuaExit(code & 255);
});

const clock = native('clock', () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
});

function timeTable(t: BrokenTime): LuaTable {
  const table = new LuaTable();
  const fields: [string, LuaValue][] = [
    ['sec', t.second],
    ['min', t.minute],
    ['hour', t.hour],
    ['day', t.day],
    ['month', t.month + 1],
    ['year', t.year],
    ['wday', t.weekday + 1],
    ['yday', t.yearDay + 1],
    ['isdst', t.isDst],
  ];
  for (const [key, value] of fields) table.set(key, value);
  return table;
}

const now = (): number => Math.floor(Date.now() / 1000);

const date = native('date', (...args): LuaResult => {
  const format = optionalString(args, 1, '%c');
  const isUtc = format.startsWith('!');
  const shown = isUtc ? format.slice(1) : format;
  const t = breakTime(args[1] === undefined ? now() : checkNumber(args, 2), isUtc);
  if (t === undefined) return undefined;
  return shown === '*t' ? timeTable(t) : formatTime(shown, t);
});

/** A field of a date table. @param absent undefined for a field that has to be there */
function dateField(table: LuaTable, name: string, absent: number | undefined): number {
  const value = toNumber(index(table, name, 0));
  if (value !== undefined) return Math.trunc(value);
  if (absent === undefined) throw runtimeError(`field '${name}' missing in date table`);
  return absent;
}

const time = native('time', (...args) => {
  if (args[0] === undefined) return now();
  const table = checkTable(args, 1);
  const second = dateField(table, 'sec', 0);
  const minute = dateField(table, 'min', 0);
  const hour = dateField(table, 'hour', 12);
  const day = dateField(table, 'day', undefined);
  const month = dateField(table, 'month', undefined) - 1;
  const year = dateField(table, 'year', undefined);
  const dst = index(table, 'isdst', 0);
  const isDst = dst === undefined ? undefined : dst !== false;
  return makeTime({ year, month, day, hour, minute, second, isDst });
});

const difftime = native('difftime', (...args) => {
  const later = Math.trunc(checkNumber(args, 1));
  return later - Math.trunc(optionalNumber(args, 2, 0));
});

const categories = ['ctype', 'numeric', 'time', 'collate', 'monetary', 'all'] as const;

const setlocale = native('setlocale', (...args) => {
  const locale = optionalString(args, 1, undefined);
  checkOption(args, 2, categories, 'all');
  return locale === undefined || locale === '' || locale === 'C' || locale === 'POSIX' ? 'C' : undefined;
});

export const osFunctions: readonly LuaFunction[] = [
  execute,
  remove,
  rename,
  tmpname,
  getenv,
  exit,
  clock,
  date,
  time,
  difftime,
  setlocale,
];

import { LuaError, lower, parseNumber, toNumber, toText, truthy } from '../../lua/index.ts';
import { luaToJson, type TemplateTools, toLua } from '../data.ts';
import { sizeNumber } from '../tests.ts';
import type { FilterArguments, FilterTable } from './arguments.ts';
import { encryptPassword } from './pbkdf.ts';

const booleans = new Set(['true', 'false', 'yes', 'no', 'on', 'off', '1', '0']);
const seconds: Readonly<Record<string, number>> = {
  ms: 0.001,
  '': 1,
  s: 1,
  min: 60,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};
const bytes: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** The input of a filter that checks it: there, and not empty. */
function present(args: FilterArguments, name: string): string {
  const value = args.values[0];
  if (value === undefined || value === '')
    refuse(args, name === 'mandatory' ? 'mandatory value is missing' : `${name}: value is missing`);
  return toText(value);
}

/** Ends the rendering with the message that the template gives, or our own. */
function refuse(args: FilterArguments, message: string): never {
  throw new LuaError(truthy(args.values[1]) ? toText(args.values[1]) : message);
}

function round(args: FilterArguments): number | undefined {
  const value = args.number();
  const places = args.optionalNumber(1, 0);
  const method = args.optionalText(2);
  if (method !== undefined && method !== 'ceil' && method !== 'floor') {
    throw new LuaError('rounding method given to filter "round" must be "ceil" or "floor"');
  }
  const up = method === undefined ? value - Math.trunc(value) >= 0.5 : method === 'ceil';
  const scaled = (up ? Math.ceil(value * 10 ** places) : Math.floor(value * 10 ** places)) / 10 ** places;
  return parseNumber(scaled.toFixed(Math.min(100, Math.max(0, places))));
}

function quantity(args: FilterArguments, name: string, units: Readonly<Record<string, number>>, like: string): number {
  const text = present(args, name);
  const found = /^(\d+\.?\d*)([\s\S]*)$/.exec(name === 'tobytes' ? lower(text) : text);
  if (found === null) return refuse(args, `${name}: "${text}" is not a valid ${like}`);
  const unit = units[found[2] ?? ''];
  if (unit === undefined) return refuse(args, `${name}: unknown unit "${found[2]}" in "${text}"`);
  return unit < 1 ? Number(found[1]) / 1000 : Number(found[1]) * unit;
}

/** Filters of single values, and those that check or convert them (rspamd: contrib/lua-lupa/lupa.lua:M.filters). */
export function valueFilters(tools: TemplateTools): FilterTable {
  return {
    abs: (args) => Math.abs(args.number()),
    default: (args) => {
      const value = args.values[0];
      return value === undefined || (args.flag(2) && !truthy(value)) ? args.values[1] : value;
    },
    float: (args) => toNumber(args.input('number')) ?? 0,
    fromjson: (args) => {
      const value = args.values[0];
      if (value === undefined || value === '') throw new LuaError('input to filter "fromjson" was nil or empty');
      const parsed = tools.parse(toText(value));
      if (typeof parsed === 'string') throw new LuaError(`fromjson: failed to parse: ${parsed}`);
      return toLua(parsed);
    },
    int: (args) => Math.floor(toNumber(args.input('number')) ?? 0),
    mandatory: (args) => {
      present(args, 'mandatory');
      return args.values[0];
    },
    pbkdf: (args) => {
      const password = args.string();
      return password === '' ? undefined : encryptPassword(Buffer.from(password, 'latin1'));
    },
    require_bool: (args) => {
      const text = present(args, 'require_bool');
      const hint = 'use true/false, yes/no, on/off, 1/0';
      if (!booleans.has(lower(text))) refuse(args, `require_bool: "${text}" is not a valid boolean (${hint})`);
      return args.values[0];
    },
    require_duration: (args) => quantity(args, 'require_duration', seconds, 'duration (use 30s, 5min, 1h, 10d)'),
    require_int: (args) => {
      const text = present(args, 'require_int');
      const found = toNumber(args.values[0]);
      if (found === undefined || found !== Math.floor(found))
        refuse(args, `require_int: "${text}" is not a valid integer`);
      return args.values[0];
    },
    require_json: (args) => {
      const text = present(args, 'require_json');
      const parsed = tools.parse(text);
      if (typeof parsed === 'string') refuse(args, `require_json: "${text}" is not valid JSON: ${parsed}`);
      return args.values[0];
    },
    require_number: (args) => {
      const text = present(args, 'require_number');
      if (toNumber(args.values[0]) === undefined) refuse(args, `require_number: "${text}" is not a valid number`);
      return args.values[0];
    },
    require_size: (args) => {
      const text = present(args, 'require_size');
      const hint = 'use number with optional b, Kb, Mb, Gb suffix';
      if (sizeNumber(text) === undefined) refuse(args, `require_size: "${text}" is not a valid size (${hint})`);
      return args.values[0];
    },
    round,
    tobytes: (args) => quantity(args, 'tobytes', bytes, 'size'),
    tojson: (args) => {
      if (args.values[0] === undefined) throw new LuaError('input to filter "tojson" was nil');
      return luaToJson(args.values[0], args.flag(1));
    },
  };
}

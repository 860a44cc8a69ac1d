import { addressOf, call, firstResult, LuaTable, type LuaValue, toText, Userdata } from '../../lua/index.ts';
import { decimal } from '../../ucl/index.ts';
import { pairs } from '../tables.ts';

/**
 * How strings are shown: a log line must not be broken or forged by control bytes; `slog` keeps white space.
 * rspamd: src/lua/lua_logger.c:lua_logger_char_safe
 */
export type Escape = 'log' | 'string';

const unsafe: Record<Escape, RegExp> = {
  log: /[\x00-\x08\x0a\x0d-\x1f\x7f]/g,
  string: /[\x00-\x08\x0e-\x1f\x7f]/g,
};

/** Bytes of a message; what is longer is cut (rspamd: RSPAMD_LOGBUF_SIZE less 128, and the final NUL). */
const messageLimit = 8063;
/** Arguments that a format can name. */
const mostArguments = 32;

class Writer {
  text = '';
  readonly style: Escape;
  constructor(style: Escape) {
    this.style = style;
  }
  get isFull(): boolean {
    return this.text.length >= messageLimit;
  }
  write(text: string): void {
    if (!this.isFull) this.text += text.slice(0, messageLimit - this.text.length);
  }
}

/**
 * Puts arguments into a format: `%s`, `%d`, `%ud`, `%f`, `%.Nf` take the next one, `%N`, `%Nd`, `%Nud`, `%Nf` name one
 * and move on from there (rspamd: src/lua/lua_logger.c:lua_logger_log_format_str).
 */
export function formatMessage(format: string, args: readonly LuaValue[], style: Escape): string {
  const out = new Writer(style);
  const zero = format.indexOf('\0'); // ends a string of C
  writeFormat(out, zero < 0 ? format : format.slice(0, zero), args);
  return out.text;
}

const conversion = /%(?:(%)|(s)|(d)|(ud)|(f)|\.(\d*)f|(\d+)(d|ud|f)?)/g;

function writeFormat(out: Writer, format: string, args: readonly LuaValue[]): void {
  let current = 0;
  let at = 0;
  const used = new Set<number>();
  conversion.lastIndex = 0;
  for (let match = conversion.exec(format); match !== null && !out.isFull; match = conversion.exec(format)) {
    const [whole, percent, , int, unsigned, float, places, position, kind] = match;
    out.write(format.slice(at, match.index));
    at = match.index + whole.length;
    if (percent !== undefined) {
      out.write('%');
      continue;
    }
    if (position !== undefined && Number(position) >= mostArguments) {
      out.write('%');
      at = match.index + 1;
      conversion.lastIndex = at;
      continue;
    }
    current = position === undefined ? current + 1 : Number(position);
    if (current < 1 || current > args.length) {
      out.write('<MISSING ARGUMENT>');
      continue;
    }
    used.add(current);
    const value = args[current - 1];
    if (int !== undefined || kind === 'd') out.write(integer(value, false));
    else if (unsigned !== undefined || kind === 'ud') out.write(integer(value, true));
    else if (float !== undefined || kind === 'f') out.write(float6(value));
    else if (places !== undefined) out.write(decimal(number(value) ?? 0, Math.min(Number(places), 27)));
    else writeValue(out, value);
    // the pattern is used by nested tables, too
    conversion.lastIndex = at;
  }
  out.write(format.slice(at));
  if (used.size > 0 && used.size < args.length) out.write(` <EXTRA ${args.length - used.size} ARGUMENTS>`);
}

/** rspamd: lua_logger_out_int */
function integer(value: LuaValue, isUnsigned: boolean): string {
  if (typeof value === 'string') {
    if (!(isUnsigned ? /^\d+$/ : /^-?\d+$/).test(value)) return '0';
    const whole = BigInt(value);
    return whole === (isUnsigned ? BigInt.asUintN(64, whole) : BigInt.asIntN(64, whole)) ? whole.toString() : '0';
  }
  if (typeof value !== 'number') return '0';
  const whole = Math.abs(value) < 2 ** 64 ? BigInt(Math.trunc(value)) : -(1n << 63n);
  if (isUnsigned) return BigInt.asUintN(64, whole).toString();
  return (whole === BigInt.asIntN(64, whole) ? whole : -(1n << 63n)).toString();
}

function number(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Six decimals without the zeros at the end (rspamd: lua_logger_out_double; a number with an exponent loses some, too). */
function float6(value: LuaValue): string {
  const parsed = number(value);
  if (parsed === undefined) return '0.0';
  const text = decimal(parsed, 6);
  const kept = text.replace(/0+$/, '');
  return kept.endsWith('.') ? `${kept}0` : kept;
}

/** Text of a value as `%s` shows it. */
export function valueText(value: LuaValue, style: Escape): string {
  const out = new Writer(style);
  writeValue(out, value);
  return out.text;
}

function writeValue(out: Writer, value: LuaValue): void {
  writeTyped(out, value, { seen: new Array<LuaTable | undefined>(tracePoints).fill(undefined), level: 0 });
}

/** Tables that are shown around a value; the original looks at the last six only. */
interface Trace {
  readonly seen: (LuaTable | undefined)[];
  level: number;
}

const tracePoints = 6;

function writeTyped(out: Writer, value: LuaValue, trace: Trace): void {
  if (typeof value === 'string') {
    const hex = (char: string): string => `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
    out.write(value.slice(0, messageLimit).replace(unsafe[out.style], hex));
  } else if (typeof value === 'number') {
    const isLong = Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
    out.write(isLong ? BigInt(value).toString() : decimal(value, undefined));
  } else if (typeof value === 'boolean') {
    out.write(value ? 'true' : 'false');
  } else if (typeof value === 'function') {
    out.write('function');
  } else if (value === undefined) {
    out.write('nil');
  } else if (value instanceof LuaTable) {
    writeTable(out, value, trace);
  } else if (value instanceof Userdata) {
    out.write(userdataText(value));
  }
}

/** rspamd: lua_logger_out_table */
function writeTable(out: Writer, table: LuaTable, trace: Trace): void {
  const known = trace.seen.indexOf(table);
  if (known >= 0) {
    const isSelf = (trace.level + tracePoints - 1) % tracePoints === known;
    const address = addressOf(table).toString(16).toUpperCase().padStart(16, '0');
    out.write(isSelf ? '__self' : `ref(${address})`);
    return;
  }
  trace.seen[trace.level % tracePoints] = table;
  trace.level++;
  out.write('{');
  let last = 1;
  for (; !out.isFull; last++) {
    const value = table.get(last);
    if (value === undefined) break;
    out.write(`${last === 1 ? '' : ', '}[${last}] = `);
    writeTyped(out, value, trace);
  }
  let isFirst = last === 1;
  for (const [key, value] of pairs(table)) {
    if (out.isFull) break;
    if (typeof key === 'number' && Number.isInteger(key) && key > 0 && key < last) continue;
    out.write(isFirst ? '[' : ', [');
    writeValue(out, key);
    out.write('] = ');
    writeValue(out, value);
    isFirst = false;
  }
  out.write('}');
  trace.level--;
}

/** What a class shows of its objects; other userdata, as `ucl.null`, shows nothing (rspamd: lua_logger_out_userdata). */
function userdataText(self: Userdata): string {
  const index = self.meta?.get('__index');
  if (!(index instanceof LuaTable) && typeof index !== 'function') return '';
  const methods = index instanceof LuaTable ? index : self.meta;
  const show = methods?.get('__tostring');
  if (typeof show === 'function') return toText(firstResult(call(show, self))) ?? '';
  const name = index instanceof LuaTable ? index.get('class') : undefined;
  return typeof name === 'string' ? name : '';
}

import { type Budget, luaLimits } from '../budget.ts';
import { LuaError, type LuaFunction, LuaTable, type LuaValue, toText, truthy, typeOf } from '../values.ts';
import { type Arguments, library } from './arguments.ts';
import { formatString } from './format.ts';
import { findPattern, type PatternMatch } from './patterns.ts';

/** Lua's positions count from 1, and from the end when negative. Gives offsets: from `start` up to `end`. */
function range(length: number, from: number, to: number): { start: number; end: number } {
  const start = from < 0 ? Math.max(length + from, 0) : Math.max(from, 1) - 1;
  const end = to < 0 ? length + to + 1 : Math.min(to, length);
  return { start, end: Math.max(start, end) };
}

function captured(text: string, match: PatternMatch): LuaValue[] {
  return match.captures.length > 0 ? [...match.captures] : [text.slice(match.start, match.end)];
}

function initOf(args: Arguments, length: number): number {
  const init = args.integer(2, 1);
  return init < 0 ? Math.max(length + init, 0) : Math.max(init, 1) - 1;
}

function find(args: Arguments, budget: Budget, positions: boolean): LuaValue | LuaValue[] {
  const text = args.text(0);
  const pattern = args.text(1);
  const init = initOf(args, text.length);
  if (init > text.length) return undefined;
  if (positions && (truthy(args.values[3]) || !/[\^$*+?.([%-]/.test(pattern))) {
    const at = text.indexOf(pattern, init);
    return at === -1 ? undefined : [at + 1, at + pattern.length];
  }
  const match = findPattern(text, pattern, init, budget);
  if (match === undefined) return undefined;
  return positions ? [match.start + 1, match.end, ...match.captures] : captured(text, match);
}

function eachMatch(args: Arguments, budget: Budget): LuaFunction {
  const text = args.text(0);
  const pattern = args.text(1);
  let at = 0;
  return () => {
    if (at > text.length) return [undefined];
    const match = findPattern(text, pattern, at, budget);
    if (match === undefined) {
      at = text.length + 1;
      return [undefined];
    }
    at = match.end > match.start ? match.end : match.end + 1;
    return captured(text, match);
  };
}

/** `string.gsub`: the text with the matches replaced, and how many there were. */
export function substitute(args: Arguments, budget: Budget): [string, number] {
  const text = args.text(0);
  const pattern = args.text(1);
  const replacement = args.values[2];
  if (!['string', 'number', 'table', 'function'].includes(typeOf(replacement))) {
    throw args.bad(
      2,
      `string/function/table expected, got ${args.values.length > 2 ? typeOf(replacement) : 'no value'}`,
    );
  }
  const most = args.values[3] === undefined ? text.length + 1 : args.integer(3);
  const parts: string[] = [];
  let [at, count] = [0, 0];
  while (count < most) {
    const match = findPattern(text, pattern, at, budget);
    if (match === undefined) break;
    count++;
    parts.push(text.slice(at, match.start), replaced(text, match, replacement));
    at = match.end;
    if (match.end === match.start) {
      if (at >= text.length) break;
      parts.push(text.charAt(at++));
    }
    if (pattern.startsWith('^')) break;
  }
  parts.push(text.slice(at));
  const result = parts.join('');
  budget.bytes(result.length);
  return [result, count];
}

function replaced(text: string, match: PatternMatch, replacement: LuaValue): string {
  const whole = text.slice(match.start, match.end);
  if (typeof replacement === 'string' || typeof replacement === 'number') {
    return toText(replacement).replace(/%([\s\S]?)/g, (_, char: string) => {
      if (char === '0') return whole;
      if (!/\d/.test(char)) return char;
      const value = match.captures[Number(char) - 1] ?? (char === '1' ? whole : undefined);
      if (value === undefined) throw new LuaError('invalid capture index');
      return toText(value);
    });
  }
  const keys = captured(text, match);
  const value = replacement instanceof LuaTable ? replacement.get(keys[0]) : (replacement as LuaFunction)(keys)[0];
  if (!truthy(value)) return whole;
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new LuaError(`invalid replacement value (a ${typeOf(value)})`);
  }
  return toText(value);
}

function repeat(args: Arguments, budget: Budget): string {
  const text = args.text(0);
  const count = args.integer(1);
  const separator = args.optionalText(2) ?? '';
  if (count <= 0) return '';
  budget.bytes((text.length + separator.length) * count);
  return (text + separator).repeat(count - 1) + text;
}

/** The `string` library. */
export function stringLibrary(budget: Budget): LuaTable {
  return library({
    byte: (args) => {
      const text = args.text(0);
      const from = args.integer(1, 1);
      const { start, end } = range(text.length, from, args.integer(2, from));
      if (end - start > luaLimits.results) throw new LuaError('string slice too long');
      return [...text.slice(start, end)].map((char) => char.charCodeAt(0));
    },
    char: (args) => args.values.map((_, at) => String.fromCharCode(args.integer(at) & 255)).join(''),
    find: (args) => find(args, budget, true),
    format: (args) => formatString(args),
    gmatch: (args) => eachMatch(args, budget),
    gsub: (args) => substitute(args, budget),
    len: (args) => args.text(0).length,
    lower: (args) => lower(args.text(0)),
    match: (args) => find(args, budget, false),
    rep: (args) => repeat(args, budget),
    reverse: (args) => reverse(args.text(0)),
    sub: (args) => {
      const text = args.text(0);
      const { start, end } = range(text.length, args.integer(1), args.integer(2, -1));
      return text.slice(start, end);
    },
    upper: (args) => upper(args.text(0)),
  });
}

/** Only ASCII letters have a case: Rspamd runs in the C locale. */
export function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function upper(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

export function reverse(text: string): string {
  return text.split('').reverse().join('');
}

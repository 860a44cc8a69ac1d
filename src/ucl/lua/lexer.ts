import { encode } from '../text.ts';
import { LuaError, parseNumber } from './values.ts';

export interface LuaToken {
  readonly kind: 'name' | 'keyword' | 'number' | 'string' | 'symbol' | 'end';
  /** A name, keyword or symbol; the content of a string. */
  readonly text: string;
  readonly number: number;
}

const keywords = new Set(
  'and break do else elseif end false for function goto if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
);
const symbols = /\.\.\.|\.\.|[=~<>]=|[-+*/%^#<>=(){}[\];:,.]/y;
const names = /[A-Za-z_\x80-\xff][\w\x80-\xff]*/y;
const numbers = /0[xX][\da-fA-F.]*(?:[pP][+-]?\d*)?[\w.]*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d*)?[\w.]*/y;
const spaces = /(?:[ \t\n\v\f\r]+|--\[(=*)\[[\s\S]*?\]\1\]|--(?!\[=*\[)[^\n]*)*/y;

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '\n': '\n',
};

/** Reads an expression's text into tokens; the last is of kind `end`. */
export function tokenizeLua(source: string): LuaToken[] {
  const tokens: LuaToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  for (;;) {
    take(spaces);
    if (at >= source.length) {
      tokens.push({ kind: 'end', text: '<eof>', number: 0 });
      return tokens;
    }
    const char = source.charAt(at);
    const long = /^\[(=*)\[/.exec(source.slice(at, at + 64));
    if (long !== null) {
      const read = readLong(source, at, long[0]);
      tokens.push({ kind: 'string', text: read.text, number: 0 });
      at = read.after;
    } else if (char === '"' || char === "'") {
      const read = readString(source, at);
      tokens.push({ kind: 'string', text: read.text, number: 0 });
      at = read.after;
    } else {
      const name = take(names);
      const digits = name === undefined ? take(numbers) : undefined;
      const symbol = name === undefined && digits === undefined ? take(symbols) : undefined;
      if (name !== undefined) tokens.push({ kind: keywords.has(name) ? 'keyword' : 'name', text: name, number: 0 });
      else if (digits !== undefined) tokens.push({ kind: 'number', text: digits, number: numberOf(digits) });
      else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, number: 0 });
      else throw new LuaError(`unexpected symbol near '${char}'`);
    }
  }
}

function numberOf(digits: string): number {
  const value = parseNumber(digits);
  if (value === undefined) throw new LuaError(`malformed number near '${digits}'`);
  return value;
}

function readLong(source: string, at: number, open: string): { text: string; after: number } {
  const close = open.replaceAll('[', ']');
  const end = source.indexOf(close, at + open.length);
  if (end === -1) throw new LuaError("unfinished long string near '<eof>'");
  const start = at + open.length + (source.charAt(at + open.length) === '\n' ? 1 : 0);
  return { text: source.slice(start, Math.max(start, end)), after: end + close.length };
}

function readString(source: string, open: number): { text: string; after: number } {
  const quote = source.charAt(open);
  const parts: string[] = [];
  for (let at = open + 1; at < source.length; ) {
    const char = source.charAt(at);
    if (char === quote) return { text: parts.join(''), after: at + 1 };
    if (char === '\n') break;
    if (char !== '\\') {
      parts.push(char);
      at++;
      continue;
    }
    const read = readEscape(source, at + 1);
    parts.push(read.text);
    at = read.after;
  }
  throw new LuaError(`unfinished string near '${source.slice(open, open + 40)}'`);
}

function readEscape(source: string, at: number): { text: string; after: number } {
  const char = source.charAt(at);
  const simple = escapes[char];
  if (simple !== undefined) return { text: simple, after: at + 1 };
  const rest = source.slice(at, at + 16);
  const decimal = /^\d{1,3}/.exec(rest);
  if (decimal !== null && Number(decimal[0]) < 256) {
    return { text: String.fromCharCode(Number(decimal[0])), after: at + decimal[0].length };
  }
  const hex = /^x([\da-fA-F]{2})/.exec(rest);
  if (hex !== null) return { text: String.fromCharCode(Number.parseInt(hex[1] ?? '', 16)), after: at + 3 };
  const point = /^u\{([\da-fA-F]{1,6})\}/.exec(rest);
  if (point !== null && Number.parseInt(point[1] ?? '', 16) < 0x110000) {
    return { text: encode(Number.parseInt(point[1] ?? '', 16)), after: at + point[0].length };
  }
  if (char === 'z') {
    const blanks = /[ \t\n\v\f\r]*/y;
    blanks.lastIndex = at + 1;
    return { text: '', after: at + 1 + (blanks.exec(source)?.[0].length ?? 0) };
  }
  throw new LuaError(`invalid escape sequence near '\\${char}'`);
}

import type { ByteString } from './message/index.ts';
import { compileRegexp, PatternError, type Regexp } from './regexp/index.ts';

/** What a class of Lua stands for inside brackets (Lua 5.1 manual, 5.4.1). */
const classes: Readonly<Record<string, string>> = {
  a: 'A-Za-z',
  c: '\\x00-\\x1f\\x7f',
  d: '0-9',
  l: 'a-z',
  p: '!-/:-@\\[-`{-~',
  s: ' \\t-\\r',
  u: 'A-Z',
  w: 'A-Za-z0-9',
  x: 'A-Fa-f0-9',
  z: '\\x00',
};

/**
 * Patterns of Lua as a regular expression: classes, sets, `-` for as few as possible, captures, anchors.
 * @throws PatternError for what cannot be read, and for `%b`, `%f` and `%1`, which no regular expression has
 */
export function compileLuaPattern(text: ByteString): Regexp {
  let at = text.startsWith('^') ? 1 : 0;
  let source = at === 1 ? '\\A' : '';
  const fail = (what: string): never => {
    throw new PatternError(`${what} in the Lua pattern ${text}`, at);
  };
  while (at < text.length) {
    const char = text[at] as string;
    if (char === '(' || char === ')') {
      source += char;
      at++;
      continue;
    }
    if (char === '$' && at === text.length - 1) {
      source += '\\z';
      break;
    }
    const one = char === '[' ? setAt(text, at) : singleAt(text, at);
    if (one === undefined)
      return fail(char === '[' ? 'a set is not closed' : `${text.slice(at, at + 2)} cannot be used`);
    at += one.length;
    const count = text[at] ?? '';
    const repeats = count !== '' && '*+?-'.includes(count);
    source += one.source + (count === '-' ? '*?' : repeats ? count : '');
    if (repeats) at++;
  }
  return compileRegexp({ pattern: source, flags: 's' });
}

interface Piece {
  readonly source: string;
  /** Of the pattern. */
  readonly length: number;
}

function singleAt(text: ByteString, at: number): Piece | undefined {
  const char = text[at] as string;
  if (char === '.') return { source: '.', length: 1 };
  if (char !== '%') return { source: literal(char), length: 1 };
  const escaped = text[at + 1];
  if (escaped === undefined || /[0-9bf]/.test(escaped)) return undefined;
  const named = classes[escaped.toLowerCase()];
  if (named === undefined) return { source: literal(escaped), length: 2 };
  return { source: `[${escaped === escaped.toLowerCase() ? '' : '^'}${named}]`, length: 2 };
}

/** A set; a `]` that comes first is one of its members. */
function setAt(text: ByteString, start: number): Piece | undefined {
  const [, not = '', inside = ''] = /^\[(\^?)(\]?(?:%.|[^\]%])*)\]/s.exec(text.slice(start)) ?? [];
  if (inside === '') return undefined;
  const members = inside.replace(/%(.)|(.)-(.)|(.)/gs, (_, escaped, from, to, plain) => {
    if (from !== undefined) return `${literal(from)}-${literal(to)}`;
    if (escaped === undefined) return literal(plain);
    const named = classes[escaped.toLowerCase()];
    if (named === undefined) return literal(escaped);
    return escaped === escaped.toLowerCase() ? named : outside(named);
  });
  return { source: `[${not}${members}]`, length: not.length + inside.length + 2 };
}

/** All bytes that a class does not have, as ranges. */
function outside(named: string): string {
  const member = new RegExp(`[${named}]`);
  return Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
    .filter((char) => !member.test(char))
    .map(literal)
    .join('');
}

function literal(char: string): string {
  return /[A-Za-z0-9]/.test(char) ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

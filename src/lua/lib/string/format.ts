import { call } from '../../runtime/calls.ts';
import { argumentError, runtimeError } from '../../runtime/errors.ts';
import { allocate, solid } from '../../runtime/limits.ts';
import { metamethod } from '../../runtime/metatables.ts';
import { firstResult } from '../../runtime/results.ts';
import { Int64 } from '../../values/cdata.ts';
import { TOSTRING } from '../../values/events.ts';
import { native } from '../../values/native.ts';
import type { LuaFunction, LuaValue } from '../../values/types.ts';
import { checkInteger, checkNumber, checkString } from '../arguments.ts';
import { addressOf, plainText } from '../identity.ts';
import {
  type Conversion,
  formatFloat,
  formatInteger,
  padText,
  truncateSigned,
  truncateUnsigned,
} from './format-number.ts';

/** A format taken apart: literal text, conversions, and where it goes wrong. */
type Piece = string | Conversion | { readonly mistake: string };

const conversion = /^%([-+ #0]*)(\d{0,2})(?:(\.)(\d{0,2}))?([aAcdeEfFgGioqpsuxX])/;

function parse(format: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  for (let at = 0; at < format.length; ) {
    const next = format.indexOf('%', at);
    literal += format.slice(at, next < 0 ? format.length : next);
    if (next < 0) break;
    if (format.charAt(next + 1) === '%') {
      literal += '%';
      at = next + 2;
      continue;
    }
    if (literal !== '') pieces.push(literal);
    literal = '';
    const found = conversion.exec(format.slice(next, next + 200));
    if (found === null) {
      pieces.push({ mistake: mistakeAt(format.slice(next)) });
      return pieces;
    }
    const [all, flags = '', width = '', dot, precision = '', letter = ''] = found;
    pieces.push({
      letter,
      left: flags.includes('-'),
      plus: flags.includes('+'),
      space: flags.includes(' '),
      alternate: flags.includes('#'),
      zero: flags.includes('0'),
      width: Number(width),
      precision: dot === undefined ? -1 : Number(precision),
    });
    at = next + all.length;
  }
  if (literal !== '') pieces.push(literal);
  return pieces;
}

/** The part of a conversion that was read when it went wrong. */
function mistakeAt(text: string): string {
  const read = /^%[-+ #0]*\d{0,2}(?:\.\d{0,2})?/.exec(text)?.[0] ?? '%';
  const next = text.charAt(read.length);
  return next >= ' ' ? read + next : read;
}

const mostKept = 500;
const kept = new Map<string, Piece[]>();

function piecesOf(format: string): Piece[] {
  let pieces = kept.get(format);
  if (pieces === undefined) {
    if (kept.size >= mostKept) kept.clear();
    pieces = parse(format);
    kept.set(format, pieces);
  }
  return pieces;
}

/** Text of any value for `%s` and `%q`, through `__tostring` where there is one. */
function textOf(value: LuaValue): string {
  if (typeof value === 'string') return value;
  const handler = metamethod(value, TOSTRING);
  return plainText(handler === undefined ? value : firstResult(call(handler, value)));
}

function quote(text: string): string {
  const body = text.replace(/["\\\n]|[\0-\x1f\x7f](?=(\d)?)/g, (c, digit: string | undefined) => {
    if (c === '"' || c === '\\' || c === '\n') return `\\${c}`;
    const code = `${c.charCodeAt(0)}`;
    return `\\${digit === undefined ? code : code.padStart(3, '0')}`;
  });
  return `"${body}"`;
}

function convert(c: Conversion, args: readonly LuaValue[], index: number): string {
  const value = args[index - 1];
  switch (c.letter) {
    case 'd':
    case 'i':
      if (value instanceof Int64) return formatInteger(c, BigInt.asIntN(64, value.value));
      return formatInteger(c, truncateSigned(checkNumber(args, index)));
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return formatInteger(c, value instanceof Int64 ? value.value : truncateUnsigned(checkNumber(args, index)));
    case 's': {
      const text = textOf(value);
      return padText(c, c.precision < 0 ? text : text.slice(0, c.precision));
    }
    case 'q':
      return quote(textOf(value));
    case 'c':
      return padText(c, String.fromCharCode(checkInteger(args, index) & 255));
    case 'p':
      return typeof value === 'object' || typeof value === 'function' ? `0x${addressOf(value).toString(16)}` : 'NULL';
    default:
      return formatFloat(c, checkNumber(args, index));
  }
}

/** `string.format`. */
export const format: LuaFunction = native('format', (...args) => {
  const pieces = piecesOf(checkString(args, 1));
  let result = '';
  let index = 1;
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      result += piece;
    } else if ('mistake' in piece) {
      throw runtimeError(`invalid option '${piece.mistake}' to 'format'`);
    } else {
      index++;
      if (index > args.length) throw argumentError(index, 'value expected');
      result += convert(piece, args, index);
    }
  }
  allocate(result.length);
  return solid(result);
});

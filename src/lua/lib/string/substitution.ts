import { call } from '../../runtime/calls.ts';
import { argumentError, runtimeError } from '../../runtime/errors.ts';
import { index } from '../../runtime/indexing.ts';
import { allocate, solid } from '../../runtime/limits.ts';
import { firstResult, two } from '../../runtime/results.ts';
import { toText } from '../../values/coercion.ts';
import { native } from '../../values/native.ts';
import { LuaTable } from '../../values/table.ts';
import { typeName } from '../../values/type-name.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { checkString, optionalInteger } from '../arguments.ts';
import { capture, captured, captures } from './captures.ts';
import { patternOf } from './pattern.ts';
import { matchEnd, search } from './search.ts';

/** What takes the place of a match. */
type Replace = (start: number, end: number, text: string) => string;

/** A replacement string: literal pieces, and numbers of captures (0 is the whole match). */
function templatePieces(template: string): (string | number)[] {
  const pieces: (string | number)[] = [];
  let literal = '';
  for (let i = 0; i < template.length; i++) {
    const c = template.charAt(i);
    if (c !== '%') {
      literal += c;
      continue;
    }
    const next = template.charAt(++i);
    if (next >= '0' && next <= '9' && next !== '') {
      if (literal !== '') pieces.push(literal);
      literal = '';
      pieces.push(Number(next));
    } else {
      literal += next === '' ? '\0' : next; // LuaJIT copies the string's closing zero
    }
  }
  if (literal !== '') pieces.push(literal);
  return pieces;
}

function fromTemplate(template: string): Replace {
  if (!template.includes('%')) return () => template;
  const pieces = templatePieces(template);
  return (start, end, text) => {
    let result = '';
    for (const piece of pieces) {
      if (typeof piece === 'string') result += piece;
      else if (piece === 0) result += text.slice(start, end);
      else result += toText(capture(piece - 1, start, end)) ?? '';
    }
    return result;
  };
}

/** The text a function or table gave for a match: nil and false keep what was matched. */
function checkReplacement(value: LuaValue, start: number, end: number, text: string): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === false) return text.slice(start, end);
  const replacement = toText(value);
  if (replacement === undefined) throw runtimeError(`invalid replacement value (a ${typeName(value)})`);
  return replacement;
}

function fromFunction(fn: LuaFunction): Replace {
  return (start, end, text) => {
    const result = captured.count <= 1 ? call(fn, capture(0, start, end)) : call(fn, ...captures(start, end));
    return checkReplacement(firstResult(result), start, end, text);
  };
}

function fromTable(table: LuaTable): Replace {
  return (start, end, text) => {
    const key = capture(0, start, end);
    const value = table.meta === undefined ? table.get(key) : index(table, key, 0);
    return checkReplacement(value, start, end, text);
  };
}

function replacer(args: readonly LuaValue[]): Replace {
  const replacement = args[2];
  if (typeof replacement === 'function') return fromFunction(replacement);
  if (replacement instanceof LuaTable) return fromTable(replacement);
  const template = toText(replacement);
  if (template === undefined) throw argumentError(3, 'string/function/table expected');
  return fromTemplate(template);
}

const gsub = native('gsub', (...args): LuaResult => {
  const s = checkString(args, 1);
  const p = checkString(args, 2);
  const most = optionalInteger(args, 4, s.length + 1);
  const replace = replacer(args);
  const pattern = patternOf(p, true);
  let result = '';
  let copied = 0; // what is before this index is in the result
  let position = 0;
  let count = 0;
  while (count < most) {
    const at = search(s, pattern, position);
    if (at < 0) break;
    const end = matchEnd();
    count++;
    const replacement = replace(at, end, s);
    result += copied === at ? replacement : s.slice(copied, at) + replacement;
    copied = end;
    if (pattern.isAnchored) break;
    // an empty match does not move: the byte behind it is kept and the search goes on after it
    position = end > at ? end : end + 1;
    if (position > s.length) break;
  }
  if (count === 0) return two(s, 0);
  allocate(result.length);
  return two(solid(result + s.slice(copied)), count);
});

export const substitutionFunctions: readonly LuaFunction[] = [gsub];

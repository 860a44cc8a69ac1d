import { spend } from '../../runtime/limits.ts';
import { none, several, two } from '../../runtime/results.ts';
import { native } from '../../values/native.ts';
import type { LuaFunction, LuaResult } from '../../values/types.ts';
import { checkString, optionalInteger } from '../arguments.ts';
import { capture, captured, captures } from './captures.ts';
import { hasSpecials, patternOf } from './pattern.ts';
import { matchEnd, search } from './search.ts';

/** Index at which a search starts for a given position, which counts from 1 or from the end when negative. */
function startIndex(position: number, length: number): number {
  const index = position < 0 ? position + length : position - 1;
  return Math.min(Math.max(index, 0), length);
}

const find = native('find', (...args): LuaResult => {
  const s = checkString(args, 1);
  const p = checkString(args, 2);
  const from = startIndex(optionalInteger(args, 3, 1), s.length);
  const isPlain = args[3] !== undefined && args[3] !== false;
  if (isPlain || !hasSpecials(p)) {
    const at = s.indexOf(p, from);
    spend((at < 0 ? s.length : at) - from);
    return at < 0 ? undefined : two(at + 1, at + p.length);
  }
  const at = search(s, patternOf(p, true), from);
  if (at < 0) return undefined;
  const end = matchEnd();
  return captured.count === 0 ? two(at + 1, end) : several([at + 1, end, ...captures(at, end)]);
});

/** The captures of a match as results. */
function captureResults(at: number, end: number): LuaResult {
  switch (captured.count) {
    case 0:
    case 1:
      return capture(0, at, end);
    case 2: {
      const first = capture(0, at, end);
      return two(first, capture(1, at, end));
    }
    default:
      return several(captures(at, end));
  }
}

const match = native('match', (...args): LuaResult => {
  const s = checkString(args, 1);
  const p = checkString(args, 2);
  const from = startIndex(optionalInteger(args, 3, 1), s.length);
  const at = search(s, patternOf(p, true), from);
  return at < 0 ? undefined : captureResults(at, matchEnd());
});

const gmatch = native('gmatch', (...args) => {
  const s = checkString(args, 1);
  const pattern = patternOf(checkString(args, 2), false);
  let position = 0;
  return native('gmatch_aux', () => {
    if (position > s.length) return none();
    const at = search(s, pattern, position);
    if (at < 0) {
      position = s.length + 1;
      return none();
    }
    const end = matchEnd();
    position = end === at ? end + 1 : end;
    return captureResults(at, end);
  });
});

export const searchFunctions: readonly LuaFunction[] = [find, match, gmatch];

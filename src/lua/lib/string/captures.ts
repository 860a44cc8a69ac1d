import { runtimeError } from '../../runtime/errors.ts';
import type { LuaValue } from '../../values/types.ts';

/** Captures of the last match. */

export const mostCaptures = 32;

/** Length of a capture that was not closed. */
export const UNFINISHED = -1;
/** Length of a position capture. */
export const POSITION = -2;

export const starts = new Int32Array(mostCaptures);
export const lengths = new Int32Array(mostCaptures);

/** How many there are, and the string they are parts of. */
export const captured = { count: 0, source: '' };

/**
 * A capture of the last match.
 * @param index from 0; 0 is the whole match when the pattern has no captures
 */
export function capture(index: number, start: number, end: number): LuaValue {
  if (index >= captured.count) {
    if (index !== 0) throw runtimeError('invalid capture index');
    return captured.source.slice(start, end);
  }
  const length = lengths[index] as number;
  const from = starts[index] as number;
  if (length === UNFINISHED) throw runtimeError('unfinished capture');
  return length === POSITION ? from + 1 : captured.source.slice(from, from + length);
}

/** All captures of the last match, or the whole match when there are none. */
export function captures(start: number, end: number): LuaValue[] {
  const list: LuaValue[] = [];
  const count = captured.count === 0 ? 1 : captured.count;
  for (let i = 0; i < count; i++) list.push(capture(i, start, end));
  return list;
}

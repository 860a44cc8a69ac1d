import { spend } from '../../runtime/limits.ts';

/** Parts of matching that the interpreter and compiled patterns share. */

export const NO = -1;

/** End of a balanced run that starts at an index, or -1. */
export function balance(source: string, at: number, begin: number, end: number): number {
  if (source.charCodeAt(at) !== begin) return NO;
  let open = 1;
  for (let i = at + 1; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === end) {
      if (--open > 0) continue;
      spend(i - at);
      return i + 1;
    } else if (c === begin) {
      open++;
    }
  }
  spend(source.length - at);
  return NO;
}

/** Whether a run of bytes outside of a set changes to one inside of it; the string is as if between zero bytes. */
export function isFrontier(source: string, at: number, set: Uint8Array): boolean {
  const before = at === 0 ? 0 : source.charCodeAt(at - 1);
  const after = at === source.length ? 0 : source.charCodeAt(at);
  return set[before] === 0 && set[after] === 1;
}

/** End of what repeats an earlier part of the string at an index, or -1. */
export function repeats(source: string, at: number, start: number, length: number): number {
  spend(length);
  return source.startsWith(source.slice(start, start + length), at) ? at + length : NO;
}

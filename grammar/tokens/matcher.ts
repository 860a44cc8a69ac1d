import type { TokenType } from 'chevrotain';
import { anyByte } from '../bytes.ts';
import { createToken, Lexer } from '../chevrotain.ts';
import { newScan, type Scan } from '../scan.ts';

/** Where a matcher finds nothing. */
export const NONE = -1;

/**
 * Looks for a token at an offset: gives the offset after it, or {@link NONE}. A token may have no length, when only the
 * place tells that it is there. What it found goes to `scan.found`, and on to the token's payload.
 */
export type Read = (scan: Scan, offset: number) => number;

interface Shape {
  /** The bytes it can begin with; any by default. */
  readonly first?: string | undefined;
  readonly push?: string;
  readonly pop?: boolean;
  /** Leaves no trace among the tokens. */
  readonly skip?: boolean;
}

let current: Scan = newScan('', { included: false, macros: true, timeSuffixes: true });

/** Makes a scan the one that all matchers work on. */
export function beginScan(scan: Scan): void {
  current = scan;
}

// Chevrotain takes the parts of a match at once, so that one object does for all of them.
const match: [image: string] & { payload?: unknown } = [''];

/** A token type that is found by a function. */
export function token(name: string, read: Read, shape: Shape = {}): TokenType {
  const exec = (text: string, offset: number): typeof match | null => {
    const end = read(current, offset);
    if (end === NONE) return null;
    match[0] = text.substring(offset, end);
    match.payload = current.found;
    current.found = undefined;
    return match;
  };
  return createToken({
    name,
    pattern: { exec },
    line_breaks: true,
    start_chars_hint: shape.first === undefined ? [...anyByte] : [...shape.first],
    ...(shape.push === undefined ? {} : { push_mode: shape.push }),
    ...(shape.pop === true ? { pop_mode: true } : {}),
    ...(shape.skip === true ? { group: Lexer.SKIPPED } : {}),
  });
}

/** `end`, or nothing when that is no step ahead. */
export function ahead(at: number, end: number): number {
  return end > at ? end : NONE;
}

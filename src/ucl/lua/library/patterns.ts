import type { Budget } from '../budget.ts';
import { LuaError } from '../values.ts';

/** What a match found: its ends, and its captures (a number for a position capture). */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  readonly captures: readonly (string | number)[];
}

interface Capture {
  start: number;
  /** -1 while it is open, -2 for a position. */
  length: number;
}

const maxCaptures = 32;
const maxDepth = 200;

/** Finds a Lua pattern in a byte string (Lua 5.1 reference manual, 5.4.1). */
export function findPattern(text: string, pattern: string, init: number, budget: Budget): PatternMatch | undefined {
  const anchored = pattern.startsWith('^');
  for (let start = init; start <= text.length; start++) {
    const matcher = new Matcher(text, pattern, budget);
    const end = matcher.match(start, anchored ? 1 : 0);
    if (end !== -1) return { start, end, captures: matcher.captures() };
    if (anchored) break;
  }
  return undefined;
}

class Matcher {
  readonly #text: string;
  readonly #pattern: string;
  readonly #budget: Budget;
  readonly #captures: Capture[] = [];
  #depth = 0;

  constructor(text: string, pattern: string, budget: Budget) {
    this.#text = text;
    this.#pattern = pattern;
    this.#budget = budget;
  }

  captures(): (string | number)[] {
    return this.#captures.map(({ start, length }) => {
      if (length === -1) throw new LuaError('unfinished capture');
      return length === -2 ? start + 1 : this.#text.substr(start, length);
    });
  }

  /** Matches the pattern from `p` on at `s`; gives the end of the match, or -1. */
  match(s: number, p: number): number {
    if (++this.#depth > maxDepth) throw new LuaError('pattern too complex');
    try {
      return this.#matchHere(s, p);
    } finally {
      this.#depth--;
    }
  }

  #matchHere(from: number, patternFrom: number): number {
    let [s, p] = [from, patternFrom];
    for (;;) {
      this.#budget.step();
      if (p >= this.#pattern.length) return s;
      const char = this.#pattern.charAt(p);
      if (char === '(') return this.#open(s, p);
      if (char === ')') return this.#close(s, p + 1);
      if (char === '$' && p + 1 === this.#pattern.length) return s === this.#text.length ? s : -1;
      const special = char === '%' ? this.#pattern.charAt(p + 1) : '';
      if (special === 'b') {
        s = this.#balanced(s, p + 2);
        p += 4;
      } else if (special === 'f') {
        const end = this.#classEnd(p + 2);
        if (!this.#frontier(s, p + 2, end)) return -1;
        p = end;
      } else if (special !== '' && special >= '0' && special <= '9') {
        s = this.#backReference(s, special);
        p += 2;
      } else {
        const end = this.#classEnd(p);
        const repeat = this.#pattern.charAt(end);
        if (repeat === '*') return this.#longest(s, p, end, 0);
        if (repeat === '+') return this.#longest(s, p, end, 1);
        if (repeat === '-') return this.#shortest(s, p, end);
        if (repeat === '?') {
          const taken = this.#single(s, p, end) ? this.match(s + 1, end + 1) : -1;
          if (taken !== -1) return taken;
          p = end + 1;
          continue;
        }
        if (!this.#single(s, p, end)) return -1;
        s++;
        p = end;
      }
      if (s === -1) return -1;
    }
  }

  #open(s: number, p: number): number {
    if (this.#captures.length >= maxCaptures) throw new LuaError('too many captures');
    const position = this.#pattern.charAt(p + 1) === ')';
    this.#captures.push({ start: s, length: position ? -2 : -1 });
    const end = this.match(s, position ? p + 2 : p + 1);
    if (end === -1) this.#captures.pop();
    return end;
  }

  #close(s: number, p: number): number {
    const open = this.#captures.findLast((one) => one.length === -1);
    if (open === undefined) throw new LuaError('invalid pattern capture');
    open.length = s - open.start;
    const end = this.match(s, p);
    if (end === -1) open.length = -1;
    return end;
  }

  #balanced(s: number, p: number): number {
    if (p + 1 >= this.#pattern.length) throw new LuaError('unbalanced pattern');
    const [open, close] = [this.#pattern.charAt(p), this.#pattern.charAt(p + 1)];
    if (this.#text.charAt(s) !== open) return -1;
    let depth = 1;
    for (let at = s + 1; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === close) {
        if (--depth === 0) return at + 1;
      } else if (char === open) depth++;
    }
    return -1;
  }

  #frontier(s: number, p: number, end: number): boolean {
    if (this.#pattern.charAt(p) !== '[') throw new LuaError("missing '[' after '%f' in pattern");
    const [before, here] = [
      s === 0 ? 0 : this.#text.charCodeAt(s - 1),
      s < this.#text.length ? this.#text.charCodeAt(s) : 0,
    ];
    return !this.#inSet(before, p, end - 1) && this.#inSet(here, p, end - 1);
  }

  #backReference(s: number, digit: string): number {
    const capture = this.#captures[Number(digit) - 1];
    if (capture === undefined || capture.length < 0) throw new LuaError('invalid capture index');
    const text = this.#text.substr(capture.start, capture.length);
    return this.#text.startsWith(text, s) ? s + text.length : -1;
  }

  #longest(s: number, p: number, end: number, least: number): number {
    let count = 0;
    while (this.#single(s + count, p, end)) count++;
    this.#budget.step(count);
    for (; count >= least; count--) {
      const found = this.match(s + count, end + 1);
      if (found !== -1) return found;
    }
    return -1;
  }

  #shortest(from: number, p: number, end: number): number {
    for (let s = from; ; s++) {
      const found = this.match(s, end + 1);
      if (found !== -1) return found;
      if (!this.#single(s, p, end)) return -1;
    }
  }

  /** The offset after the single character class at `p`. */
  #classEnd(p: number): number {
    const char = this.#pattern.charAt(p);
    if (char === '%') {
      if (p + 1 >= this.#pattern.length) throw new LuaError("malformed pattern (ends with '%')");
      return p + 2;
    }
    if (char !== '[') return p + 1;
    let at = p + 1;
    if (this.#pattern.charAt(at) === '^') at++;
    do {
      if (at >= this.#pattern.length) throw new LuaError("malformed pattern (missing ']')");
      at += this.#pattern.charAt(at) === '%' ? 2 : 1;
    } while (this.#pattern.charAt(at) !== ']');
    return at + 1;
  }

  #single(s: number, p: number, end: number): boolean {
    if (s >= this.#text.length) return false;
    const byte = this.#text.charCodeAt(s);
    const char = this.#pattern.charAt(p);
    if (char === '.') return true;
    if (char === '%') return inClass(byte, this.#pattern.charAt(p + 1));
    if (char === '[') return this.#inSet(byte, p, end - 1);
    return byte === this.#pattern.charCodeAt(p);
  }

  /** Whether a byte is in the set whose `[` stands at `p` and whose `]` at `end`. */
  #inSet(byte: number, p: number, end: number): boolean {
    const inverted = this.#pattern.charAt(p + 1) === '^';
    for (let at = p + (inverted ? 2 : 1); at < end; at++) {
      if (this.#pattern.charAt(at) === '%') {
        if (inClass(byte, this.#pattern.charAt(++at))) return !inverted;
      } else if (this.#pattern.charAt(at + 1) === '-' && at + 2 < end) {
        if (this.#pattern.charCodeAt(at) <= byte && byte <= this.#pattern.charCodeAt(at + 2)) return !inverted;
        at += 2;
      } else if (this.#pattern.charCodeAt(at) === byte) {
        return !inverted;
      }
    }
    return inverted;
  }
}

const classes: Readonly<Record<string, RegExp>> = {
  a: /[A-Za-z]/,
  c: /[\0-\x1f\x7f]/,
  d: /[0-9]/,
  g: /[!-~]/,
  l: /[a-z]/,
  p: /[!-/:-@[-`{-~]/,
  s: /[ \t\n\v\f\r]/,
  u: /[A-Z]/,
  w: /[A-Za-z0-9]/,
  x: /[0-9A-Fa-f]/,
  z: /\0/,
};

function inClass(byte: number, name: string): boolean {
  const pattern = classes[name.toLowerCase()];
  if (pattern === undefined) return byte === name.charCodeAt(0);
  return pattern.test(String.fromCharCode(byte)) !== (name !== name.toLowerCase());
}

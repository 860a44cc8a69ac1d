/**
 * Lua patterns, taken apart once. A mistake in a pattern is an item of its own: it is an error only when matching gets
 * there, as in LuaJIT. Patterns end at a zero byte there, too (luajit: src/lib_string.c, match).
 */

export const LITERAL = 0;
export const ANY = 1;
export const SET = 2;
export const OPEN = 3;
export const OPEN_POSITION = 4;
export const CLOSE = 5;
export const BALANCE = 6;
export const FRONTIER = 7;
export const BACK_REFERENCE = 8;
export const AT_END = 9;
export const FINISH = 10;
const MISTAKE = 11;

export const ONCE = 0;
export const OPTIONAL = 1;
const STAR = 2;
export const PLUS = 3;
export const LAZY = 4;

export interface Pattern {
  readonly isAnchored: boolean;
  /** What each item is, and how often a LITERAL, ANY or SET may match. */
  readonly kinds: Uint8Array;
  readonly repeats: Uint8Array;
  /** Byte of a LITERAL, opening byte of a BALANCE, digit of a BACK_REFERENCE. */
  readonly first: Uint8Array;
  /** Closing byte of a BALANCE. */
  readonly second: Uint8Array;
  /** Members of a SET or FRONTIER, by byte. */
  readonly sets: readonly Uint8Array[];
  /** Messages of MISTAKEs. */
  readonly mistakes: readonly (string | undefined)[];
  /** Text that every match starts with, when it starts with literals. */
  readonly prefix: string;
  /** Members of the set that every match starts with. */
  readonly start: Uint8Array | undefined;
  /** A run of these bytes that was tried without success at its first is not tried at the others. */
  readonly run: Uint8Array | undefined;
  /** Number of captures of a whole match. */
  readonly captures: number;
  /** How often it was tried: patterns in use are compiled. */
  uses: number;
}

const classTests: Readonly<Record<string, RegExp>> = {
  a: /[A-Za-z]/,
  c: /[\0-\x1f\x7f]/,
  d: /[0-9]/,
  g: /[!-~]/,
  l: /[a-z]/,
  p: /[!-/:-@[-`{-~]/,
  s: /[\t-\r ]/,
  u: /[A-Z]/,
  w: /[A-Za-z0-9]/,
  x: /[0-9A-Fa-f]/,
  z: /\0/,
};

const classSets = new Map<string, Uint8Array>();

/** Members of a class letter, or of the byte itself where the letter means no class. */
function classSet(char: string): Uint8Array {
  const known = classSets.get(char);
  if (known !== undefined) return known;
  const set = new Uint8Array(256);
  const test = classTests[char.toLowerCase()];
  const isClass = test !== undefined && /[A-Za-z]/.test(char);
  const negated = isClass && char !== char.toLowerCase();
  for (let c = 0; c < 256; c++) {
    const isMember = isClass ? test.test(String.fromCharCode(c)) !== negated : c === char.charCodeAt(0);
    set[c] = isMember ? 1 : 0;
  }
  classSets.set(char, set);
  return set;
}

/** Members of `[...]`; start is the opening bracket, end the closing one. */
function bracketSet(p: string, start: number, end: number): Uint8Array {
  const set = new Uint8Array(256);
  let at = start + 1;
  const negated = p.charAt(at) === '^';
  if (negated) at++;
  for (; at < end; at++) {
    const c = p.charCodeAt(at);
    if (p.charAt(at) === '%') {
      at++;
      const members = classSet(p.charAt(at));
      for (let i = 0; i < 256; i++) if (members[i] === 1) set[i] = 1;
    } else if (p.charAt(at + 1) === '-' && at + 2 < end) {
      at += 2;
      set.fill(1, c, p.charCodeAt(at) + 1);
    } else {
      set[c] = 1;
    }
  }
  if (negated) for (let i = 0; i < 256; i++) set[i] = set[i] === 1 ? 0 : 1;
  return set;
}

/** Index of the bracket that closes the set opened at `start`, or -1. */
function closingBracket(p: string, start: number): number {
  let at = start + 1;
  if (p.charAt(at) === '^') at++;
  do {
    if (at >= p.length) return -1;
    if (p.charAt(at++) === '%' && at < p.length) at++;
  } while (p.charAt(at) !== ']');
  return at < p.length ? at : -1;
}

const repeatMarks: Readonly<Record<string, number>> = { '?': OPTIONAL, '*': STAR, '+': PLUS, '-': LAZY };

interface Item {
  kind: number;
  repeat: number;
  first: number;
  second: number;
  set: Uint8Array | undefined;
  mistake: string | undefined;
}

class PatternReader {
  readonly #p: string;
  #at: number;
  readonly items: Item[] = [];

  constructor(p: string, at: number) {
    this.#p = p;
    this.#at = at;
  }

  read(): Item[] {
    while (this.#at < this.#p.length) if (!this.#readItem()) return this.items;
    this.#add(FINISH);
    return this.items;
  }

  #add(kind: number, fields: Partial<Item> = {}): void {
    this.items.push({ kind, repeat: ONCE, first: 0, second: 0, set: undefined, mistake: undefined, ...fields });
  }

  /** Adds a mistake, behind which nothing is ever reached. */
  #mistake(mistake: string): false {
    this.#add(MISTAKE, { mistake });
    return false;
  }

  #readItem(): boolean {
    const p = this.#p;
    const at = this.#at;
    switch (p.charAt(at)) {
      case '(':
        if (p.charAt(at + 1) === ')') {
          this.#add(OPEN_POSITION);
          this.#at += 2;
        } else {
          this.#add(OPEN);
          this.#at++;
        }
        return true;
      case ')':
        this.#add(CLOSE);
        this.#at++;
        return true;
      case '$':
        if (at + 1 < p.length) return this.#readSingle();
        this.#add(AT_END);
        return false;
      case '%':
        return this.#readEscape(at);
      default:
        return this.#readSingle();
    }
  }

  #readEscape(at: number): boolean {
    const p = this.#p;
    const letter = p.charAt(at + 1);
    if (letter === 'b') {
      if (at + 3 >= p.length) return this.#mistake('unbalanced pattern');
      this.#add(BALANCE, { first: p.charCodeAt(at + 2), second: p.charCodeAt(at + 3) });
      this.#at += 4;
      return true;
    }
    if (letter === 'f') {
      if (p.charAt(at + 2) !== '[') return this.#mistake("missing '[' after '%f' in pattern");
      const end = closingBracket(p, at + 2);
      if (end < 0) return this.#mistake("malformed pattern (missing ']')");
      this.#add(FRONTIER, { set: bracketSet(p, at + 2, end) });
      this.#at = end + 1;
      return true;
    }
    if (letter >= '0' && letter <= '9' && letter !== '') {
      this.#add(BACK_REFERENCE, { first: Number(letter) });
      this.#at += 2;
      return true;
    }
    return this.#readSingle();
  }

  /** A single character class with its repetition. */
  #readSingle(): boolean {
    const p = this.#p;
    const at = this.#at;
    const char = p.charAt(at);
    let [kind, first, set]: [number, number, Uint8Array | undefined] = [LITERAL, p.charCodeAt(at), undefined];
    let end = at + 1;
    if (char === '.') {
      kind = ANY;
    } else if (char === '%') {
      const letter = p.charAt(at + 1);
      if (letter === '') return this.#mistake("malformed pattern (ends with '%')");
      end = at + 2;
      if (/[a-zA-Z]/.test(letter) && classTests[letter.toLowerCase()] !== undefined) {
        kind = SET;
        set = classSet(letter);
      } else {
        first = letter.charCodeAt(0);
      }
    } else if (char === '[') {
      const close = closingBracket(p, at);
      if (close < 0) return this.#mistake("malformed pattern (missing ']')");
      kind = SET;
      set = bracketSet(p, at, close);
      end = close + 1;
    }
    const repeat = repeatMarks[p.charAt(end)] ?? ONCE;
    this.#add(kind, { repeat, first, set });
    this.#at = repeat === ONCE ? end : end + 1;
    return true;
  }
}

const isParenthesis = ({ kind }: Item): boolean => kind === OPEN || kind === OPEN_POSITION || kind === CLOSE;

/** Bytes that an item takes, where it takes one or more. */
function memberSet({ kind, repeat, first, set }: Item): Uint8Array | undefined {
  if (repeat !== ONCE && repeat !== PLUS) return undefined;
  if (kind === SET) return set;
  return kind === LITERAL ? new Uint8Array(256).fill(1, first, first + 1) : undefined;
}

/**
 * Members of a greedy first item whose run has to end where the next item begins: the match then fails or not for all
 * places of a run alike. A back reference would see where it began.
 */
function runSet(items: readonly Item[]): Uint8Array | undefined {
  const [first, next] = items.filter((one) => !isParenthesis(one));
  if (first?.repeat !== PLUS || next === undefined) return undefined;
  if (items.some(({ kind }) => kind === BACK_REFERENCE || kind === MISTAKE)) return undefined;
  const run = memberSet(first);
  if (run === undefined || next.kind === AT_END) return run;
  const after = memberSet(next);
  return after?.every((is, byte) => is === 0 || run[byte] === 0) === true ? run : undefined;
}

function literalPrefix(items: readonly Item[]): string {
  let prefix = '';
  for (const { kind, repeat, first } of items) {
    if (kind !== LITERAL || (repeat !== ONCE && repeat !== PLUS)) break;
    prefix += String.fromCharCode(first);
    if (repeat === PLUS) break;
  }
  return prefix;
}

/** The set of a first item that has to match. */
function startSet(item: Item | undefined): Uint8Array | undefined {
  return item?.kind === SET && (item.repeat === ONCE || item.repeat === PLUS) ? item.set : undefined;
}

const emptySet = new Uint8Array(256);

function parse(text: string, mayAnchor: boolean): Pattern {
  const zero = text.indexOf('\0');
  const p = zero < 0 ? text : text.slice(0, zero);
  const isAnchored = mayAnchor && p.startsWith('^');
  const items = new PatternReader(p, isAnchored ? 1 : 0).read();
  const sized = items.slice(items.findIndex(({ kind }) => kind !== OPEN && kind !== OPEN_POSITION));
  // a final `$` or mistake ends the list; nothing follows it
  return {
    isAnchored,
    kinds: Uint8Array.from(items, (one) => one.kind),
    repeats: Uint8Array.from(items, (one) => one.repeat),
    first: Uint8Array.from(items, (one) => one.first),
    second: Uint8Array.from(items, (one) => one.second),
    sets: items.map((one) => one.set ?? emptySet),
    mistakes: items.map((one) => one.mistake),
    prefix: literalPrefix(sized),
    start: startSet(sized[0]),
    run: runSet(items),
    captures: items.filter(({ kind }) => kind === OPEN || kind === OPEN_POSITION).length,
    uses: 0,
  };
}

const mostKept = 500;
const anchorable = new Map<string, Pattern>();
const unanchored = new Map<string, Pattern>();

/**
 * The parsed form of a pattern; parsed ones are kept.
 * @param mayAnchor a leading `^` ties the match to where it starts; `gmatch` takes it literally
 */
export function patternOf(text: string, mayAnchor: boolean): Pattern {
  const kept = mayAnchor ? anchorable : unanchored;
  let pattern = kept.get(text);
  if (pattern === undefined) {
    if (kept.size >= mostKept) kept.clear();
    pattern = parse(text, mayAnchor);
    kept.set(text, pattern);
  }
  return pattern;
}

/** Whether `find` takes the text for a pattern (luajit: src/lj_str.c, lj_str_haspattern; `)` alone does not do). */
export function hasSpecials(text: string): boolean {
  return /[$%(*+\-.?[^]/.test(text);
}

import { type Assertion, type Condition, type Node, type Pattern, PatternError, type RepeatMode } from './ast.ts';
import { type CharSet, caselessRanges, charSet, makeSet, type Property } from './charset.ts';
import { propertyOf } from './properties.ts';

export interface ParseFlags {
  readonly caseless: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  readonly utf: boolean;
}

/** Options that hold from one place of a pattern on. */
interface Modes {
  readonly caseless: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  /** Blanks mean nothing in classes either. */
  readonly extendedMore: boolean;
  /** Quantifiers are lazy unless they say not to be. */
  readonly ungreedy: boolean;
  /** Plain parentheses do not capture. */
  readonly noCapture: boolean;
}

/** Longer patterns, and deeper ones, are refused. */
const maxLength = 65_536;
const maxDepth = 250;
const maxCount = 65_535;
const lastCode = { bytes: 0xff, utf: 0x10ffff } as const;

const digits = [0x30, 0x39];
const wordCharacters = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
const blanks = [0x09, 0x0d, 0x20, 0x20];
const horizontal = [0x09, 0x09, 0x20, 0x20, 0xa0, 0xa0];
const horizontalMore = [0x1680, 0x1680, 0x180e, 0x180e, 0x2000, 0x200a, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000];
const newlines = [0x0a, 0x0d, 0x85, 0x85];
const newlinesMore = [0x2028, 0x2029];

const posixClasses: Readonly<Record<string, readonly number[]>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0x00, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0x00, 0x1f, 0x7f, 0x7f],
  digit: digits,
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: blanks,
  upper: [0x41, 0x5a],
  word: wordCharacters,
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};

const controls: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

/**
 * Reads a pattern of PCRE2 10.42 (pcre2pattern(3)); newlines are any of Unicode's, as Rspamd has it.
 * @param pattern characters, or bytes as a byte string
 * @throws PatternError
 */
export function parsePattern(pattern: string, flags: ParseFlags): Pattern {
  if (pattern.length > maxLength) throw new PatternError('regular expression is too large', maxLength);
  const first = new Parser(pattern, flags, Number.POSITIVE_INFINITY);
  const read = first.parse();
  // `\12` is a group only where there are so many.
  return first.needsCount ? new Parser(pattern, flags, read.groups).parse() : read;
}

class Parser {
  readonly #pattern: string;
  readonly #utf: boolean;
  readonly #flags: ParseFlags;
  /** How many groups there are; infinite while it is not known. */
  readonly #total: number;
  readonly #names = new Map<string, number[]>();
  /** Checked once all groups are known. */
  readonly #pending: Array<() => void> = [];
  #at = 0;
  #depth = 0;
  /** Lookaround that we are in. */
  #looks = 0;
  #groups = 0;
  #namesNewline = false;
  needsCount = false;

  constructor(pattern: string, flags: ParseFlags, total: number) {
    this.#pattern = pattern;
    this.#flags = flags;
    this.#utf = flags.utf;
    this.#total = total;
  }

  parse(): Pattern {
    this.#take(/(?:\(\*(?:UTF8?|NO_START_OPT|NO_AUTO_POSSESS|NO_JIT)\))*/y);
    const modes: Modes = { ...this.#flags, extendedMore: false, ungreedy: false, noCapture: false };
    const root = this.#alternatives(modes);
    if (this.#at < this.#pattern.length) throw this.#error('unmatched closing parenthesis');
    for (const check of this.#pending) check();
    return {
      root,
      groups: this.#groups,
      names: this.#names,
      utf: this.#utf,
      namesNewline: this.#namesNewline,
    };
  }

  #error(message: string, offset = this.#at): PatternError {
    return new PatternError(message, offset);
  }

  get #next(): string | undefined {
    return this.#pattern[this.#at];
  }

  /** @param expression sticky */
  #take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#pattern) ?? undefined;
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }

  #accept(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Up to a closing parenthesis, which stays, or the end. */
  #alternatives(given: Modes, resetsNumbers = false): Node {
    if (++this.#depth > maxDepth) throw this.#error('parentheses are too deeply nested');
    const items: Node[] = [];
    const first = this.#groups;
    let last = first;
    let modes = given;
    do {
      if (resetsNumbers) this.#groups = first;
      const [item, changed] = this.#sequence(modes);
      items.push(item);
      // An option set within an alternative holds for those behind it too.
      modes = changed;
      last = Math.max(last, this.#groups);
    } while (this.#accept('|'));
    this.#groups = last;
    this.#depth--;
    return items.length === 1 ? (items[0] as Node) : { type: 'choice', items };
  }

  #sequence(given: Modes): readonly [node: Node, modes: Modes] {
    let modes = given;
    const items: Node[] = [];
    for (;;) {
      this.#skip(modes.extended);
      const next = this.#next;
      if (next === undefined || next === '|' || next === ')') break;
      const changed = this.#options(modes);
      if (changed !== undefined) {
        modes = changed;
        continue;
      }
      if (this.#accept('\\E')) continue;
      if (this.#accept('\\Q')) {
        const codes = [...this.#quoted()];
        for (const [at, c] of codes.entries()) {
          const node = this.#literal(c.codePointAt(0) as number, modes);
          items.push(at === codes.length - 1 ? this.#quantified(node, modes) : node);
        }
        continue;
      }
      items.push(this.#quantified(this.#atom(modes), modes));
    }
    const node: Node =
      items.length === 0 ? { type: 'empty' } : items.length === 1 ? (items[0] as Node) : { type: 'sequence', items };
    return [node, modes];
  }

  #quoted(): string {
    const end = this.#pattern.indexOf('\\E', this.#at);
    const text = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 2;
    return text;
  }

  #skip(extended: boolean): void {
    while (
      this.#take(/\(\?#[^)]*\)/y) !== undefined ||
      (extended && this.#take(/[ \t-\r\x85\u2028\u2029]+|#[^\n-\r\x85\u2028\u2029]*/y) !== undefined)
    );
    if (this.#pattern.startsWith('(?#', this.#at)) throw this.#error('missing ) after (?# comment');
  }

  /** `(?i)`: options without a group. */
  #options(modes: Modes): Modes | undefined {
    const found = this.#take(/\(\?(\^?)([imsxnJU]*)(?:-([imsxnJU]*))?\)/y);
    return found === undefined ? undefined : withOptions(modes, found);
  }

  #literal(code: number, modes: Modes): Node {
    if (code === 0x0a || code === 0x0d) this.#namesNewline = true;
    return { type: 'set', set: charSet(code, modes.caseless, this.#utf) };
  }

  #set(ranges: readonly number[], negative = false, properties: readonly Property[] = []): CharSet {
    return makeSet(ranges, negative, properties);
  }

  #quantified(node: Node, modes: Modes): Node {
    if (node.type === 'assert' || node.type === 'keep' || node.type === 'fail' || node.type === 'accept') return node;
    do this.#skip(modes.extended);
    while (this.#take(/(?:\\Q)?\\E/y) !== undefined);
    const found = this.#take(/[*+?]|\{\d+(?:,\d*)?\}/y);
    if (found === undefined) return node;
    const [min, max] = this.#bounds(found[0]);
    this.#skip(modes.extended);
    const sign = this.#take(/[?+]/y)?.[0];
    const isLazy = sign !== '+' && (sign === '?') !== modes.ungreedy;
    const mode: RepeatMode = sign === '+' ? 'possessive' : isLazy ? 'lazy' : 'greedy';
    if (node.type === 'look') return { type: 'repeat', body: node, min: Math.min(min, 1), max: Math.min(max, 1), mode };
    return { type: 'repeat', body: node, min, max, mode };
  }

  #bounds(text: string): readonly [min: number, max: number] {
    if (text === '*') return [0, Number.POSITIVE_INFINITY];
    if (text === '+') return [1, Number.POSITIVE_INFINITY];
    if (text === '?') return [0, 1];
    const [, low = '0', comma, high] = /\{(\d+)(,)?(\d*)\}/.exec(text) as RegExpExecArray;
    const min = Number(low);
    const max = comma === undefined ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (min > maxCount || (max > maxCount && max !== Number.POSITIVE_INFINITY))
      throw this.#error('number too big in {} quantifier');
    if (max < min) throw this.#error('numbers out of order in {} quantifier');
    return [min, max];
  }

  #atom(modes: Modes): Node {
    const code = this.#code();
    switch (String.fromCodePoint(code)) {
      case '(':
        return this.#group(modes);
      case '[':
        return { type: 'set', set: this.#class(modes) };
      case '.':
        return { type: 'set', set: modes.dotAll ? this.#set([], true) : this.#noNewline() };
      case '^':
        return { type: 'assert', kind: modes.multiline ? 'lineStart' : 'start' };
      case '$':
        return { type: 'assert', kind: modes.multiline ? 'lineEnd' : 'endOrNewline' };
      case '\\':
        return this.#escape(modes);
      case '*':
      case '+':
      case '?':
        throw this.#error('quantifier does not follow a repeatable item');
      case '{':
        if (/^\d+(?:,\d*)?\}/.test(this.#pattern.slice(this.#at, this.#at + 16)))
          throw this.#error('quantifier does not follow a repeatable item');
        return this.#literal(code, modes);
      default:
        return this.#literal(code, modes);
    }
  }

  /** The next character. */
  #code(): number {
    const code = this.#utf ? this.#pattern.codePointAt(this.#at) : this.#pattern.charCodeAt(this.#at);
    if (code === undefined || Number.isNaN(code)) throw this.#error('unexpected end of the pattern');
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }

  #noNewline(): CharSet {
    return this.#set(this.#utf ? [...newlines, ...newlinesMore] : newlines, true);
  }

  #group(modes: Modes): Node {
    if (this.#accept('*')) return this.#verb(modes);
    if (!this.#accept('?')) {
      if (modes.noCapture) return this.#closed(this.#alternatives(modes));
      return this.#capture(modes, undefined);
    }
    if (this.#accept('|')) return this.#closed(this.#alternatives(modes, true));
    if (this.#accept('>')) return { type: 'atomic', body: this.#closed(this.#alternatives(modes)) };
    const look = this.#take(/<?[=!]/y)?.[0];
    if (look !== undefined) return this.#look(look.startsWith('<'), look.endsWith('!'), modes);
    const name = this.#take(/P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'/y);
    if (name !== undefined) return this.#capture(modes, name[1] ?? name[2]);
    const back = this.#take(/P=([A-Za-z_]\w*)\)/y);
    if (back !== undefined) return this.#namedReference(back[1] as string, modes);
    const called = this.#take(/(?:R|([-+]?\d+)|(?:&|P>)([A-Za-z_]\w*))\)/y);
    if (called !== undefined) return this.#call(called[1], called[2]);
    if (this.#accept('(')) return this.#condition(modes);
    const options = this.#take(/(\^?)([imsxnJU]*)(?:-([imsxnJU]*))?:/y);
    if (options !== undefined) return this.#closed(this.#alternatives(withOptions(modes, options)));
    throw this.#error('unrecognized character after (? or (?-');
  }

  #closed(node: Node): Node {
    if (!this.#accept(')')) throw this.#error('missing closing parenthesis');
    // In a group even what matches no text can be repeated.
    const isEmpty = node.type === 'assert' || node.type === 'keep' || node.type === 'fail' || node.type === 'accept';
    return isEmpty ? { type: 'sequence', items: [node] } : node;
  }

  #capture(modes: Modes, name: string | undefined): Node {
    const group = ++this.#groups;
    if (name !== undefined) {
      const known = this.#names.get(name);
      if (known === undefined) this.#names.set(name, [group]);
      else if (!known.includes(group)) known.push(group);
    }
    return { type: 'capture', group, body: this.#closed(this.#alternatives(modes)) };
  }

  #look(behind: boolean, negative: boolean, modes: Modes): Node {
    this.#looks++;
    const body = this.#closed(this.#alternatives(modes));
    this.#looks--;
    return { type: 'look', behind, negative, body };
  }

  #verb(modes: Modes): Node {
    const verb = this.#take(/(?:F|FAIL)\)/y);
    if (verb !== undefined) return { type: 'fail' };
    if (this.#accept('ACCEPT)')) return { type: 'accept' };
    const named = this.#take(
      /(pla|positive_lookahead|nla|negative_lookahead|plb|positive_lookbehind|nlb|negative_lookbehind|atomic):/y,
    )?.[1];
    if (named === 'atomic') return { type: 'atomic', body: this.#closed(this.#alternatives(modes)) };
    if (named !== undefined) return this.#look(/b$|behind/.test(named), named.startsWith('n'), modes);
    throw this.#error('(*VERB) not recognized or malformed');
  }

  #call(number: string | undefined, name: string | undefined): Node {
    if (name !== undefined) {
      const call = { type: 'call' as const, group: 0 };
      this.#pending.push(() => {
        call.group = this.#named(name)[0] as number;
      });
      return call;
    }
    const group = number === undefined ? 0 : this.#relative(number, number.startsWith('+') ? 0 : 1);
    this.#pending.push(() => this.#mustExist(group));
    return { type: 'call', group };
  }

  /** @param own what is to be added to a number that counts backwards */
  #relative(text: string, own: number): number {
    if (text.startsWith('-')) return this.#groups + own - Number(text.slice(1));
    return text.startsWith('+') ? this.#groups + Number(text.slice(1)) : Number(text);
  }

  #mustExist(group: number): void {
    if (group < 0 || group > this.#groups) throw this.#error('reference to non-existent subpattern');
  }

  #named(name: string): readonly number[] {
    const groups = this.#names.get(name);
    if (groups === undefined) throw this.#error('reference to non-existent subpattern');
    return groups;
  }

  #namedReference(name: string, modes: Modes): Node {
    const groups: number[] = [];
    this.#pending.push(() => groups.push(...this.#named(name)));
    return { type: 'reference', groups, caseless: modes.caseless };
  }

  #reference(group: number, modes: Modes): Node {
    this.#pending.push(() => {
      if (group < 1) throw this.#error('reference to non-existent subpattern');
      this.#mustExist(group);
    });
    return { type: 'reference', groups: [group], caseless: modes.caseless };
  }

  #condition(modes: Modes): Node {
    const test = this.#test(modes);
    const body = this.#closed(this.#alternatives(modes));
    const [yes, no, more] = body.type === 'choice' ? body.items : [body];
    if (more !== undefined) throw this.#error('conditional subpattern contains more than two branches');
    return { type: 'condition', test, yes: yes as Node, no: no ?? { type: 'empty' } };
  }

  #test(modes: Modes): Condition {
    if (this.#accept('DEFINE)')) return { type: 'define' };
    const look = this.#take(/\?(<?[=!])/y)?.[1];
    if (look !== undefined) return { type: 'look', look: this.#look(look.startsWith('<'), look.endsWith('!'), modes) };
    const number = this.#take(/([-+]?\d+)\)/y)?.[1];
    if (number !== undefined) {
      const group = this.#relative(number, 1);
      this.#pending.push(() => this.#mustExist(group));
      return { type: 'groups', groups: [group] };
    }
    const found = this.#take(/<([A-Za-z_]\w*)>\)|'([A-Za-z_]\w*)'\)|([A-Za-z_]\w*)\)/y);
    const name = found?.[1] ?? found?.[2] ?? found?.[3];
    if (name === undefined) throw this.#error('malformed number or name after (?(');
    const groups: number[] = [];
    this.#pending.push(() => groups.push(...this.#named(name)));
    return { type: 'groups', groups };
  }

  #escape(modes: Modes): Node {
    const at = this.#at;
    const code = this.#code();
    const char = String.fromCodePoint(code);
    const set = this.#typeSet(char);
    if (set !== undefined) return { type: 'set', set };
    const assertion = assertions.get(char);
    if (assertion !== undefined) return { type: 'assert', kind: assertion };
    switch (char) {
      case 'K':
        if (this.#looks > 0) throw this.#error('\\K is not allowed in lookarounds');
        return { type: 'keep' };
      case 'R':
        return this.#newlineSequence();
      case 'X':
        return graphemes;
      case 'N':
        if (/^\{(?!\d+(?:,\d*)?\})/.test(this.#pattern.slice(this.#at, this.#at + 16)))
          throw this.#error('\\N{name} is not supported');
        return { type: 'set', set: this.#noNewline() };
      case 'C':
        if (this.#utf) throw this.#error('\\C is not supported in UTF-8 mode');
        return { type: 'set', set: this.#set([], true) };
      case 'g':
        return this.#g(modes);
      case 'k': {
        const found = this.#take(/<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'|\{([A-Za-z_]\w*)\}/y);
        const name = found?.[1] ?? found?.[2] ?? found?.[3];
        if (name === undefined) throw this.#error('\\k is not followed by a name');
        return this.#namedReference(name, modes);
      }
      default:
        break;
    }
    if (/[1-9]/.test(char)) {
      this.#take(/\d*/y);
      const number = Number(this.#pattern.slice(at, this.#at));
      if (number > 9 && this.#total === Number.POSITIVE_INFINITY) {
        this.needsCount = true;
        return { type: 'empty' };
      }
      if (number < 10 || number <= this.#total) return this.#reference(number, modes);
    }
    this.#at = at;
    return this.#literal(this.#escapedCode(), modes);
  }

  /** `\g1`, `\g{-1}`, `\g{name}`, `\g<1>`. */
  #g(modes: Modes): Node {
    const called = this.#take(/<(?:([-+]?\d+)|([A-Za-z_]\w*))>|'(?:([-+]?\d+)|([A-Za-z_]\w*))'/y);
    if (called !== undefined) return this.#call(called[1] ?? called[3], called[2] ?? called[4]);
    const found = this.#take(/([-+]?\d+)|\{(?:([-+]?\d+)|([A-Za-z_]\w*))\}/y);
    const number = found?.[1] ?? found?.[2];
    if (number !== undefined) return this.#reference(this.#relative(number, 1), modes);
    if (found?.[3] !== undefined) return this.#namedReference(found[3], modes);
    throw this.#error('a numbered reference must not be zero');
  }

  /** A newline of any kind, CRLF as one. */
  #newlineSequence(): Node {
    const set = this.#set(this.#utf ? [...newlines, ...newlinesMore] : newlines);
    return { type: 'atomic', body: { type: 'choice', items: [crlf, { type: 'set', set }] } };
  }

  /** `\d`, `\W`, `\p{L}` and the like. */
  #typeSet(char: string): CharSet | undefined {
    const negative = /[A-Z]/.test(char);
    const ranges = this.#typeRanges(char.toLowerCase());
    if (ranges !== undefined) return this.#set(ranges, negative);
    return char === 'p' || char === 'P' ? this.#set([], false, [this.#property(negative)]) : undefined;
  }

  #typeRanges(char: string): readonly number[] | undefined {
    switch (char) {
      case 'd':
        return digits;
      case 'w':
        return wordCharacters;
      case 's':
        return blanks;
      case 'h':
        return this.#utf ? [...horizontal, ...horizontalMore] : horizontal;
      case 'v':
        return this.#utf ? [...newlines, ...newlinesMore] : newlines;
      default:
        return undefined;
    }
  }

  #property(negative: boolean): Property {
    const found = this.#take(/\{(\^?)\s*([\w\s&=:-]+?)\s*\}|([A-Z])/y);
    if (found === undefined) throw this.#error('malformed \\P or \\p sequence');
    const source = propertyOf(found[2] ?? (found[3] as string));
    if (source === undefined) throw this.#error('unknown property after \\P or \\p');
    return { source, negative: negative !== (found[1] === '^') };
  }

  /** The character that an escape stands for, in and out of classes. */
  #escapedCode(): number {
    const start = this.#at;
    const code = this.#code();
    const char = String.fromCodePoint(code);
    const control = controls[char];
    if (control !== undefined) return control;
    switch (char) {
      case 'x':
        return this.#checked(Number.parseInt(this.#hex(), 16), start);
      case 'o': {
        const octal = this.#take(/\{([0-7]+)\}/y)?.[1];
        if (octal === undefined) throw this.#error('missing opening brace after \\o');
        return this.#checked(Number.parseInt(octal, 8), start);
      }
      case 'c': {
        const next = this.#code();
        if (next < 0x20 || next > 0x7e) throw this.#error('\\c must be followed by a printable ASCII character');
        return (next >= 0x61 && next <= 0x7a ? next - 0x20 : next) ^ 0x40;
      }
      default:
        break;
    }
    if (/[0-7]/.test(char)) {
      this.#at = start;
      return this.#checked(Number.parseInt(this.#take(/[0-7]{1,3}/y)?.[0] as string, 8), start);
    }
    if (/[89]/.test(char)) return code;
    if (/[A-Za-z]/.test(char)) throw this.#error('unrecognized character follows \\', start);
    return code;
  }

  #hex(): string {
    const braced = this.#take(/\{([0-9A-Fa-f]+)\}/y)?.[1];
    if (braced !== undefined) return braced;
    return this.#take(/[0-9A-Fa-f]{0,2}/y)?.[0] || '0';
  }

  #checked(code: number, at: number): number {
    const last = this.#utf ? lastCode.utf : lastCode.bytes;
    if (code > last) throw this.#error('character code point value in \\x{} or \\o{} is too large', at);
    return code;
  }

  #class(modes: Modes): CharSet {
    const start = this.#at;
    const negative = this.#accept('^');
    /** Characters that are named, and those of types, which have no other case. */
    const ranges: number[] = [];
    const typed: number[] = [];
    const properties: Property[] = [];
    let pending: number | undefined;
    let isFirst = true;
    for (;;) {
      if (this.#accept('\\E')) continue;
      if (modes.extendedMore && this.#take(/[ \t]+/y) !== undefined) continue;
      if (this.#next === undefined) throw this.#error('missing terminating ] for character class', start);
      if (!isFirst && this.#accept(']')) break;
      isFirst = false;
      if (this.#accept('\\Q')) {
        for (const c of this.#quoted()) {
          pending = c.codePointAt(0) as number;
          this.#note(pending);
          ranges.push(pending, pending);
        }
        continue;
      }
      const posix = this.#posix(modes);
      if (posix !== undefined) {
        typed.push(...posix);
        pending = undefined;
        continue;
      }
      // A range needs a character on both sides; else the dash stands for itself.
      if (pending !== undefined && this.#next === '-' && !/[\]]/.test(this.#pattern[this.#at + 1] ?? ']')) {
        const dash = this.#at++;
        const end = this.#classItem(modes, typed, properties);
        if (end === undefined) throw this.#error('invalid range in character class', dash);
        if (end < pending) throw this.#error('range out of order in character class', dash);
        ranges.push(pending, end);
        pending = undefined;
        continue;
      }
      pending = this.#classItem(modes, typed, properties);
      if (pending !== undefined) ranges.push(pending, pending);
      else if (/^-[^\]]/.test(this.#pattern.slice(this.#at, this.#at + 2))) {
        throw this.#error('invalid range in character class');
      }
    }
    const all = modes.caseless ? caselessRanges(ranges, this.#utf) : ranges;
    return this.#set([...all, ...typed], negative, properties);
  }

  /** @returns the character, undefined where a set was added */
  #classItem(modes: Modes, typed: number[], properties: Property[]): number | undefined {
    if (!this.#accept('\\')) {
      const posix = this.#posix(modes);
      if (posix === undefined) return this.#note(this.#code());
      typed.push(...posix);
      return undefined;
    }
    const char = this.#next ?? '';
    if (char === 'b') {
      this.#at++;
      return 8;
    }
    if (/[BRX]/.test(char)) throw this.#error('escape sequence is invalid in character class');
    if (char === 'N') throw this.#error('\\N is not supported in a class');
    if (/[pP]/.test(char)) {
      this.#at++;
      properties.push(this.#property(char === 'P'));
      return undefined;
    }
    const type = this.#typeRanges(char.toLowerCase());
    if (type === undefined) return this.#note(this.#escapedCode());
    this.#at++;
    typed.push(...(/[A-Z]/.test(char) ? complement(type, this.#last) : type));
    return undefined;
  }

  get #last(): number {
    return this.#utf ? lastCode.utf : lastCode.bytes;
  }

  #note(code: number): number {
    if (code === 0x0a || code === 0x0d) this.#namesNewline = true;
    return code;
  }

  #posix({ caseless }: Modes): readonly number[] | undefined {
    const found = this.#take(/\[:(\^?)([a-z]+):\]/y);
    if (found === undefined) return undefined;
    const name = found[2] as string;
    const ranges = posixClasses[caseless && (name === 'upper' || name === 'lower') ? 'alpha' : name];
    if (ranges === undefined) throw this.#error('unknown POSIX class name');
    return found[1] === '^' ? complement(ranges, this.#last) : ranges;
  }
}

const assertions = new Map<string, Assertion>([
  ['b', 'wordBoundary'],
  ['B', 'noWordBoundary'],
  ['A', 'start'],
  ['G', 'start'],
  ['Z', 'endOrNewline'],
  ['z', 'end'],
]);

const mark: Property = { source: '\\p{M}', negative: false };
/** A character with its marks. */
const character: Node = {
  type: 'sequence',
  items: [
    { type: 'set', set: makeSet([], true) },
    {
      type: 'repeat',
      body: { type: 'set', set: makeSet([], false, [mark]) },
      min: 0,
      max: Number.POSITIVE_INFINITY,
      mode: 'greedy',
    },
  ],
};
const crlf: Node = {
  type: 'sequence',
  items: [0x0d, 0x0a].map((code) => ({ type: 'set', set: charSet(code, false, false) })),
};
const graphemes: Node = { type: 'atomic', body: { type: 'choice', items: [crlf, character] } };

function complement(ranges: readonly number[], last: number): readonly number[] {
  const out: number[] = [];
  let next = 0;
  for (let at = 0; at < ranges.length; at += 2) {
    if ((ranges[at] as number) > next) out.push(next, (ranges[at] as number) - 1);
    next = (ranges[at + 1] as number) + 1;
  }
  if (next <= last) out.push(next, last);
  return out;
}

function withOptions(modes: Modes, [, caret = '', on = '', off = '']: RegExpExecArray): Modes {
  const base =
    caret === ''
      ? modes
      : {
          ...modes,
          caseless: false,
          multiline: false,
          dotAll: false,
          extended: false,
          extendedMore: false,
          noCapture: false,
        };
  const value = (letter: string, old: boolean): boolean => !off.includes(letter) && (on.includes(letter) || old);
  return {
    caseless: value('i', base.caseless),
    multiline: value('m', base.multiline),
    dotAll: value('s', base.dotAll),
    extended: value('x', base.extended),
    extendedMore: !off.includes('x') && (on.includes('xx') || base.extendedMore),
    ungreedy: value('U', base.ungreedy),
    noCapture: value('n', base.noCapture),
  };
}

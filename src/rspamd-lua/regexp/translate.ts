import type { RegexpFlags } from './syntax.ts';

/** A pattern that JavaScript's expressions cannot do, or that is wrong. */
export class PatternError extends Error {
  readonly offset: number;
  constructor(text: string, offset: number) {
    super(text);
    this.name = 'PatternError';
    this.offset = offset;
  }
}

/** Options that a group can change for its rest. */
interface Modes {
  readonly caseless: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
}

/** Sets of bytes as PCRE has them in the C locale; with their complements in capitals. */
const sets: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: '\\t-\\r ',
  h: '\\t \\xa0',
  v: '\\n-\\r\\x85',
};

const posix: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

const controls: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

const anyNewline = '\\n\\x0b\\f\\r\\x85';

/**
 * A pattern of PCRE as source of a JavaScript expression (flag `u` where it is of characters, none where of bytes).
 * @throws PatternError
 */
export function translate(pattern: string, flags: RegexpFlags): Translation {
  const translator = new Translator(pattern, flags.utf);
  const source = translator.alternatives(flags, undefined);
  return { source, numbers: translator.numbers };
}

export interface Translation {
  readonly source: string;
  /** Number in the translation of each capturing group of the pattern. */
  readonly numbers: readonly number[];
}

class Translator {
  readonly #pattern: string;
  readonly #utf: boolean;
  /** Numbers of the capturing groups in the translation, which has helpers of its own. */
  readonly numbers: number[] = [];
  readonly #names = new Map<string, number>();
  #made = 0;
  #at = 0;

  constructor(pattern: string, utf: boolean) {
    this.#pattern = pattern;
    this.#utf = utf;
  }

  #fail(text: string): PatternError {
    return new PatternError(text, this.#at);
  }

  get #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  #take(expression: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(expression.source, `y${expression.flags}`);
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#pattern) ?? undefined;
    if (found !== undefined) this.#at += found[0].length;
    return found;
  }

  /** Up to the closing parenthesis of a group, or the end. */
  alternatives(given: Modes, closing: ')' | undefined): string {
    let modes = given;
    let out = '';
    for (;;) {
      const char = this.#pattern[this.#at];
      if (char === undefined) {
        if (closing !== undefined) throw this.#fail('missing closing parenthesis');
        return out;
      }
      if (char === ')') {
        if (closing === undefined) throw this.#fail('unmatched closing parenthesis');
        this.#at++;
        return out;
      }
      if (char === '|') {
        this.#at++;
        out += '|';
        continue;
      }
      const changed = this.#take(/\(\?(?:\^)?([imsxnJU]*)(?:-([imsxnJU]*))?\)/);
      if (changed !== undefined) {
        modes = withModes(modes, changed[1] ?? '', changed[2] ?? '');
        continue;
      }
      if (this.#skipped(modes)) continue;
      const before = this.#made;
      out += this.#quantified(this.#atom(modes), modes, before);
    }
  }

  /** Comments, and blanks where they mean nothing. */
  #skipped(modes: Modes): boolean {
    if (this.#take(/\(\?#[^)]*\)/) !== undefined) return true;
    return modes.extended && this.#take(/[ \t-\r]+|#[^\n]*(?:\n|$)/) !== undefined;
  }

  /** @param before groups of the translation that were made before the atom's */
  #quantified(atom: string, modes: Modes, before: number): string {
    while (this.#skipped(modes));
    const found = this.#take(/([*+?]|\{\d+(?:,\d*)?\})([+?]?)/);
    if (found === undefined) return atom;
    const [, count = '', mode] = found;
    const bounds = /^\{(\d+)(?:,(\d*))?\}$/.exec(count);
    if (bounds !== null && Number(bounds[2] || bounds[1]) > 65_535) throw this.#fail('number too big in {} quantifier');
    // an assertion repeated is one assertion
    const base = /^\(\?<?[=!]/.test(atom) && this.#utf ? `(?:${atom})` : atom;
    if (mode === '+') return this.#atomic(`${base}${count}`, before);
    return `${base}${count}${mode}`;
  }

  /** What has matched once is not tried otherwise: a look ahead keeps it, a reference takes it. */
  #atomic(source: string, before: number): string {
    this.#made++;
    const number = before + 1; // those inside move up by one
    for (const [i, one] of this.numbers.entries()) if (one >= number) this.numbers[i] = one + 1;
    return `(?:(?=(${shifted(source, number, 1)}))\\${number})`;
  }

  #atom(modes: Modes): string {
    const char = this.#character();
    switch (char) {
      case '(':
        return this.#group(modes);
      case '[':
        return this.#class(modes);
      case '.':
        return modes.dotAll ? '[^]' : `[^${anyNewline}]`;
      case '^':
        return modes.multiline ? `(?:^|(?<=[\\n\\x0b\\f\\x85]|\\r(?!\\n))(?!$))` : '^';
      case '$':
        if (modes.multiline) return '(?=[\\r\\x0b\\f\\x85]|(?<!\\r)\\n|$)';
        return '(?=(?:\\r\\n?|(?<!\\r)\\n|[\\x0b\\f\\x85])?$)';
      case '\\':
        return this.#escape(modes);
      case '*':
      case '+':
      case '?':
        this.#at--;
        throw this.#fail('quantifier does not follow a repeatable item');
      default:
        return literal(char, modes.caseless, this.#utf);
    }
  }

  /** The next character: a byte, or all bytes of one in UTF-8. */
  #character(): string {
    const code = this.#pattern.codePointAt(this.#at) as number;
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    return char;
  }

  #group(modes: Modes): string {
    const named = this.#take(/\?P=(\w+)\)/)?.[1];
    if (named !== undefined) return this.#reference(this.#names.get(named) ?? -1);
    const special = this.#take(/\?(<[=!]|[=!:>|]|P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'|([imsxnU]*)(?:-([imsxnU]*))?:)/);
    if (special === undefined) {
      if (this.#rest.startsWith('?') || this.#rest.startsWith('*'))
        throw this.#fail('this kind of group is not supported');
      return this.#capture(modes, undefined);
    }
    const [, kind = '', name, quoted, on, off] = special;
    if (name !== undefined || quoted !== undefined) return this.#capture(modes, name ?? quoted);
    if (kind === '|') throw this.#fail('this kind of group is not supported');
    if (kind === '>') {
      const before = this.#made;
      return this.#atomic(this.alternatives(modes, ')'), before);
    }
    if (/^<?[=!]$/.test(kind)) return `(?${kind}${this.alternatives(modes, ')')})`;
    return `(?:${this.alternatives(withModes(modes, on ?? '', off ?? ''), ')')})`;
  }

  #capture(modes: Modes, name: string | undefined): string {
    this.#made++;
    const index = this.numbers.push(this.#made) - 1;
    if (name !== undefined) this.#names.set(name, index);
    return `(${this.alternatives(modes, ')')})`;
  }

  #reference(index: number): string {
    const number = this.numbers[index];
    if (number === undefined) throw this.#fail('reference to non-existent subpattern');
    return `(?:\\${number})`;
  }

  #escape(modes: Modes): string {
    const quoted = this.#take(/Q(.*?)(?:\\E|$)/s);
    if (quoted !== undefined)
      return [...(quoted[1] ?? '')].map((one) => literal(one, modes.caseless, this.#utf)).join('');
    if (this.#take(/E/) !== undefined) return '';
    const back = this.#take(/([1-9])(?!\d)|g\{?(-?\d+)\}?|(?:k\{(\w+)\}|k<(\w+)>|k'(\w+)'|g\{(\w+)\})/);
    if (back !== undefined) return this.#backReference(back);
    const char = this.#pattern[this.#at];
    if (char === undefined) throw this.#fail('\\ at end of pattern');
    const set = /[dwshv]/i.test(char) ? sets[char.toLowerCase()] : undefined;
    if (set !== undefined) {
      this.#at++;
      return `[${char === char.toLowerCase() ? '' : '^'}${set}]`;
    }
    const simple: Readonly<Record<string, string>> = {
      A: '^',
      z: '$',
      Z: '(?=(?:\\r\\n?|(?<!\\r)\\n|[\\x0b\\f\\x85])?$)',
      G: '^',
      b: '\\b',
      B: '\\B',
      R: '(?:\\r\\n|[\\n-\\r\\x85])',
      N: `[^${anyNewline}]`,
    };
    const known = simple[char];
    if (known !== undefined) {
      this.#at++;
      return known;
    }
    if (/[pPX]/.test(char)) return this.#property(char);
    return literal(String.fromCodePoint(this.#code()), modes.caseless, this.#utf);
  }

  #backReference([, number, relative, ...names]: RegExpExecArray): string {
    if (number !== undefined) return this.#reference(Number(number) - 1);
    if (relative !== undefined) {
      const value = Number(relative);
      return this.#reference(value < 0 ? this.numbers.length + value : value - 1);
    }
    const name = names.find((one) => one !== undefined) ?? '';
    return this.#reference(this.#names.get(name) ?? -1);
  }

  #property(char: string): string {
    const found = this.#take(/[pP](?:\{\^?(\w+)\}|(\w))/);
    const name = found?.[1] ?? found?.[2];
    if (found === undefined || name === undefined) throw this.#fail('malformed \\P or \\p sequence');
    if (!this.#utf) throw this.#fail('properties of characters need the flag u');
    const isNot = (char === 'P') !== found[0].includes('{^');
    const kind = /^(?:[CLMNPSZ][a-z&]?|Any)$/.test(name) ? name.replace('L&', 'LC') : `Script=${name}`;
    return `\\${isNot ? 'P' : 'p'}{${kind}}`;
  }

  /** Code of a character that an escape stands for, behind its backslash. */
  #code(): number {
    const hex = this.#take(/x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))/);
    if (hex !== undefined) return this.#checked(Number.parseInt(hex[1] ?? (hex[2] || '0'), 16));
    const octal = this.#take(/o\{([0-7]+)\}|(0[0-7]{0,2}|[1-7][0-7]{1,2})/);
    if (octal !== undefined) return this.#checked(Number.parseInt(octal[1] ?? octal[2] ?? '0', 8));
    const control = this.#take(/c([ -~])/);
    if (control !== undefined) return (control[1] as string).toUpperCase().charCodeAt(0) ^ 0x40;
    const char = this.#character();
    const known = controls[char];
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(char)) throw this.#fail('unrecognized character follows \\');
    return char.codePointAt(0) as number;
  }

  #checked(code: number): number {
    if (code > (this.#utf ? 0x10ffff : 0xff))
      throw this.#fail('character code point value in \\x{} or \\o{} is too large');
    return code;
  }

  #class(modes: Modes): string {
    const isNot = this.#take(/\^/) !== undefined;
    let body = '';
    for (let isFirst = true; ; isFirst = false) {
      const posixName = this.#take(/\[:(\^?)(\w+):\]/);
      if (posixName !== undefined) {
        body += this.#posix(posixName);
        continue;
      }
      if (this.#at >= this.#pattern.length) throw this.#fail('missing terminating ] for character class');
      if (!isFirst && this.#take(/\]/) !== undefined) break;
      const quoted = this.#take(/\\Q(.*?)(?:\\E|$)/s);
      if (quoted !== undefined) {
        body += [...(quoted[1] ?? '')].map((one) => inClass(one.codePointAt(0) as number, modes.caseless)).join('');
        continue;
      }
      body += this.#classItem(modes);
    }
    if (body === '') return isNot ? '[^]' : '[]';
    return `[${isNot ? '^' : ''}${body}]`;
  }

  #posix([, isNot, name = '']: RegExpExecArray): string {
    const set = posix[name];
    if (set === undefined) throw this.#fail('unknown POSIX class name');
    return isNot === '^' ? complement(set, this.#utf) : set;
  }

  #classItem(modes: Modes): string {
    const set = this.#take(/\\([dwshvDWSHV])/)?.[1];
    if (set !== undefined) {
      if (/^-[^\]]/.test(this.#rest)) throw this.#fail('invalid range in character class');
      const known = sets[set.toLowerCase()] as string;
      return set === set.toLowerCase() ? known : complement(known, this.#utf);
    }
    const property = /^\\[pP]/.test(this.#rest);
    if (property) {
      this.#at++;
      return this.#property(this.#pattern[this.#at] as string);
    }
    const first = this.#classCode();
    const isRange =
      /^-(?![\]])/.test(this.#rest) && !/^-\\[dwshvpDWSHVP]/.test(this.#rest) && !this.#rest.startsWith('-[:');
    if (!isRange) return inClass(first, modes.caseless);
    this.#at++;
    const last = this.#classCode();
    if (last < first) throw this.#fail('range out of order in character class');
    return rangeInClass(first, last, modes.caseless);
  }

  #classCode(): number {
    if (this.#take(/\\b/) !== undefined) return 8;
    if (this.#take(/\\/) === undefined) return this.#character().codePointAt(0) as number;
    const octal = this.#take(/[0-7]{1,3}/);
    if (octal !== undefined) return this.#checked(Number.parseInt(octal[0], 8));
    if (this.#at >= this.#pattern.length) throw this.#fail('\\ at end of pattern');
    return this.#code();
  }
}

function withModes(modes: Modes, on: string, off: string): Modes {
  const mode = (letter: string, before: boolean): boolean => on.includes(letter) || (before && !off.includes(letter));
  return {
    caseless: mode('i', modes.caseless),
    multiline: mode('m', modes.multiline),
    dotAll: mode('s', modes.dotAll),
    extended: mode('x', modes.extended),
  };
}

/** Numbers references to groups from one on higher, in a source written by this translator. */
function shifted(source: string, from: number, by: number): string {
  return source.replace(/\\([1-9]\d*)|\\[\s\S]/g, (whole, number: string | undefined) =>
    number !== undefined && Number(number) >= from ? `\\${Number(number) + by}` : whole,
  );
}

function codeText(code: number): string {
  const char = String.fromCodePoint(code);
  if (/[A-Za-z0-9_]/.test(char)) return char;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? char : `\\u${code.toString(16).padStart(4, '0')}`;
}

function otherCase(code: number): number | undefined {
  const char = String.fromCodePoint(code);
  if (code >= 0x80 && code <= 0xff) return undefined; // one byte: the C locale knows no letters there
  const other = char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase();
  const found = other.codePointAt(0) as number;
  return other.length === String.fromCodePoint(found).length && found !== code ? found : undefined;
}

function literal(char: string, caseless: boolean, utf: boolean): string {
  const code = char.codePointAt(0) as number;
  const other = caseless ? (utf && code >= 0x80 && code <= 0xff ? otherLetter(char) : otherCase(code)) : undefined;
  return other === undefined ? codeText(code) : `[${codeText(code)}${codeText(other)}]`;
}

/** The other case of a letter of Latin 1, in patterns of characters. */
function otherLetter(char: string): number | undefined {
  const other = char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase();
  return other === char || [...other].length > 1 ? undefined : other.codePointAt(0);
}

function inClass(code: number, caseless: boolean): string {
  const other = caseless ? otherCase(code) : undefined;
  return codeText(code) + (other === undefined ? '' : codeText(other));
}

function rangeInClass(first: number, last: number, caseless: boolean): string {
  let body = `${codeText(first)}-${codeText(last)}`;
  if (!caseless) return body;
  for (const [low, high, shift] of [
    [65, 90, 32],
    [97, 122, -32],
  ] as const) {
    const [from, to] = [Math.max(first, low), Math.min(last, high)];
    if (from <= to) body += `${codeText(from + shift)}-${codeText(to + shift)}`;
  }
  return body;
}

/** What is not in a set of bytes; beyond them, everything. */
function complement(set: string, utf: boolean): string {
  const test = new RegExp(`[${set}]`);
  let body = '';
  for (let code = 0; code < 256; code++) if (!test.test(String.fromCharCode(code))) body += codeText(code);
  return utf ? `${body}\\u0100-\\u{10ffff}` : body;
}

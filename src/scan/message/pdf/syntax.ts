import type { ByteString } from '../bytes.ts';

/** A reference to an object that stands elsewhere in the file. */
export class PdfReference {
  readonly major: number;
  readonly minor: number;

  constructor(major: number, minor: number) {
    this.major = major;
    this.minor = minor;
  }
}

export type PdfDict = ReadonlyMap<ByteString, PdfValue>;

/** A name is a string as well. */
export type PdfValue = ByteString | number | PdfReference | PdfDict | readonly PdfValue[];

/** Too much stands in each other for anything of it to be read. */
export class PdfDepthError extends Error {}

/** Blanks of the format (ISO 32000-1, 7.2.2), as Rspamd knows them. */
const blanks = '\0 \r\n\t\f';
const isBlank = (code: number): boolean =>
  code === 0x20 || (code <= 0x0d && blanks.includes(String.fromCharCode(code)));

/** Lists and dictionaries in each other; lpeg gives up at some such depth. */
const maxDepth = 96;

const number = /[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)/y;
const reference = /([0-9]+) ([0-9]+) R/y;
const name = /\/([^()<>[\]{}/%\0 \r\n\t\f]+)/y;
const hexadecimal = /<([0-9A-Fa-f]*)>/y;
const comment = /%[^\r\n\f]*(?:\r\n|\n)?/y;
const truth = /true|false/y;

/**
 * Reads values where they stand in a text. It accepts what Rspamd's grammars accept and nothing else, so that both see
 * the same files broken: there is no `null`, and lists within lists may not have blanks between them
 * (rspamd: lualib/lua_content/pdf.lua:generic_grammar_elts).
 */
export class ValueReader {
  readonly text: ByteString;
  at = 0;
  /** Blanks around numbers, strings and names belong to them; those of content streams do not. */
  readonly #spaced: boolean;
  /** Where what was read cannot be worked out, ascending. */
  readonly #faults: number[] = [];

  constructor(text: ByteString, spaced: boolean) {
    this.text = text;
    this.#spaced = spaced;
  }

  /** What was read cannot be worked out. */
  get isFaulty(): boolean {
    return this.#faults.length > 0;
  }

  /** What was read from there on does not matter. */
  forgive(start: number): void {
    while ((this.#faults.at(-1) ?? -1) >= start) this.#faults.pop();
  }

  /** Goes back to where it was. */
  back(start: number): void {
    this.forgive(start);
    this.at = start;
  }

  skipBlanks(): void {
    while (this.at < this.text.length && isBlank(this.text.charCodeAt(this.at))) this.at++;
  }

  /** @returns what was matched; the place is behind it */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found;
  }

  /**
   * Reads one value or one comment.
   * @param out gets the value; a comment adds nothing
   * @returns false where there is neither; the place stays
   */
  element(out: PdfValue[], depth = 0): boolean {
    if (depth > maxDepth) throw new PdfDepthError('too deep');
    const start = this.at;
    const value = this.#list(depth) ?? this.#dict(depth);
    if (value !== undefined) {
      out.push(value);
      return true;
    }
    if (this.#spaced) this.skipBlanks();
    if (!this.#atom(out)) {
      this.back(start);
      return false;
    }
    if (this.#spaced) this.skipBlanks();
    return true;
  }

  #atom(out: PdfValue[]): boolean {
    if (this.comment()) return true;
    const value = this.match(truth)?.[0] ?? this.#reference() ?? this.number() ?? this.string() ?? this.name();
    if (value === undefined) return false;
    out.push(value);
    return true;
  }

  #list(depth: number): readonly PdfValue[] | undefined {
    const start = this.at;
    if (this.text[start] !== '[') return undefined;
    this.at++;
    this.skipBlanks();
    const items: PdfValue[] = [];
    while (this.element(items, depth + 1));
    this.skipBlanks();
    return this.#ends(']', start) ? items : undefined;
  }

  #dict(depth: number): PdfDict | undefined {
    const start = this.at;
    if (!this.text.startsWith('<<', start)) return undefined;
    this.at += 2;
    this.skipBlanks();
    const entries = new Map<ByteString, PdfValue>();
    while (this.#entry(entries, depth));
    this.skipBlanks();
    return this.#ends('>>', start) ? entries : undefined;
  }

  #entry(entries: Map<ByteString, PdfValue>, depth: number): boolean {
    const start = this.at;
    const key = this.name();
    if (key === undefined) return false;
    this.skipBlanks();
    const values: PdfValue[] = [];
    if (!this.element(values, depth + 1)) {
      this.back(start);
      return false;
    }
    this.skipBlanks();
    const [value] = values;
    // A comment is no value.
    if (value === undefined) this.#faults.push(start);
    else entries.set(key, value);
    return true;
  }

  #ends(mark: string, start: number): boolean {
    const ends = this.text.startsWith(mark, this.at);
    if (ends) this.at += mark.length;
    else this.back(start);
    return ends;
  }

  comment(): boolean {
    return this.match(comment) !== undefined;
  }

  number(): number | undefined {
    const found = this.match(number);
    return found === undefined ? undefined : Number(found[0]);
  }

  #reference(): PdfReference | undefined {
    const found = this.match(reference);
    return found === undefined ? undefined : new PdfReference(Number(found[1]), Number(found[2]));
  }

  name(): ByteString | undefined {
    const found = this.match(name)?.[1];
    return found?.replace(/#(\d\d)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  }

  /** In parentheses, or of hexadecimal digits. */
  string(): ByteString | undefined {
    const start = this.at;
    if (this.text[start] !== '(') {
      const digits = this.match(hexadecimal)?.[1];
      return digits === undefined ? undefined : bytesOfHex(digits);
    }
    const end = endOfString(this.text, start);
    if (end === undefined) return undefined;
    this.at = end;
    const bytes = unescaped(this.text.slice(start + 1, end - 1));
    if (bytes === undefined) this.#faults.push(start);
    return bytes ?? '';
  }
}

/** Where a string in parentheses ends; others within it have to be in pairs. */
function endOfString(text: ByteString, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const c = text[at];
    if (c === '\\') at++;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return at + 1;
    if (depth > maxDepth) throw new PdfDepthError('too deep');
  }
  return undefined;
}

/** @param digits hexadecimal ones; the last half of a byte has a zero behind it */
export function bytesOfHex(digits: ByteString): ByteString {
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex').toString('latin1');
}

/** Rspamd leaves the backslash before most characters. @returns undefined where no byte has the number of a character */
function unescaped(raw: ByteString): ByteString | undefined {
  if (!raw.includes('\\')) return raw;
  let isByte = true;
  const bytes = raw
    .replace(/\\\D/g, (pair) => (pair === '\\n' ? '\n' : pair === '\\r' ? '\r' : pair))
    .replace(/\\(\d{1,3})/g, (_, digits: string) => {
      const code = /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : 0x3f;
      isByte &&= code <= 0xff;
      return String.fromCharCode(code & 0xff);
    });
  return isByte ? bytes : undefined;
}

import { type ScannedNumber, scanLiteral } from '../values/number-scan.ts';
import { isDigit, isHex, isIdent, isSpace } from './characters.ts';
import { LuaSyntaxError, shortChunkName, untilZero } from './errors.ts';
import { EOF, NAME, NUMBER, reservedWords, STRING, type Token, tokenText } from './tokens.ts';

const LF = 10;
const CR = 13;
const BACKSLASH = 92;

const longestEscape = 12;

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/**
 * Tokens of a chunk held as a byte string. `token` is the current one; `line` is where scanning stands and
 * `lastLine` where the token before the current one ended, which is the line instructions get.
 */
export class Lexer {
  readonly chunk: string;
  token: Token = EOF;
  /** Name or string value of the current token. */
  text = '';
  number: ScannedNumber = { kind: 'number', value: 0 };
  line = 1;
  lastLine = 1;
  #source: string;
  #at = 0;
  #raw = ''; // text of the token scanned last, for messages
  #ahead: Token | undefined;
  #aheadText = '';
  #aheadNumber: ScannedNumber = this.number;

  readonly #pause: () => void;
  #more: (() => string | undefined) | undefined;

  /**
   * @param pause called for each token, so that a long chunk can be given up
   * @param more gives the next piece of the text, undefined at its end; called no sooner than a token may need it
   */
  constructor(source: string, chunk: string, pause: () => void, more?: () => string | undefined) {
    this.#source = source;
    this.#pause = pause;
    this.#more = more;
    this.chunk = chunk;
    if (this.#source.startsWith('\xef\xbb\xbf')) this.#at = 3;
    while (this.#at === this.#source.length && this.#fetch(this.#at));
    if (this.#source.charCodeAt(this.#at) !== 35) return;
    do this.#skipLine();
    while (this.#at === this.#source.length && this.#fetch(this.#at));
    if (this.#at < this.#source.length) this.#newline();
  }

  /** Reads another piece and forgets the text before an index, which becomes the current one; false at the end. */
  #fetch(from: number): boolean {
    const piece = this.#more?.();
    if (piece === undefined) {
      this.#more = undefined;
      return false;
    }
    this.#source = this.#source.slice(from) + piece;
    this.#at = 0;
    return true;
  }

  next(): void {
    this.#pause();
    this.lastLine = this.line;
    if (this.#ahead === undefined) {
      this.token = this.#scan();
      return;
    }
    this.token = this.#ahead;
    this.text = this.#aheadText;
    this.number = this.#aheadNumber;
    this.#ahead = undefined;
  }

  /** The token after the current one. Does not move. */
  peek(): Token {
    const [token, text, number] = [this.token, this.text, this.number];
    this.#ahead = this.#scan();
    this.#aheadText = this.text;
    this.#aheadNumber = this.number;
    [this.token, this.text, this.number] = [token, text, number];
    return this.#ahead;
  }

  /** @param near token to name in the message; undefined for none */
  fail(text: string, near?: Token, line = this.line): never {
    const place = shortChunkName(this.chunk);
    if (near === undefined) throw new LuaSyntaxError(place, line, text);
    const shown = near === NAME || near === STRING || near === NUMBER ? this.#raw : tokenText(near);
    throw new LuaSyntaxError(place, line, `${text} near '${untilZero(shown)}'`);
  }

  #skipLine(): void {
    const rest = /[\r\n]/g;
    rest.lastIndex = this.#at;
    const end = rest.exec(this.#source);
    this.#at = end === null ? this.#source.length : end.index;
  }

  #newline(): void {
    const first = this.#source.charCodeAt(this.#at++);
    const second = this.#source.charCodeAt(this.#at);
    if ((second === LF || second === CR) && second !== first) this.#at++;
    this.line++;
  }

  #scan(): Token {
    return this.#more === undefined ? this.#scanText() : this.#scanPieces();
  }

  /** A token that ends where the text known so far does is read again with the next piece. */
  #scanPieces(): Token {
    for (;;) {
      const [start, line] = [this.#at, this.line];
      let failure: unknown;
      let token: Token = EOF;
      try {
        token = this.#scanText();
      } catch (error) {
        failure = error;
      }
      const mayGoOn = this.#at + (failure === undefined ? 0 : longestEscape) >= this.#source.length;
      if (mayGoOn && this.#fetch(start)) {
        this.line = line;
        continue;
      }
      if (failure !== undefined) throw failure;
      return token;
    }
  }

  #scanText(): Token {
    const source = this.#source;
    for (;;) {
      const start = this.#at;
      const c = source.charCodeAt(start);
      if (isIdent(c)) return isDigit(c) ? this.#scanNumber(start) : this.#scanName(start);
      if (c === LF || c === CR) {
        this.#newline();
      } else if (isSpace(c)) {
        this.#at++;
      } else if (c === 45 /* - */) {
        if (source.charCodeAt(start + 1) !== 45) return this.#take(1);
        this.#comment();
      } else {
        return this.#symbol(c, start);
      }
    }
  }

  #symbol(c: number, start: number): Token {
    const source = this.#source;
    const second = source.charCodeAt(start + 1);
    switch (c) {
      case 91 /* [ */:
        return this.#bracket(start);
      case 61 /* = */:
      case 60 /* < */:
      case 62 /* > */:
      case 126 /* ~ */:
        return this.#take(second === 61 ? 2 : 1);
      case 58 /* : */:
        return this.#take(second === 58 ? 2 : 1);
      case 34:
      case 39:
        return this.#scanString(c);
      case 46 /* . */:
        if (second === 46) return this.#take(source.charCodeAt(start + 2) === 46 ? 3 : 2);
        return isDigit(second) ? this.#scanNumber(start) : this.#take(1);
      default:
        return start >= source.length ? EOF : this.#take(1);
    }
  }

  #take(length: number): Token {
    const token = this.#source.slice(this.#at, this.#at + length);
    this.#at += length;
    return token;
  }

  #scanName(start: number): Token {
    const source = this.#source;
    let at = start + 1;
    while (isIdent(source.charCodeAt(at))) at++;
    this.#at = at;
    this.text = this.#raw = source.slice(start, at);
    return reservedWords.has(this.text) ? this.text : NAME;
  }

  #scanNumber(start: number): Token {
    const source = this.#source;
    const hex = source.charCodeAt(start) === 48 && (source.charCodeAt(start + 1) | 32) === 120;
    const exponent = hex ? 112 : 101;
    let at = start;
    for (let last = 0; ; at++) {
      const c = source.charCodeAt(at);
      const sign = (c === 45 || c === 43) && (last | 32) === exponent;
      if (!isIdent(c) && c !== 46 && !sign) break;
      last = c;
    }
    this.#at = at;
    this.#raw = source.slice(start, at);
    const number = scanLiteral(this.#raw);
    if (number === undefined) this.fail('malformed number', NUMBER);
    this.number = number;
    return NUMBER;
  }

  #comment(): void {
    this.#at += 2;
    if (this.#source.charCodeAt(this.#at) === 91) {
      const level = this.#longBracket();
      if (level >= 0) {
        this.#longText(level, 'unfinished long comment');
        return;
      }
    }
    this.#skipLine();
  }

  #bracket(start: number): Token {
    const level = this.#longBracket();
    if (level === -1) return this.#take(1);
    if (level < -1) {
      this.#raw = this.#source.slice(start, start - level);
      this.fail('invalid long string delimiter', STRING);
    }
    this.text = this.#longText(level, 'unfinished long string');
    const equals = '='.repeat(level);
    this.#raw = `[${equals}[${this.text}]${equals}]`;
    return STRING;
  }

  /** Number of `=` in a long bracket that opens here; -1 for a plain `[`, less for `[=` without a second bracket. */
  #longBracket(): number {
    let at = this.#at + 1;
    while (this.#source.charCodeAt(at) === 61) at++;
    const count = at - this.#at - 1;
    return this.#source.charCodeAt(at) === 91 ? count : -count - 1;
  }

  #longText(level: number, unfinished: string): string {
    const source = this.#source;
    this.#at += level + 2;
    if (/[\r\n]/.test(source.charAt(this.#at))) this.#newline();
    const close = `]${'='.repeat(level)}]`;
    const start = this.#at;
    const end = source.indexOf(close, start);
    const text = source.slice(start, end < 0 ? source.length : end);
    const lines = text.match(/\r\n|\n\r|[\r\n]/g);
    if (lines !== null) this.line += lines.length;
    if (end < 0) {
      this.#at = source.length;
      this.fail(unfinished, EOF);
    }
    this.#at = end + close.length;
    return lines === null || !text.includes('\r') ? text : text.replace(/\r\n|\n\r|\r/g, '\n');
  }

  #scanString(quote: number): Token {
    const source = this.#source;
    let value = '';
    let start = ++this.#at;
    for (;;) {
      const c = source.charCodeAt(this.#at);
      if (c === quote) break;
      if (c === BACKSLASH) {
        value += source.slice(start, this.#at);
        this.#at++;
        value += this.#escape(quote, value);
        start = this.#at;
      } else if (c === LF || c === CR || Number.isNaN(c)) {
        this.#raw = String.fromCharCode(quote) + value + source.slice(start, this.#at);
        this.fail('unfinished string', Number.isNaN(c) ? EOF : STRING);
      } else {
        this.#at++;
      }
    }
    this.text = value + source.slice(start, this.#at);
    this.#at++;
    const mark = String.fromCharCode(quote);
    this.#raw = mark + this.text + mark;
    return STRING;
  }

  /** Reads an escape after its backslash; `before` is the string so far, for the message. */
  #escape(quote: number, before: string): string {
    const source = this.#source;
    const char = source.charAt(this.#at);
    const simple = simpleEscapes[char];
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    if (char === '\n' || char === '\r') {
      this.#newline();
      return '\n';
    }
    if (char === '') return ''; // the end of the text is reported by the caller
    if (char === 'z') return this.#skipSpace();
    const found = this.#numericEscape(char);
    if (found !== undefined) return found;
    this.#raw = String.fromCharCode(quote) + before;
    return this.fail('invalid escape sequence', STRING);
  }

  #skipSpace(): string {
    this.#at++;
    for (;;) {
      const c = this.#source.charCodeAt(this.#at);
      if (c === LF || c === CR) this.#newline();
      else if (isSpace(c)) this.#at++;
      else return '';
    }
  }

  #numericEscape(char: string): string | undefined {
    const source = this.#source;
    const at = this.#at;
    if (char === 'x') {
      if (!isHex(source.charCodeAt(at + 1)) || !isHex(source.charCodeAt(at + 2))) return undefined;
      this.#at = at + 3;
      return String.fromCharCode(Number.parseInt(source.slice(at + 1, at + 3), 16));
    }
    if (char === 'u') return this.#unicodeEscape();
    if (!isDigit(char.charCodeAt(0))) return undefined;
    let end = at + 1;
    while (end < at + 3 && isDigit(source.charCodeAt(end))) end++;
    const code = Number(source.slice(at, end));
    if (code > 255) return undefined;
    this.#at = end;
    return String.fromCharCode(code);
  }

  #unicodeEscape(): string | undefined {
    const found = /^\{([0-9a-fA-F]+)\}/.exec(this.#source.slice(this.#at + 1, this.#at + 40));
    if (found === null) return undefined;
    const code = Number.parseInt(found[1] ?? '', 16);
    if (code >= 0x110000 || (code >= 0xd800 && code < 0xe000)) return undefined;
    this.#at += 1 + found[0].length;
    return Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1');
  }
}

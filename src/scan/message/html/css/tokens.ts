import { type ByteString, hexValue, isAlpha, isDigit, isSpace } from '../../bytes.ts';
import { unescapeCss } from './unescape.ts';

export type TokenType =
  | 'blank'
  | 'ident'
  | 'function'
  | 'at'
  | 'hash'
  | 'string'
  | 'number'
  | 'url'
  | 'comment'
  | 'delim'
  | '('
  | ')'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | ':'
  | ';'
  | 'end';

export interface Token {
  readonly type: TokenType;
  /** Of names, strings and single characters. */
  readonly text: ByteString;
  /** Of a number, in pixels where it has a length unit. */
  readonly number?: number;
  readonly percent?: boolean;
}

/** Pixels of a unit, as in mail (rspamd: src/libserver/css/css_tokeniser.cxx, dimensions_map). */
const units = new Map<string, number>([
  ['px', 1],
  ['em', 16],
  ['rem', 16],
  ['ex', 8],
  ['wv', 8],
  ['wh', 6],
  ['vmax', 8],
  ['vmin', 6],
  ['pt', 96 / 72],
  ['cm', 96 / 2.54],
  ['mm', 9.6 / 2.54],
  ['in', 96],
  ['pc', 96 / 6],
]);

const maxFloat = 3.4028234663852886e38;

/** Cuts a style sheet in lower case into tokens (rspamd: src/libserver/css/css_tokeniser.cxx). */
export class Tokenizer {
  readonly #css: ByteString;
  #at = 0;
  #back: Token | undefined;

  constructor(css: ByteString) {
    this.#css = css;
  }

  /** Has `next` return that token once more. */
  pushBack(token: Token): void {
    this.#back = token;
  }

  next(): Token {
    const back = this.#back;
    if (back !== undefined) {
      this.#back = undefined;
      return back;
    }
    while (this.#css.startsWith('/*', this.#at)) this.#comment();
    return this.#at < this.#css.length ? this.#token() : { type: 'end', text: '' };
  }

  /** Comments in comments count; one without an end leaves the last character. */
  #comment(): void {
    const css = this.#css;
    let at = this.#at + 2;
    let depth = 0;
    while (at < css.length - 1) {
      if (css[at] === '*' && css[at + 1] === '/') {
        if (depth-- === 0) {
          this.#at = at + 2;
          return;
        }
        at += 2;
      } else if (css[at] === '/' && css[at + 1] === '*') {
        depth++;
        at += 2;
      } else {
        at++;
      }
    }
    this.#at = at;
  }

  #token(): Token {
    const css = this.#css;
    const c = css[this.#at] as string;
    const byte = c.charCodeAt(0);
    if (isSpace(byte)) return this.#blanks();
    const next = css[this.#at + 1] ?? '';
    switch (c) {
      case '"':
      case "'":
        return next === '' ? this.#take('delim', 1) : this.#string(c);
      case '(':
      case ')':
      case '[':
      case ']':
      case '{':
      case '}':
      case ',':
      case ';':
      case ':':
        return this.#take(c, 1);
      case '<':
        // Three of its four characters are taken.
        return css.startsWith('<!--', this.#at) ? this.#take('comment', 3) : this.#take('delim', 1);
      case '-':
        if (css.startsWith('-->', this.#at)) return this.#take('comment', 3);
        return isDigit(next.charCodeAt(0)) ? this.#number() : this.#take('delim', 1);
      case '+':
      case '.':
        return isDigit(next.charCodeAt(0)) ? this.#number() : this.#take('delim', 1);
      case '\\':
        return next === '' || next === '\n' || next === '\r' ? this.#take('delim', 1) : this.#ident(false);
      case '@':
        return /^@[a-z_\x80-\xff][-a-z_0-9\x80-\xff]{2}/i.test(css.slice(this.#at, this.#at + 4))
          ? this.#marked('at')
          : this.#take('delim', 1);
      case '#':
        return /^#[-a-z_0-9\x80-\xff]{2}/i.test(css.slice(this.#at, this.#at + 3))
          ? this.#marked('hash')
          : this.#take('delim', 1);
      default:
        if (isDigit(byte)) return this.#number();
        return startsIdent(byte) ? this.#ident(false) : this.#take('delim', 1);
    }
  }

  #take(type: TokenType, length: number): Token {
    const text = this.#css.slice(this.#at, this.#at + length);
    this.#at += length;
    return { type, text };
  }

  #blanks(): Token {
    let end = this.#at;
    while (end < this.#css.length && isSpace(this.#css.charCodeAt(end))) end++;
    return this.#take('blank', end - this.#at);
  }

  #string(quote: string): Token {
    const start = this.#at + 1;
    const found = this.#css.indexOf(quote, start);
    const end = found < 0 ? this.#css.length : found;
    const text = this.#css.slice(start, end);
    this.#at = found < 0 ? end : end + 1;
    const backslash = text.indexOf('\\');
    const hasEscape = backslash >= 0 && start + backslash + 1 < this.#css.length;
    return { type: 'string', text: hasEscape ? unescapeCss(text) : text };
  }

  /** A name after `@` or `#`. */
  #marked(type: 'at' | 'hash'): Token {
    this.#at++;
    const token = this.#ident(type === 'hash');
    return token.type === 'ident' ? { ...token, type } : token;
  }

  #ident(allowNumber: boolean): Token {
    const css = this.#css;
    const start = this.#at;
    let at = start;
    let inner = allowNumber;
    let escaped = false;
    if (css[at] === '-') {
      at++;
      if (css[at] === '-') {
        at++;
        inner = true;
      }
    }
    for (; at < css.length; at++) {
      const byte = css.charCodeAt(at);
      if (startsIdent(byte) || (inner && (byte === 0x2d || isDigit(byte)))) {
        inner = true;
      } else if (byte === 0x5c && at + 1 < css.length) {
        escaped = true;
        at = this.#escapeEnd(at);
      } else if (byte === 0x28) {
        return this.#call(start, at, escaped);
      } else {
        break;
      }
    }
    return this.#named('ident', start, Math.min(at, css.length), escaped);
  }

  /** @returns offset of the last character that belongs to the escape */
  #escapeEnd(backslash: number): number {
    const css = this.#css;
    let at = backslash;
    let digits = 0;
    do {
      at++;
      if (hexValue(css.charCodeAt(at)) >= 0) {
        if (++digits > 6) break;
      } else {
        return digits > 0 && css[at] === ' ' ? at + 1 : at;
      }
    } while (at + 1 < css.length);
    return at;
  }

  #call(start: number, bracket: number, escaped: boolean): Token {
    const css = this.#css;
    if (!css.startsWith('url', start) || css.length - start <= 3)
      return this.#named('function', start, bracket, escaped);
    let at = bracket + 1;
    while (at < css.length && isSpace(css.charCodeAt(at))) at++;
    if (css[at] === '"' || css[at] === "'") return this.#named('function', start, bracket, escaped);
    const end = css.indexOf(')', at);
    return this.#named('url', start, end < 0 ? css.length : end + 1, escaped);
  }

  #named(type: TokenType, start: number, end: number, escaped: boolean): Token {
    const text = this.#css.slice(start, end);
    this.#at = end;
    return { type, text: escaped ? unescapeCss(text) : text };
  }

  #number(): Token {
    const css = this.#css;
    numberRun.lastIndex = this.#at;
    const run = (numberRun.exec(css) as RegExpExecArray)[0];
    const number = Math.fround(Number.parseFloat(run.slice(0, 127)));
    this.#at += run.length;
    if (Math.abs(number) >= maxFloat) return { type: 'delim', text: run.slice(-1) };
    if (css[this.#at] === '%') {
      this.#at++;
      return { type: 'number', text: '', number, percent: true };
    }
    if (!startsIdent(css.charCodeAt(this.#at))) return { type: 'number', text: '', number };
    const end = this.#at;
    const unit = this.#ident(false);
    if (unit.type !== 'ident') return { type: 'number', text: '', number };
    const pixels = units.get(unit.text);
    if (pixels !== undefined) return { type: 'number', text: '', number: Math.fround(number * pixels) };
    this.#at = end;
    return { type: 'number', text: '', number };
  }
}

/** An exponent with a sign needs no digits. */
const numberRun = /[-+]?(?:\.[0-9]*|[0-9]+(?:\.[0-9]*)?)(?:e(?:[-+][0-9]*|[0-9]+))?/y;

function startsIdent(byte: number): boolean {
  return isAlpha(byte) || byte === 0x5f || byte >= 0x80;
}

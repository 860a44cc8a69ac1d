import { decodeHTMLStrict } from 'entities/decode';
import { type ByteString, isDigit, isSpace } from '../bytes.ts';
import { fromText, replacementCharacter, writeUtf8 } from '../utf8.ts';

/**
 * Character references of HTML as the original reads them: also without a semicolon, also names that go on
 * (rspamd: src/libserver/html/html_entities.cxx:decode_html_entitles_inplace).
 * @param text UTF-8
 * @param oneBlank every run of blanks becomes one, those at the start nothing
 */
export function decodeEntities(text: ByteString, oneBlank = false): ByteString {
  if (text.includes('&')) return new EntityDecoder(text, oneBlank).run();
  return oneBlank ? text.replace(/^[\t\n\f\r ]+/, '').replace(/[\t\n\f\r ]+/g, ' ') : text;
}

/** Only digits so far, or also other characters. */
type Digits = 'none' | 'only' | 'mixed';

class EntityDecoder {
  readonly #text: ByteString;
  readonly #oneBlank: boolean;
  readonly #out: ByteString[] = [];
  /** Bytes written: no more than read, as if the text were decoded where it stands. */
  #written = 0;
  #at = 0;
  /** The ampersand. */
  #start = 0;
  #hash = false;
  #hex = false;
  #digits: Digits = 'none';

  constructor(text: ByteString, oneBlank: boolean) {
    this.#text = text;
    this.#oneBlank = oneBlank;
  }

  run(): ByteString {
    const text = this.#text;
    if (this.#oneBlank) this.#skipBlanks();
    let pending = false;
    while (this.#at < text.length && this.#written <= this.#at) {
      if (!pending) {
        pending = this.#plain();
        continue;
      }
      pending = this.#reference();
    }
    if (pending && this.#written <= this.#at) this.#finish();
    const all = this.#out.join('');
    return this.#oneBlank ? oneBlankAtEnd(all) : all;
  }

  #write(bytes: ByteString): void {
    this.#out.push(bytes);
    this.#written += bytes.length;
  }

  #room(): number {
    return this.#text.length - this.#written;
  }

  #skipBlanks(): void {
    while (this.#at < this.#text.length && isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  /** Text up to the next ampersand. @returns whether there is one */
  #plain(): boolean {
    const text = this.#text;
    const found = text.indexOf('&', this.#at);
    const end = found < 0 ? text.length : found;
    const run = text.slice(this.#at, end);
    this.#write(this.#oneBlank ? run.replace(/[\t\n\f\r ]+/g, ' ') : run);
    this.#at = end;
    if (found < 0) return false;
    this.#start = this.#at++;
    this.#hash = false;
    this.#hex = false;
    this.#digits = 'none';
    return true;
  }

  /** One character of a reference. @returns whether it goes on */
  #reference(): boolean {
    const text = this.#text;
    const byte = text.charCodeAt(this.#at);
    if (byte === 0x3b || isSpace(byte)) {
      this.#replace();
      if (!isSpace(text.charCodeAt(this.#at))) this.#at++;
      return false;
    }
    if (byte === 0x26) {
      this.#copy(1);
      this.#start = this.#at;
    } else if (byte === 0x23) {
      this.#hash = true;
      if (text[this.#at + 1] === 'x') {
        this.#hex = true;
        this.#at++;
      }
    } else if (this.#digits !== 'mixed' && (isDigit(byte) || (this.#hex && isHexDigit(byte)))) {
      this.#digits = 'only';
    } else {
      if (this.#digits === 'only' && this.#hash) {
        this.#replace();
        return false;
      }
      this.#digits = 'mixed';
    }
    this.#at++;
    return true;
  }

  /** Leaves what was read as it stands, where there is room for it and so many bytes more. */
  #copy(spare: number): void {
    if (this.#room() >= this.#at - this.#start + spare) this.#write(this.#text.slice(this.#start, this.#at));
  }

  #replace(): boolean {
    const from = this.#start + 1;
    if (from >= this.#text.length) return false;
    if (this.#text[from] !== '#') return this.#named(this.#text.slice(from, this.#at));
    return from + 1 < this.#at && this.#numeric(this.#text.slice(from + 1, this.#at));
  }

  #named(name: ByteString): boolean {
    const character = named(name);
    if (character !== undefined) {
      if (this.#room() >= character.length) this.#write(character);
      return true;
    }
    for (let length = 5; length >= 2; length--) {
      const prefix = name.slice(0, length);
      if (name.length < length || !prefixes.has(prefix)) continue;
      const shorter = named(prefix) as ByteString;
      if (this.#room() >= shorter.length) this.#write(shorter);
      this.#at = this.#start + length;
      return true;
    }
    this.#copy(1);
    return false;
  }

  #numeric(digits: ByteString): boolean {
    const codePoint = numberOf(digits);
    if (codePoint === undefined) {
      this.#copy(0);
      return false;
    }
    const isCharacter = codePoint > 0 && codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
    const character = isCharacter ? (odd.get(codePoint) ?? writeUtf8(codePoint)) : replacementCharacter;
    if (this.#room() >= character.length + (isCharacter ? 0 : 1)) this.#write(character);
    return true;
  }

  /** A reference at the end. */
  #finish(): void {
    this.#at = this.#replace() ? this.#at + 1 : this.#start;
    const rest = this.#text.slice(this.#at);
    if (rest.length <= this.#room()) this.#write(rest);
  }
}

function oneBlankAtEnd(text: ByteString): ByteString {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return end === text.length ? text : `${text.slice(0, end)} `;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

/** A number of 32 bits, decimal, hexadecimal after an `x`, octal after an `o`. */
function numberOf(text: ByteString): number | undefined {
  const [, base = '', digits = ''] = /^([xo]?)(.*)$/is.exec(text) as RegExpExecArray;
  const radix = base === '' ? 10 : base.toLowerCase() === 'x' ? 16 : 8;
  if (!(radix === 16 ? /^[0-9a-f]*$/i : radix === 8 ? /^[0-7]*$/ : /^[0-9]*$/).test(digits)) return undefined;
  let number = 0;
  for (const digit of digits) number = (Math.imul(number, radix) + Number.parseInt(digit, 16)) | 0;
  return number;
}

const cache = new Map<ByteString, ByteString | undefined>();

/** The longest name is `CounterClockwiseContourIntegral`. */
const maxNameLength = 31;

/** @returns the characters of a name of HTML 5; a no-break space is a blank */
function named(name: ByteString): ByteString | undefined {
  if (name === '' || name.length > maxNameLength || /[^0-9A-Za-z]/.test(name)) return undefined;
  if (cache.has(name)) return cache.get(name);
  const reference = `&${name};`;
  const decoded = name === 'nbsp' ? ' ' : decodeHTMLStrict(reference);
  const known = decoded !== reference && name !== 'bne' && name !== 'fjlig';
  const character = known ? fromText(decoded) : undefined;
  // The table is small: only names that exist are kept.
  if (known) cache.set(name, character);
  return character;
}

/** Names that also count at the start of longer ones. */
const prefixes = new Set(
  (
    'AElig AMP Auml COPY Euml GT Iuml LT Ouml QUOT REG THORN Uuml Yuml acirc acute aelig amp aring auml cedil cent copy ' +
    'deg ecirc eth euml ge gt iexcl iuml laquo lt macr micro nbsp not ordf ordm ouml para pound quot raquo reg sect shy ' +
    'sup1 sup2 sup3 szlig thorn times ucirc uml uuml yen yuml'
  ).split(' '),
);

/** Code points that the original takes for the first half of a longer character. */
const odd = new Map<number, ByteString>(
  (
    'varsupsetneqq nGg nLtv NotSucceedsEqual nlE NotEqualTilde NotLessSlantEqual NotHumpDownHump nvgt varsubsetneqq race ' +
    'NotPrecedesEqual nbsp acE lesg cups lates NotNestedGreaterGreater nvle varsubsetneq ngE NotGreaterSlantEqual ' +
    'NotLeftTriangleBar varsupsetneq npart napid nLl'
  )
    .split(' ')
    .map((name) => [
      name === 'nbsp' ? 0xa0 : (decodeHTMLStrict(`&${name};`).codePointAt(0) as number),
      named(name) ?? '',
    ]),
);

import { type ByteString, has8Bit, isGraph, isSpace, lowerAscii } from './bytes.ts';
import { toUtf8 } from './charset/decode.ts';
import { canonicalCharset } from './charset/names.ts';
import { decodeBase64, decodeQ } from './transfer.ts';
import { enforceUtf8, isValidUtf8, readUtf8, replacementCharacter } from './utf8.ts';

export interface DecodedValue {
  /** UTF-8. */
  readonly bytes: ByteString;
  /** Some byte outside of encoded words was no UTF-8. */
  readonly badUnicode: boolean;
}

/**
 * A header value as people read it: encoded words (RFC 2047 with the language of RFC 2231) decoded, UTF-8; a byte that
 * belongs to no character becomes U+FFFD, a control character `?`
 * (rspamd: src/libmime/mime_headers.c:rspamd_mime_header_decode).
 */
export function decodeHeaderValue(value: ByteString): DecodedValue {
  if (!value.includes('=?')) {
    const fixed = replaceBadBytes(value);
    return { bytes: printable(fixed), badUnicode: fixed !== value };
  }
  const decoder = new ValueDecoder(value);
  return { bytes: enforceUtf8(printable(decoder.decode())), badUnicode: decoder.badUnicode };
}

/** Blanks of any kind become plain ones, other control characters `?`. */
function printable(bytes: ByteString): ByteString {
  if (!/[\0-\x1f\x7f]/.test(bytes)) return bytes;
  return bytes.replace(/[\0-\x1f\x7f]/g, (c) => (isSpace(c.charCodeAt(0)) ? ' ' : '?'));
}

function replaceBadBytes(bytes: ByteString): ByteString {
  if (!has8Bit(bytes) || isValidUtf8(bytes)) return bytes;
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const read = readUtf8(bytes, at);
    const length = read < 0 ? 1 : read & 7;
    out += read < 0 ? replacementCharacter : bytes.slice(at, at + length);
    at += length;
  }
  return out;
}

/**
 * Walks a value from word to word. Words that stand next to each other (but for blanks) are put together before their
 * charset is applied, because senders cut characters in two; which charset that is follows the original to the letter,
 * odd as it is: that of the word met last.
 */
class ValueDecoder {
  readonly #value: ByteString;
  #out = '';
  #pending = '';
  #pendingCharset = '';
  #charset = '';
  badUnicode = false;

  constructor(value: ByteString) {
    this.#value = value;
  }

  decode(): ByteString {
    const value = this.#value;
    let plainFrom = 0;
    let at = value.indexOf('=?');
    for (;;) {
      if (at < 0) return this.#out + this.#plain(plainFrom, value.length);
      this.#out += this.#plain(plainFrom, at);
      const next = this.#words(at);
      if (next < 0) return this.#out;
      plainFrom = next;
      // The = that ended what was no word is plain text, too.
      at = value.indexOf('=?', next > at && value[next] === '=' && this.#rejected ? next + 1 : next);
    }
  }

  /** The run of words just seen ended with something that is no word. */
  #rejected = false;

  /**
   * A run of words and of blanks between them.
   * @param at where the first begins
   * @returns where plain text goes on, -1 where the value has ended
   */
  #words(at: number): number {
    const value = this.#value;
    let start = at;
    for (;;) {
      const end = endOfWord(value, start + 2);
      if (end < 0) {
        // Without its end the word stays as it is, and what was pending before it is lost.
        this.#out += value.slice(start);
        return -1;
      }
      const word = parseEncodedWord(value.slice(start, end + 1));
      this.#rejected = word === undefined;
      if (word === undefined) {
        this.#pendingCharset = '';
        this.#flush();
        this.#out += value.slice(start, end);
        return end;
      }
      this.#take(word);
      let next = end + 1;
      while (next < value.length && isSpace(value.charCodeAt(next))) next++;
      if (value.startsWith('=?', next)) {
        start = next;
        continue;
      }
      this.#pendingCharset = '';
      this.#flush();
      if (next >= value.length) return -1;
      this.#out += value.slice(end + 1, next);
      return next;
    }
  }

  #take(word: EncodedWord): void {
    this.#charset = word.charset;
    if (this.#pending !== '') {
      if (this.#pendingCharset === '') this.#pendingCharset = word.charset;
      const same = lowerAscii(this.#pendingCharset) === lowerAscii(word.charset);
      if (!same || lowerAscii(word.charset) === 'iso-2022-jp') this.#flush();
    }
    if (!word.base64) {
      this.#pending += decodeQ(word.text);
      return;
    }
    const { bytes, clean } = decodeBase64(word.text);
    if (clean) this.#pending += bytes.toString('latin1');
  }

  #flush(): void {
    if (this.#pending === '') return;
    this.#out += toUtf8(this.#pending, canonicalCharset(this.#charset)) ?? '';
    this.#pending = '';
    this.#pendingCharset = this.#charset;
  }

  #plain(from: number, to: number): ByteString {
    const bytes = this.#value.slice(from, to);
    const fixed = replaceBadBytes(bytes);
    if (fixed !== bytes) this.badUnicode = true;
    return fixed;
  }
}

/** Offset of the `=` that ends an encoded word: the third run of question marks, or a later one, stands before it. */
function endOfWord(value: ByteString, from: number): number {
  let marks = 0;
  for (let at = from; ; ) {
    at = value.indexOf('?', at);
    if (at < 0) return -1;
    marks++;
    while (value[at] === '?') at++;
    if (at >= value.length) return -1;
    if (value[at] === '=' && marks >= 3) return at;
    at++;
  }
}

interface EncodedWord {
  readonly charset: ByteString;
  readonly base64: boolean;
  readonly text: ByteString;
}

const head = /^=\?([!-~]+?)(?:\*[a-z]{1,8}(?:-[a-z]{1,8})*)?\?([bq])\?/i;
const especials = /[()<>@,;:"/[\]?.=*]/;

/** One encoded word with what the grammar of RFC 2047 allows between its marks (rspamd: src/ragel/rfc2047_parser.rl). */
function parseEncodedWord(word: ByteString): EncodedWord | undefined {
  const match = head.exec(word);
  const charset = match?.[1] ?? '';
  if (match === null || especials.test(charset)) return undefined;
  const from = match[0].length;
  const to = endOfText(word, from);
  return to < 0 ? undefined : { charset, base64: match[2] === 'B' || match[2] === 'b', text: word.slice(from, to) };
}

/** The text ends before `?=`; where a byte stands that it may not hold, before the last question mark. */
function endOfText(word: ByteString, from: number): number {
  let end = -1;
  for (let at = from; at < word.length; at++) {
    const byte = word.charCodeAt(at);
    if (byte !== 0x20 && !isGraph(byte)) return end;
    if (byte !== 0x3f) continue;
    const closes = word.charCodeAt(at + 1) === 0x3d;
    if (at > from) end = at;
    if (closes) return end;
  }
  return word.length > from ? word.length : -1;
}

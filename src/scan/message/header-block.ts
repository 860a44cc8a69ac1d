import { type ByteString, isAlpha, isSpace, lowerAscii, trimSpace } from './bytes.ts';
import { stripComments } from './comments.ts';
import { MessageHeader } from './header.ts';
import { decodeHeaderValue } from './rfc2047.ts';

/** The line end that the fields of a block use most. */
export type LineEnd = 'cr' | 'lf' | 'crlf';

/** Fields that one message may have, those of its parts included (rspamd: src/libmime/mime_headers.c). */
export const maxHeaders = 100_000;

export interface HeaderBlock {
  readonly headers: readonly MessageHeader[];
  /** A line that is no field stands among them. */
  readonly broken: boolean;
  /** There were more fields than could be taken; what came behind is lost. */
  readonly truncated: boolean;
  readonly lineEnd: LineEnd;
}

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;

/** Fields of a message's own block whose flags are set anew, so that no note of their separator is left. */
const withoutSeparatorNote = new Set(['message-id', 'subject', 'return-path', 'delivered-to']);

/**
 * Splits a header block into fields (RFC 5322, 2.2; line ends CRLF, LF or CR). Never throws: a line that is no field is
 * passed over (rspamd: src/libmime/mime_headers.c:rspamd_mime_headers_process).
 * @param top whether these are the headers of the message itself
 * @param room how many fields may still be taken
 */
export function parseHeaderBlock(block: ByteString, top: boolean, room = maxHeaders): HeaderBlock {
  return new BlockParser(block, top, room).parse();
}

class BlockParser {
  readonly #block: ByteString;
  readonly #top: boolean;
  readonly #room: number;
  readonly #headers: MessageHeader[] = [];
  readonly #lineEnds = { cr: 0, lf: 0, crlf: 0 };
  #broken = false;
  #truncated = false;
  #at = 0;

  constructor(block: ByteString, top: boolean, room: number) {
    this.#block = block;
    this.#top = top;
    this.#room = room;
  }

  parse(): HeaderBlock {
    while (this.#at < this.#block.length && !this.#truncated) {
      if (isAlpha(this.#block.charCodeAt(this.#at))) this.#field();
      else this.#skipLine();
    }
    const { cr, lf, crlf } = this.#lineEnds;
    const lineEnd = crlf > Math.max(cr, lf) ? 'crlf' : lf > cr ? 'lf' : 'cr';
    return { headers: this.#headers, broken: this.#broken, truncated: this.#truncated, lineEnd };
  }

  #skipLine(): void {
    const block = this.#block;
    while (this.#at < block.length && !this.#isLineEnd(this.#at)) this.#at++;
    if (this.#at >= block.length) return;
    const byte = block.charCodeAt(this.#at++);
    const next = block.charCodeAt(this.#at);
    if (byte === CR && next === LF) {
      this.#lineEnds.crlf++;
      this.#at++;
    } else if (byte === LF) {
      this.#lineEnds.lf++;
      if (next === CR) this.#at++;
    }
  }

  #field(): void {
    const block = this.#block;
    const start = this.#at;
    let at = start + 1;
    for (; at < block.length && block.charCodeAt(at) !== COLON; at++) {
      if (!isSpace(block.charCodeAt(at))) continue;
      this.#broken = true;
      this.#at = at;
      this.#skipLine();
      return;
    }
    this.#at = at;
    if (at >= block.length) return;
    if (this.#headers.length >= this.#room) {
      this.#truncated = true;
      return;
    }
    const colon = at++;
    while (block.charCodeAt(at) === 0x20 || block.charCodeAt(at) === 0x09) at++;
    this.#at = at;
    if (at < block.length) this.#value(start, colon, at);
  }

  /** @param from offset of the value, or of the line end that stands in its place */
  #value(start: number, colon: number, from: number): void {
    const last = this.#block.length - 1;
    let folds = 0;
    let at = from;
    for (;;) {
      if (this.#isLineEnd(at)) {
        this.#countLineEnd(at);
        folds++;
        const fold = this.#foldEnd(at);
        at = fold.at;
        if (!fold.continues) break;
      } else if (at === last) {
        break;
      } else {
        at++;
      }
    }
    this.#at = at;
    const noValue = folds === 1 && this.#isLineEnd(from);
    // The last byte of the block belongs to the last field, though not to its value.
    this.#add(start, colon, from, at, noValue, at === last ? at + 1 : at);
  }

  /** Passes over line ends and the blanks behind them; the field goes on where the last line begins with a blank. */
  #foldEnd(from: number): { readonly at: number; readonly continues: boolean } {
    const block = this.#block;
    let indented = false;
    for (let at = from; at < block.length - 1; at++) {
      const byte = block.charCodeAt(at);
      if (byte === CR || byte === LF) indented = false;
      else if (byte === 0x20 || byte === 0x09) indented = true;
      else return { at, continues: indented };
    }
    return { at: block.length - 1, continues: false };
  }

  #add(start: number, colon: number, from: number, end: number, noValue: boolean, rawEnd: number): void {
    const block = this.#block;
    const name = withoutNul(block.slice(start, colon));
    const separator = block.slice(colon + 1, from);
    const value = noValue ? '' : unfold(block.slice(from, end));
    const noted = !this.#top || !withoutSeparatorNote.has(lowerAscii(name));
    const fields = {
      name,
      raw: block.slice(start, rawEnd),
      value,
      separator: separator === '' && this.#isLineEnd(from) ? undefined : separator,
      emptySeparator: noted && separator === '',
      tabSeparated: noted && separator.includes('\t'),
      order: this.#headers.length,
    };
    const isMessageId = this.#top && lowerAscii(name) === 'message-id' && !noValue;
    this.#headers.push(new MessageHeader(fields, isMessageId ? withoutComments(value) : undefined));
  }

  #isLineEnd(at: number): boolean {
    const byte = this.#block.charCodeAt(at);
    return byte === LF || byte === CR;
  }

  #countLineEnd(at: number): void {
    if (this.#block.charCodeAt(at) === LF) this.#lineEnds.lf++;
    else if (this.#block.charCodeAt(at + 1) === LF) this.#lineEnds.crlf++;
    else this.#lineEnds.cr++;
  }
}

function withoutNul(bytes: ByteString): ByteString {
  return bytes.includes('\0') ? bytes.replaceAll('\0', '') : bytes;
}

/** A line end and all blanks and line ends behind it are one blank. */
function unfold(raw: ByteString): ByteString {
  let value = withoutNul(/[\r\n]/.test(raw) ? raw.replace(/[\r\n][ \t\r\n\f]*/g, ' ') : raw);
  if (value.endsWith(' ')) value = value.slice(0, -1);
  let start = 0;
  while (isSpace(value.charCodeAt(start))) start++;
  return start === 0 ? value : value.slice(start);
}

function withoutComments(value: ByteString) {
  const { bytes, badUnicode } = decodeHeaderValue(value);
  return { bytes: trimSpace(stripComments(bytes)), badUnicode };
}

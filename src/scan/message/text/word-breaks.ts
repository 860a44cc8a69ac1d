import { type ByteString, has8Bit } from '../bytes.ts';
import { readUtf8, toText } from '../utf8.ts';

/**
 * Where words may begin and end (UAX #29), with the manner of ICU 72, the one of the original's builds: an at sign is a
 * letter, a colon none; a full stop joins digits only.
 */
export class WordBreaks {
  readonly #text: ByteString;
  #at = 0;
  /** Boundaries that have been worked out already. */
  #ready: readonly number[] = [];
  #next = 0;

  /** @param text UTF-8 */
  constructor(text: ByteString) {
    this.#text = text;
  }

  /** @returns the next boundary, -1 behind the last one, the end of the text */
  next(): number {
    if (this.#next < this.#ready.length) return this.#ready[this.#next++] as number;
    const text = this.#text;
    if (this.#at >= text.length) return -1;
    const end = asciiEnd(text, this.#at);
    if (end > this.#at && !this.#goesOn(end)) {
      this.#at = end;
      return end;
    }
    this.#ready = this.#longRun();
    this.#next = 1;
    return this.#ready[0] as number;
  }

  /** What follows is beyond ASCII, and may belong to the same word. */
  #goesOn(end: number): boolean {
    const byte = this.#text.charCodeAt(end);
    if (byte >= 0x80) return this.#text.charCodeAt(end - 1) !== 0x20 || joins(this.#text, end);
    return joiners.has(byte) && this.#text.charCodeAt(end + 1) >= 0x80 && this.#text.charCodeAt(end - 1) !== 0x20;
  }

  /** Up to the next blank. */
  #longRun(): number[] {
    const text = this.#text;
    const start = this.#at;
    let from = start;
    while (text.charCodeAt(from) === 0x20) from++;
    let blank = text.indexOf(' ', from);
    // Wide blanks go together with those that follow.
    while (blank >= 0 && wideBlank.test(text.slice(blank - 3, blank))) blank = text.indexOf(' ', blank + 1);
    let end = blank < 0 ? text.length : blank;
    if (end - start > maxRun) {
      end = start + maxRun;
      while ((text.charCodeAt(end) & 0xc0) === 0x80) end++;
    }
    this.#at = end;
    const run = text.slice(start, end);
    const ends: number[] = [];
    let at = start;
    for (const word of segments(toText(run))) {
      at += byteLength(word);
      ends.push(at);
    }
    // Bytes that are no UTF-8 have other lengths as text.
    if (at !== end) ends.splice(0, ends.length, end);
    return ends;
  }
}

/** U+1680, U+2000 to U+200A, U+205F, U+3000 in UTF-8, or a blank behind one. */
const wideBlank = /^(?:\xe1\x9a\x80|\xe2\x80[\x80-\x8a]|\xe2\x81\x9f|\xe3\x80\x80|.. )$/;

/** Runs without a blank are cut there. */
const maxRun = 8192;

const asciiWord = /[A-Za-z0-9_@]+| +|\r\n|[\0-\x7f]/y;
const asciiJoiner = /(?<=[A-Za-z@])'(?=[A-Za-z@])|(?<=[0-9])[',.;](?=[0-9])/y;

/**
 * Where the ASCII segment ends that begins there; there itself where none does. One expression for all of it would want
 * a stack as deep as the word is long.
 */
function asciiEnd(text: ByteString, start: number): number {
  let end = matchEnd(asciiWord, text, start);
  if (end === start || !isWordByte(text.charCodeAt(start))) return end;
  for (let joined = matchEnd(asciiJoiner, text, end); joined > end; joined = matchEnd(asciiJoiner, text, end))
    end = matchEnd(asciiWord, text, joined);
  return end;
}

function matchEnd(sticky: RegExp, text: ByteString, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}

function isWordByte(byte: number): boolean {
  return (byte | 0x20) >= 0x61
    ? (byte | 0x20) <= 0x7a || byte === 0x5f
    : byte === 0x40 || (byte >= 0x30 && byte <= 0x39);
}

/** Of ASCII what may stand within a word. */
const joiners = new Set([0x27, 0x2c, 0x2e, 0x3b]);

/** Whether a character attaches to a blank before it. */
function joins(text: ByteString, at: number): boolean {
  const read = readUtf8(text, at);
  return read > 0 && /[\p{M}\p{Cf}\p{Zs}]/u.test(String.fromCodePoint(read >>> 3));
}

function byteLength(text: string): number {
  return has8Bit(text) || /[^\0-\x7f]/.test(text) ? Buffer.byteLength(text) : text.length;
}

const letter =
  '[A-Za-z@\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}\\p{Script=Armenian}\\p{Script=Georgian}]';
const extend = '[\\u0300-\\u036f]*';
// Nothing matches both ways: trying every mixture of them would take for ever.
const simple = new RegExp(
  `^(?:(?=\\p{L})${letter}|[\\x21-\\x40\\x5b-\\x60\\x7b-\\x7e\\xa1-\\xa9\\xab\\xac\\xae-\\xb9\\xbb-\\xbf\\xd7\\xf7\\u0300-\\u036f\\u2010-\\u2023\\u2025\\u2026\\u2030-\\u203b\\u20a0-\\u20bf\\u2116])+$`,
  'u',
);
const word = new RegExp(
  `(?:[A-Za-z@\\p{L}0-9_]${extend}|(?<=[A-Za-z@\\p{L}]${extend})['‘’·]${extend}(?=[A-Za-z@\\p{L}])|(?<=[0-9]${extend})['‘’.,;]${extend}(?=[0-9]))+|[^]${extend}`,
  'uy',
);

function segments(run: string): Iterable<string> {
  return simple.test(run) ? simpleSegments(run) : fullSegments(run);
}

/** Of alphabets without rules of their own. */
function* simpleSegments(run: string): Iterable<string> {
  word.lastIndex = 0;
  for (let found = word.exec(run); found !== null; found = word.exec(run)) yield found[0];
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

function* fullSegments(run: string): Iterable<string> {
  const alike = run.replace(/[@:.]/g, (c) => (c === '@' ? 'a' : c === ':' ? '!' : ','));
  for (const { index, segment } of segmenter.segment(alike)) yield run.slice(index, index + segment.length);
}

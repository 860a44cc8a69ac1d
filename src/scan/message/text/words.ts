import { type ByteString, has8Bit, lowerAscii } from '../bytes.ts';
import { normalise } from '../normalise.ts';
import type { Url } from '../url/url.ts';
import { fromText, readUtf8, toText } from '../utf8.ts';
import { Decay } from './decay.ts';
import { WordBreaks } from './word-breaks.ts';

/** A place of a text that does not count as words: a URL, or the end of a line. */
export interface Exception {
  readonly offset: number;
  readonly length: number;
  /** Of a URL its domain is a word. */
  readonly url: Url | undefined;
}

/** A word of a text. */
export interface Word {
  /** As the text has it. */
  readonly original: ByteString;
  /** In the normal form, lower case, without what is no letter, mark, digit or symbol; UTF-8. */
  readonly normal: ByteString;
  /** `url`: the domain of a URL; `raw`: a word of a text in an unknown charset. */
  readonly kind: 'text' | 'url' | 'raw';
  /** It was not in the normal form. */
  readonly normalised: boolean;
  /** It is too long to have one. */
  readonly broken: boolean;
  /** It has characters that show nothing. */
  readonly invisible: boolean;
}

/** What the words of all texts of a message may take (rspamd: src/libmime/message.c, max_message_words). */
export class WordBudget {
  #words = 100_000;
  #bytes = 1024 * 1024;
  #steps = 1_000_000;

  /** @returns whether there is time to look for one more */
  step(): boolean {
    return this.#steps-- > 0;
  }

  /** @returns whether there is room for one more */
  take(length: number): boolean {
    if (this.#words === 0 || length > this.#bytes) return false;
    this.#words--;
    this.#bytes -= length;
    return true;
  }
}

/** Words of one text beyond these are picked (rspamd: conf/options.inc, words_decay). */
const decayFrom = 600;

/** Words of a text in an unknown charset are no longer (rspamd: DEFAULT_MAX_WORD). */
const maxRawWord = 40;

/**
 * Splits a text (rspamd: src/libstat/tokenizers/tokenizers.c:rspamd_tokenize_text).
 * @param exceptions by their offset
 */
export function splitWords(
  text: ByteString,
  isUtf8: boolean,
  exceptions: readonly Exception[],
  budget: WordBudget,
): Word[] {
  return isUtf8 ? new Splitter(text, exceptions, budget).run() : splitRaw(text, exceptions, budget);
}

class Splitter {
  readonly #text: ByteString;
  readonly #exceptions: readonly Exception[];
  readonly #budget: WordBudget;
  readonly #decay: Decay;
  readonly #breaks: WordBreaks;
  readonly #words: Word[] = [];
  #next = 0;
  #last = 0;
  #at = 0;

  constructor(text: ByteString, exceptions: readonly Exception[], budget: WordBudget) {
    this.#text = text;
    this.#exceptions = exceptions;
    this.#budget = budget;
    this.#decay = new Decay(decayFrom, text.length);
    this.#breaks = new WordBreaks(text);
  }

  run(): Word[] {
    while (this.#at >= 0 && this.#budget.step()) {
      const [start, end] = this.#at > this.#last ? this.#segment() : [0, 0];
      if (end > start && !this.#keep(this.#text.slice(start, end))) break;
      this.#last = this.#at;
      this.#at = this.#breaks.next();
    }
    return this.#words;
  }

  /** @returns whether there is room for more */
  #keep(original: ByteString): boolean {
    if (!this.#decay.keeps(original, this.#words.length, this.#at)) return true;
    if (!this.#budget.take(original.length)) return false;
    this.#words.push(textWord(original));
    return true;
  }

  /** The part of the present segment that is a word. */
  #segment(): readonly [start: number, end: number] {
    for (;;) {
      const exception = this.#exceptions[this.#next];
      if (exception === undefined || exception.offset > this.#at) return this.#word(this.#last, this.#at);
      if (exception.offset < this.#last) {
        while ((this.#exceptions[this.#next]?.offset ?? Number.POSITIVE_INFINITY) <= this.#last) this.#next++;
        return this.#word(this.#last, this.#at);
      }
      const part = this.#skip();
      if (part !== undefined) return part;
      if (this.#at <= this.#last) return [0, 0];
    }
  }

  /** Steps over the exceptions in the segment. @returns undefined where one of them reaches behind it */
  #skip(): readonly [start: number, end: number] | undefined {
    for (
      let exception = this.#exceptions[this.#next];
      exception !== undefined;
      exception = this.#exceptions[this.#next]
    ) {
      if (exception.offset > this.#last) break;
      this.#next++;
      this.#last += exception.length;
      this.#url(exception);
      if (this.#last > this.#at) {
        this.#advance();
        return undefined;
      }
    }
    const exception = this.#exceptions[this.#next];
    if (exception === undefined || exception.offset > this.#at) return this.#word(this.#last, this.#at);
    const before = this.#word(this.#last, exception.offset);
    this.#next++;
    this.#last = exception.offset + exception.length;
    this.#url(exception);
    if (this.#last <= this.#at) return before;
    this.#advance();
    return undefined;
  }

  #advance(): void {
    while (this.#at >= 0 && this.#last > this.#at) this.#at = this.#breaks.next();
  }

  #url({ url, length }: Exception): void {
    if (url === undefined && length === 0) return;
    const original = url === undefined || url.tld === '' ? '!!EX!!' : url.tld;
    if (!this.#budget.take(original.length)) return;
    this.#words.push({ original, normal: '', kind: 'url', normalised: false, broken: false, invisible: false });
  }

  /** @returns nothing where no word begins */
  #word(start: number, end: number): readonly [start: number, end: number] {
    return end > start && beginsWord(this.#text, start, end) ? [start, end] : [0, 0];
  }
}

/** The first character may stand in an identifier of Java (ICU: u_isJavaIDPart). */
function beginsWord(text: ByteString, at: number, end: number): boolean {
  const byte = text.charCodeAt(at);
  if (byte < 0x80) return asciiWordStart[byte] === 1;
  const read = readUtf8(text, at, end);
  return (
    read > 0 && /[\p{L}\p{Sc}\p{Pc}\p{Nd}\p{Nl}\p{Mc}\p{Mn}\p{Cf}\x80-\x9f]/u.test(String.fromCodePoint(read >>> 3))
  );
}

const asciiWordStart = Uint8Array.from({ length: 128 }, (_, byte) =>
  /[A-Za-z0-9_$\0-\x08\x0e-\x1b\x7f]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** A word longer than that in UTF-16 has no normal form. */
const maxWord = 1024;

/** rspamd: src/libstat/tokenizers/tokenizers.c:rspamd_normalize_single_word. */
function textWord(original: ByteString): Word {
  if (/^[A-Za-z0-9]{1,64}$/.test(original))
    return {
      original,
      normal: original.toLowerCase(),
      kind: 'text',
      normalised: false,
      broken: false,
      invisible: false,
    };
  const text = toText(original);
  if (text.length > maxWord)
    return { original, normal: '', kind: 'text', normalised: false, broken: true, invisible: false };
  const { changed } = has8Bit(original) ? normalise(original) : { changed: false };
  const whole = changed ? text.normalize('NFKC') : text;
  if (whole.length > maxWord)
    return { original, normal: '', kind: 'text', normalised: false, broken: false, invisible: false };
  const normal = fromText(lowerOfEach(whole.replace(/[^\p{L}\p{M}\p{N}\p{Pc}\p{Sm}\p{Sc}]/gu, '')));
  const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Z}]/u.test(whole);
  return { original, normal, kind: 'text', normalised: changed, broken: false, invisible };
}

/** Character by character, none becomes two. */
function lowerOfEach(text: string): string {
  if (!/[\u0130\u03a3]/.test(text)) return text.toLowerCase();
  return [...text].map((c) => (c === '\u0130' ? 'i' : c.toLowerCase())).join('');
}

/**
 * Between delimiters of ASCII (rspamd: rspamd_tokenizer_get_word_raw). An exception cuts a word off, and the length of the
 * word before it says whether what is left counts.
 */
function splitRaw(text: ByteString, exceptions: readonly Exception[], budget: WordBudget): Word[] {
  const words: Word[] = [];
  const decay = new Decay(decayFrom, text.length);
  let next = 0;
  let length = 0;
  let at = exceptions[0]?.offset === 0 ? exceptions[0].length : 0;
  while (at < text.length) {
    const exception = exceptions[next];
    const found = rawWord(text, at, exception?.offset ?? -1);
    if (found === undefined) break;
    at = found.end;
    if (found.cut) {
      at += exception?.length ?? 0;
      next++;
    } else {
      length = found.end - found.start;
    }
    if (length === 0 || length > maxRawWord) continue;
    const original = text.slice(found.start, found.end);
    if (original !== '' && !decay.keeps(original, words.length, at)) continue;
    if (!budget.take(original.length)) break;
    const normal = lowerAscii(original);
    words.push({ original, normal, kind: 'raw', normalised: false, broken: false, invisible: false });
  }
  return words;
}

interface RawWord {
  readonly start: number;
  readonly end: number;
  /** An exception comes first. */
  readonly cut: boolean;
}

/** @returns undefined at the end of the text, where a last word does not count */
function rawWord(text: ByteString, from: number, exception: number): RawWord | undefined {
  let at = from;
  do {
    if (at === exception) return { start: at, end: at, cut: true };
    at++;
  } while (at < text.length && isDelimiter(text.charCodeAt(at)));
  const start = at;
  for (; at < text.length && !isDelimiter(text.charCodeAt(at)); at++)
    if (at === exception) return { start, end: at, cut: true };
  return at < text.length ? { start, end: at, cut: false } : undefined;
}

/** rspamd: src/libstat/tokenizers/tokenizers.c, t_delimiters. */
function isDelimiter(byte: number): boolean {
  return delimiters[byte] === 1;
}

const delimiters = Uint8Array.from({ length: 256 }, (_, byte) =>
  '\t\n\r "#$%&()*+,-./:;<=>?[\\]^_`{|}~'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

import { type ByteString, has8Bit } from '../bytes.ts';
import type { HtmlDocument } from '../html/document.ts';
import type { MimePart } from '../part.ts';
import type { Url } from '../url/url.ts';
import type { ConvertedText } from './convert.ts';
import type { OneLine, TextStats } from './lines.ts';
import { type Exception, splitWords, type Word, type WordBudget } from './words.ts';

/** What is known of a text part once it has been read. */
export interface ReadText {
  readonly part: MimePart;
  readonly isHtml: boolean;
  readonly isAttachment: boolean;
  readonly converted: ConvertedText;
  /** Of HTML with content. */
  readonly html: HtmlDocument | undefined;
  readonly line: OneLine;
  /** By their offset. */
  readonly exceptions: readonly Exception[];
}

/** A part that people read. Text is UTF-8, but in parts in an unknown charset, whose bytes are as they came. */
export class TextPart {
  readonly part: MimePart;
  readonly isHtml: boolean;
  /** Sent as a file, and not as one of several forms of the same text. */
  readonly isAttachment: boolean;
  readonly isUtf8: boolean;
  /** That of the content, by its canonical name; undefined where it is not known or there is no content. */
  readonly charset: string | undefined;
  /** The content in UTF-8, HTML with its tags. */
  readonly source: ByteString;
  readonly html: HtmlDocument | undefined;
  /** The content as people see it. */
  readonly content: ByteString;
  readonly #line: OneLine;
  /** URLs that stand in the text. */
  readonly urls: readonly Url[];
  readonly #exceptions: readonly Exception[];
  readonly #budget: WordBudget;
  /** All texts of the message: the words of those before this one come first where there is not room for all. */
  readonly #all: readonly TextPart[];
  #words: readonly Word[] | undefined;
  /** The same text in the other form: of HTML the plain one, and the other way round. */
  alternative: TextPart | undefined;

  constructor(read: ReadText, budget: WordBudget, all: readonly TextPart[]) {
    const { part, isHtml, isAttachment, converted, html, line, exceptions } = read;
    this.part = part;
    this.isHtml = isHtml;
    this.isAttachment = isAttachment;
    this.isUtf8 = converted.isUtf8;
    this.charset = converted.charset;
    this.source = converted.bytes;
    this.html = html;
    this.content = isHtml ? (html?.text ?? '') : converted.bytes;
    this.#line = line;
    this.#exceptions = exceptions;
    this.urls = exceptions.flatMap(({ url }) => (url === undefined ? [] : [url]));
    this.#budget = budget;
    this.#all = all;
  }

  get isEmpty(): boolean {
    return this.content === '';
  }

  /** The content on one line, without characters that show nothing. */
  get oneLine(): ByteString {
    return this.#line.text;
  }

  get stats(): TextStats {
    return this.#line.stats;
  }

  /** There are characters that show nothing. */
  get hasZeroWidth(): boolean {
    return this.#line.zeroWidth;
  }

  /** Bytes of the text that are URLs. */
  get urlsLength(): number {
    return this.#exceptions.reduce((sum, { url, length }) => (url === undefined ? sum : sum + length), 0);
  }

  /** The body of the part has bytes beyond ASCII. */
  get has8BitRaw(): boolean {
    return this.part.content.length > 0 && has8Bit(this.part.raw);
  }

  /** The body without its encoding has. */
  get has8Bit(): boolean {
    return has8Bit(this.part.content.text);
  }

  get words(): readonly Word[] {
    for (const text of this.#words === undefined ? this.#all : []) {
      text.#words ??= splitWords(text.oneLine, text.isUtf8, text.#exceptions, text.#budget);
      if (text === this) break;
    }
    return this.#words ?? [];
  }
}

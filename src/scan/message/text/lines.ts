import type { ByteString } from '../bytes.ts';
import { isZeroWidth, readUtf8 } from '../utf8.ts';

/** Counts of characters (bytes) and lines of a text part, as rules see them. */
export interface TextStats {
  lines: number;
  emptyLines: number;
  spaces: number;
  doubleSpaces: number;
  nonSpaces: number;
  ascii: number;
  nonAscii: number;
  capitals: number;
  digits: number;
}

/** Text without line ends. */
export interface OneLine {
  readonly text: ByteString;
  /** Offsets in `text` where a line ended, ascending. */
  readonly newlines: readonly number[];
  readonly stats: TextStats;
  /** There were characters that show nothing. */
  readonly zeroWidth: boolean;
}

export interface OneLineOptions {
  readonly isUtf8: boolean;
  readonly isHtml: boolean;
  /** How many line ends may still be noted in the message. */
  readonly maxNewlines: number;
}

/**
 * Puts a text on one line: a blank for every run of line ends, but not within `<>` in plain text; characters without
 * width go (rspamd: src/libmime/message.c:rspamd_strip_newlines_parse).
 */
export function onOneLine(text: ByteString, options: OneLineOptions): OneLine {
  return new Liner(text, options).run();
}

class Liner {
  readonly #text: ByteString;
  readonly #options: OneLineOptions;
  readonly #out: ByteString[] = [];
  #length = 0;
  readonly #newlines: number[] = [];
  readonly #stats: TextStats = {
    lines: 0,
    emptyLines: 0,
    spaces: 0,
    doubleSpaces: 0,
    nonSpaces: 0,
    ascii: 0,
    nonAscii: 0,
    capitals: 0,
    digits: 0,
  };
  #zeroWidth = false;
  #at = 0;
  /** Where the text begins that has not been written. */
  #from = 0;
  #state: 'text' | 'cr' | 'lf' = 'text';
  /** The blank for the present run of line ends has been written. */
  #blank = false;
  /** A `<` on this line has not been closed. */
  #open = false;

  constructor(text: ByteString, options: OneLineOptions) {
    this.#text = text;
    this.#options = options;
  }

  run(): OneLine {
    const text = this.#text;
    const { isUtf8 } = this.#options;
    while (this.#at < text.length) {
      const byte = text.charCodeAt(this.#at);
      if (isUtf8 && byte >= 0xc2 && byte <= 0xf4) this.#dropZeroWidth();
      if (this.#at >= text.length) break;
      this.#step(text.charCodeAt(this.#at));
    }
    this.#finish();
    const result = { text: this.#out.join(''), newlines: this.#newlines, stats: this.#stats };
    return { ...result, zeroWidth: this.#zeroWidth };
  }

  #write(text: ByteString): void {
    this.#out.push(text);
    this.#length += text.length;
  }

  #flush(): void {
    if (this.#at > this.#from) this.#write(this.#text.slice(this.#from, this.#at));
  }

  #note(): void {
    if (this.#newlines.length < this.#options.maxNewlines) this.#newlines.push(this.#length);
  }

  #writeBlank(): void {
    this.#write(' ');
    this.#blank = true;
  }

  /** At the first byte of a character; one without width stays where nothing stands before it. */
  #dropZeroWidth(): void {
    const text = this.#text;
    let read = readUtf8(text, this.#at);
    if (read < 0) return;
    let offset = this.#at + (read & 7);
    while (this.#at < text.length && offset < text.length && isZeroWidth(read >>> 3)) {
      this.#zeroWidth = true;
      this.#stats.spaces++;
      if (this.#at > this.#from) {
        this.#flush();
        this.#from = this.#at = offset;
      }
      read = readUtf8(text, offset);
      offset += Math.abs(read) & 7;
      if (read < 0 || !isZeroWidth(read >>> 3)) return;
      this.#stats.doubleSpaces++;
      this.#from = this.#at = offset;
    }
  }

  #step(byte: number): void {
    if (byte === 0x0d) {
      this.#carriageReturn();
    } else if (byte === 0x0a) {
      this.#lineFeed();
    } else {
      if (byte === 0x3c) this.#open = true;
      else if (byte === 0x3e) this.#open = false;
      if (this.#state === 'text') {
        this.#count(byte);
        this.#at++;
      } else {
        this.#lineStart(byte);
      }
    }
  }

  #count(byte: number): void {
    const stats = this.#stats;
    if (byte === 0x20) {
      stats.spaces++;
      if (this.#at > 0 && this.#text.charCodeAt(this.#at - 1) === 0x20) stats.doubleSpaces++;
      return;
    }
    stats.nonSpaces++;
    if (byte >= 0x80) {
      stats.nonAscii++;
      return;
    }
    stats.ascii++;
    if (byte >= 0x41 && byte <= 0x5a) stats.capitals++;
    else if (byte >= 0x30 && byte <= 0x39) stats.digits++;
  }

  #carriageReturn(): void {
    if (this.#state === 'text') {
      this.#flush();
      this.#blank = false;
      this.#state = 'cr';
    } else if (this.#state === 'cr') {
      this.#emptyLine();
    } else {
      this.#state = 'cr';
    }
    this.#from = ++this.#at;
    this.#open = false;
  }

  #lineFeed(): void {
    const writesBlank = this.#options.isHtml || !this.#open;
    if (this.#state === 'text') {
      this.#flush();
      this.#blank = false;
      if (writesBlank) {
        this.#writeBlank();
        this.#note();
      }
    } else if (this.#state === 'cr') {
      if (!this.#blank) {
        this.#writeBlank();
        this.#note();
      }
    } else {
      this.#emptyLine();
    }
    this.#state = 'lf';
    this.#from = ++this.#at;
    this.#open = false;
  }

  #emptyLine(): void {
    if (!this.#blank) {
      this.#writeBlank();
      this.#note();
    }
    this.#stats.lines++;
    this.#stats.emptyLines++;
  }

  /** At the first byte behind a run of line ends. */
  #lineStart(byte: number): void {
    const text = this.#text;
    const stats = this.#stats;
    stats.lines++;
    if (!this.#blank) this.#note();
    this.#state = 'text';
    if (byte !== 0x20) return;
    if (!this.#blank) this.#write(' ');
    while (text.charCodeAt(this.#at) === 0x20) {
      this.#at++;
      this.#from++;
      stats.spaces++;
    }
    const next = text.charCodeAt(this.#at);
    if (next === 0x0d || next === 0x0a) stats.emptyLines++;
  }

  /** What follows the last line end counts twice, but for its capitals and digits. */
  #finish(): void {
    if (this.#at <= this.#from) return;
    this.#flush();
    const { capitals, digits } = this.#stats;
    for (this.#at = this.#from; this.#at < this.#text.length; this.#at++) this.#count(this.#text.charCodeAt(this.#at));
    this.#stats.capitals = capitals;
    this.#stats.digits = digits;
  }
}

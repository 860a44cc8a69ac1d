import type { ByteString } from '../bytes.ts';

/** The next byte of a kind, remembered, so that asking from one offset after the other stays linear. */
export class NextByte {
  readonly #text: ByteString;
  readonly #kind: RegExp;
  #from = 0;
  #found = -1;

  /** @param kind a class of bytes, with the flag g */
  constructor(text: ByteString, kind: RegExp) {
    this.#text = text;
    this.#kind = kind;
  }

  /** @returns the length of the text where there is none */
  at(from: number): number {
    if (from >= this.#from && from <= this.#found) return this.#found;
    this.#kind.lastIndex = from;
    this.#from = from;
    this.#found = this.#kind.exec(this.#text)?.index ?? this.#text.length;
    return this.#found;
  }
}

/** What the search for web addresses looks ahead for in one text. */
export class Lookahead {
  readonly atSign: NextByte;
  /** What ends user and host of a URL. */
  readonly authorityEnd: NextByte;
  /** What ends a URL in text. */
  readonly urlEnd: NextByte;

  constructor(text: ByteString) {
    this.atSign = new NextByte(text, /@/g);
    this.authorityEnd = new NextByte(text, /[/#?]/g);
    this.urlEnd = new NextByte(text, /[)}\]>'\t-\r ]/g);
  }
}

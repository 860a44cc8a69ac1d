import type { ByteString } from '../bytes.ts';

export type FieldName = 'scheme' | 'user' | 'host' | 'path' | 'query' | 'fragment';

/** How much a parser takes, by where the text comes from. */
export type UrlSource =
  /** A URL cut out of text. */
  | 'text'
  /** The value of an attribute, all of which is the URL. */
  | 'href'
  /** Text from which one still has to be cut out: only its end is looked for. */
  | 'search';

/** Where the parts of a URL are; what a parser of one kind of URL fills in. */
export class Fields {
  readonly text: ByteString;
  readonly start: number;
  readonly #at = new Map<FieldName, readonly [from: number, to: number]>();
  port = 0;
  flags = 0;
  /** Offset behind what was read. */
  end = 0;
  ok = false;

  constructor(text: ByteString, start: number) {
    this.text = text;
    this.start = start;
  }

  set(name: FieldName, from: number, to: number): void {
    this.#at.set(name, [from, to]);
  }

  has(name: FieldName): boolean {
    return this.#at.has(name);
  }

  range(name: FieldName): readonly [from: number, to: number] | undefined {
    return this.#at.get(name);
  }
}

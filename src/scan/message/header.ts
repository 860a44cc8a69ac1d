import { type ByteString, lowerAscii } from './bytes.ts';
import { type DecodedValue, decodeHeaderValue } from './rfc2047.ts';
import { toText } from './utf8.ts';

/** One header field. */
export class MessageHeader {
  /** Spelling of the message. */
  readonly name: ByteString;
  /** The whole field: name, colon, value with its folds, line end. */
  readonly raw: ByteString;
  /** Unfolded (a fold is one blank), without blanks at the ends; nothing decoded. */
  readonly value: ByteString;
  /** What stands between the colon and the value; undefined where the value begins on the next line. */
  readonly separator: ByteString | undefined;
  /** Nothing stands between colon and value. */
  readonly emptySeparator: boolean;
  /** There is a tab between colon and value. */
  readonly tabSeparated: boolean;
  /** Position in its block, from 0. */
  readonly order: number;
  #decoded: DecodedValue | undefined;

  constructor(fields: Omit<MessageHeader, 'decoded' | 'decodedBytes' | 'badUnicode'>, decoded?: DecodedValue) {
    this.name = fields.name;
    this.raw = fields.raw;
    this.value = fields.value;
    this.separator = fields.separator;
    this.emptySeparator = fields.emptySeparator;
    this.tabSeparated = fields.tabSeparated;
    this.order = fields.order;
    this.#decoded = decoded;
  }

  /** The value as people read it. */
  get decoded(): string {
    return toText(this.decodedBytes);
  }

  /** The value as people read it, UTF-8. */
  get decodedBytes(): ByteString {
    return this.#decode().bytes;
  }

  /** The value holds bytes that are no UTF-8 and belong to no encoded word. */
  get badUnicode(): boolean {
    return this.#decode().badUnicode;
  }

  #decode(): DecodedValue {
    this.#decoded ??= decodeHeaderValue(this.value);
    return this.#decoded;
  }
}

/** The fields of one header block, in their order. Names compare without regard to case (ASCII). */
export class HeaderList implements Iterable<MessageHeader> {
  readonly all: readonly MessageHeader[];
  readonly #byName = new Map<string, MessageHeader[]>();

  constructor(headers: readonly MessageHeader[]) {
    this.all = headers;
    for (const header of headers) {
      const key = lowerAscii(header.name);
      const same = this.#byName.get(key);
      if (same === undefined) this.#byName.set(key, [header]);
      else same.push(header);
    }
  }

  [Symbol.iterator](): Iterator<MessageHeader> {
    return this.all[Symbol.iterator]();
  }

  get size(): number {
    return this.all.length;
  }

  has(name: string): boolean {
    return this.#byName.has(lowerAscii(name));
  }

  count(name: string): number {
    return this.getAll(name).length;
  }

  first(name: string): MessageHeader | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): readonly MessageHeader[] {
    return this.#byName.get(lowerAscii(name)) ?? none;
  }
}

const none: readonly MessageHeader[] = [];

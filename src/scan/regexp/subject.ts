import { type ByteString, isValidUtf8, lowerAscii, toText } from '../message/index.ts';

/** A text that expressions are tried on, with the forms of it that they need, each made once. */
export class Subject {
  readonly bytes: ByteString;
  #text: string | undefined;
  #valid: boolean | undefined;
  #pairs: boolean | undefined;
  #lowerBytes: ByteString | undefined;
  #lowerText: string | undefined;

  constructor(bytes: ByteString) {
    this.bytes = bytes;
  }

  /** The bytes are UTF-8. */
  get isUtf8(): boolean {
    this.#valid ??= isValidUtf8(this.bytes);
    return this.#valid;
  }

  get text(): string {
    this.#text ??= toText(this.bytes);
    return this.#text;
  }

  /** There are characters that take two units of a JavaScript string. */
  get hasPairs(): boolean {
    this.#pairs ??= /[\xf0-\xf4]/.test(this.bytes);
    return this.#pairs;
  }

  /** Letters of ASCII in lower case. */
  lower(utf: boolean): string {
    if (!utf) {
      this.#lowerBytes ??= lowerAscii(this.bytes);
      return this.#lowerBytes;
    }
    this.#lowerText ??= this.text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
    return this.#lowerText;
  }
}

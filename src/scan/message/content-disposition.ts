import type { ByteString } from './bytes.ts';
import { ParamCollector, type Params } from './params.ts';

/** A Content-Disposition field (RFC 2183). */
export interface ContentDisposition {
  readonly type: 'inline' | 'attachment';
  /** As people read it, UTF-8; empty where there is none. */
  readonly filename: ByteString;
  readonly params: Params;
}

/**
 * Reads the field up to its first fault: a parameter that is whole by then counts. A type that nobody knows is an
 * attachment (rspamd: src/ragel/content_disposition.rl).
 * @returns undefined where neither type nor parameter can be read
 */
export function parseContentDisposition(value: ByteString): ContentDisposition | undefined {
  const reader = new DispositionReader(value);
  reader.read();
  if (reader.type === undefined && reader.params.empty) return undefined;
  const params = reader.params.finish();
  return { type: reader.type ?? 'attachment', filename: params.get('filename') ?? '', params };
}

class DispositionReader {
  readonly #text: ByteString;
  readonly params = new ParamCollector();
  type: 'inline' | 'attachment' | undefined;
  #at = 0;

  constructor(text: ByteString) {
    this.#text = text;
  }

  read(): void {
    const word = this.#token(true);
    if (word === '' || !this.#atEndOfParam()) return;
    const type = word.toLowerCase();
    if (type === 'inline' || type === 'attachment') this.type = type;
    while (this.#text[this.#at] === ';') {
      this.#at++;
      if (!this.#param()) return;
    }
  }

  #atEndOfParam(): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === ';';
  }

  /** @returns false at a fault */
  #param(): boolean {
    if (!this.#blanksAndComments()) return false;
    const name = this.#text[this.#at] === '"' ? this.#quoted() : this.#token(false);
    this.#blanks();
    if (name === undefined || name === '' || this.#text[this.#at] !== '=') return false;
    this.#at++;
    this.#blanks();
    const commented = this.#text[this.#at] === '(';
    if (!this.#blanksAndComments()) return false;
    const quoted = this.#text[this.#at] === '"';
    if (commented && !quoted) return false;
    const value = quoted ? this.#quoted() : this.#token(false);
    const next = this.#text[this.#at];
    if (value === undefined || value === '' || (!this.#atEndOfParam() && next !== ' ' && next !== '(')) return false;
    this.params.add(name, value);
    return this.#blanksAndComments() && this.#atEndOfParam();
  }

  #token(withQuotes: boolean): ByteString {
    const start = this.#at;
    while (isToken(this.#text.charCodeAt(this.#at), withQuotes)) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** What stands between quotes, backslashes and all; for nothing the quotes themselves. */
  #quoted(): ByteString | undefined {
    const start = this.#at++;
    while (this.#at < this.#text.length) {
      const byte = this.#text.charCodeAt(this.#at);
      if (byte === 0x22) {
        this.#at++;
        const text = this.#text.slice(start + 1, this.#at - 1);
        return text === '' ? '""' : text;
      }
      const pair = byte === 0x5c && isPrintable(this.#text.charCodeAt(this.#at + 1));
      const length = pair ? 2 : byte === 0x5c ? 0 : this.#character();
      if (length === 0) return undefined;
      this.#at += length;
    }
    return undefined;
  }

  /** Length of a printable character here; 0 where there is none. */
  #character(): number {
    const lead = this.#text.charCodeAt(this.#at);
    if (lead < 0x80) return isPrintable(lead) ? 1 : 0;
    if (lead < 0xc0 || lead > 0xf7) return 0;
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    for (let more = 1; more < length; more++) if ((this.#text.charCodeAt(this.#at + more) & 0xc0) !== 0x80) return 0;
    return length;
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }

  /** @returns false where a comment has no end */
  #blanksAndComments(): boolean {
    for (;;) {
      this.#blanks();
      if (this.#text[this.#at] !== '(') return true;
      let depth = 0;
      do {
        const c = this.#text[this.#at];
        const length = this.#at < this.#text.length && c !== '\\' ? this.#character() : 0;
        if (length === 0) return false;
        if (c === '(') depth++;
        else if (c === ')') depth--;
        this.#at += length;
      } while (depth > 0);
    }
  }
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}

/** What may stand in a bare word. */
function isToken(byte: number, withQuotes: boolean): boolean {
  if (byte === 0x22) return withQuotes;
  return (
    (byte >= 0x21 && byte <= 0x27) ||
    (byte >= 0x2a && byte <= 0x2e) ||
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x5e && byte <= 0x7e)
  );
}

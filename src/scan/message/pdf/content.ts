import type { ByteString } from '../bytes.ts';
import { PdfDepthError, type PdfValue, ValueReader } from './syntax.ts';

/** What drawing text comes to: a new line, a font from there on, or codes of that font. */
export type Drawn =
  | { readonly kind: 'line' }
  | { readonly kind: 'font'; readonly name: ByteString }
  /** `undefined` among the pieces is a gap between words. */
  | { readonly kind: 'show'; readonly pieces: ReadonlyArray<ByteString | undefined>; readonly onNewLine: boolean };

/** Pieces that are moved farther apart, in thousandths of the font's size, are words. */
const wordGap = -200;

/**
 * Reads what stands between `BT` and `ET` in a content stream, up to the first thing that Rspamd does not know
 * (rspamd: lualib/lua_content/pdf.lua:gen_text_grammar). Operators are told by how they begin, in the order of its
 * grammar, so that both stop at the same place.
 * @returns undefined where a string cannot be one
 */
export function readDrawing(text: ByteString): readonly Drawn[] | undefined {
  const drawn: Drawn[] = [];
  try {
    const reader = new DrawingReader(text, drawn);
    while (reader.command());
    if (reader.isFaulty) return undefined;
  } catch (error) {
    if (error instanceof PdfDepthError) return undefined;
    throw error;
  }
  return drawn;
}

/** Without operands. */
const plain = /T\*|[qQh]|[WSsFfBb]\**|n/y;
/** With one, with two, and with any number of operands. */
const unary = /T[cwzLrs]|[gGwJjMi]|ri|cs|CS|sh/y;
const binary = /T[Dd]|[dml]/y;
const many = /Tm|SC|sc|[kK]|re|[cvy]|RG|rg/y;
const show = /Tj|TJ|'/y;

class DrawingReader {
  readonly #reader: ValueReader;
  readonly #drawn: Drawn[];

  constructor(text: ByteString, drawn: Drawn[]) {
    this.#reader = new ValueReader(text, false);
    this.#drawn = drawn;
    this.#reader.skipBlanks();
  }

  /** Operands that matter cannot be worked out. */
  get isFaulty(): boolean {
    return this.#reader.isFaulty;
  }

  /** @returns whether there was one */
  command(): boolean {
    const start = this.#reader.at;
    const known =
      this.#plain() ||
      this.#withOperands() ||
      this.#show(start, show) ||
      this.#showQuoted(start) ||
      this.#font(start) ||
      this.#reader.comment();
    if (known) this.#reader.skipBlanks();
    return known;
  }

  #plain(): boolean {
    const found = this.#reader.match(plain)?.[0];
    if (found === 'T*') this.#drawn.push({ kind: 'line' });
    return found !== undefined;
  }

  #withOperands(): boolean {
    const start = this.#reader.at;
    const values: PdfValue[] = [];
    if (!this.#operand(values)) return false;
    if (this.#reader.match(unary) !== undefined) {
      this.#reader.forgive(start);
      return true;
    }
    if (this.#operand(values)) {
      const operator = this.#reader.match(binary)?.[0];
      if (operator !== undefined) {
        if (operator.startsWith('T')) this.#move(values.at(-1));
        else this.#reader.forgive(start);
        return true;
      }
      while (this.#operand(values));
    }
    if (this.#reader.name() !== undefined) this.#reader.skipBlanks();
    if (this.#reader.match(many) !== undefined) return true;
    this.#reader.back(start);
    return false;
  }

  /** A value, and blanks behind it. */
  #operand(values: PdfValue[]): boolean {
    const start = this.#reader.at;
    if (this.#reader.element(values) && this.#blanks()) return true;
    this.#reader.back(start);
    return false;
  }

  #blanks(): boolean {
    const start = this.#reader.at;
    this.#reader.skipBlanks();
    return this.#reader.at > start;
  }

  /** To another place: on the same line where it is as high. */
  #move(height: PdfValue | undefined): void {
    if (typeof height === 'number' && height !== 0) this.#drawn.push({ kind: 'line' });
  }

  #show(start: number, operators: RegExp): boolean {
    const items = this.#shown();
    if (items !== undefined) {
      this.#reader.skipBlanks();
      const operator = this.#reader.match(operators)?.[0];
      if (operator !== undefined) {
        const pieces = items.flatMap((item) =>
          typeof item === 'string' ? (item === '' ? [] : [item]) : item < wordGap ? [undefined] : [],
        );
        if (pieces.length > 0) this.#drawn.push({ kind: 'show', pieces, onNewLine: !operator.startsWith('T') });
        return true;
      }
    }
    this.#reader.back(start);
    return false;
  }

  /** With distances of words and of characters before the text. */
  #showQuoted(start: number): boolean {
    if (this.#operand([]) && this.#operand([])) {
      this.#reader.forgive(start);
      if (this.#show(this.#reader.at, /"/y)) return true;
    }
    this.#reader.back(start);
    return false;
  }

  /** A string, or a list of strings and of distances between them. */
  #shown(): ReadonlyArray<ByteString | number> | undefined {
    const reader = this.#reader;
    if (reader.text[reader.at] !== '[') {
      const only = reader.string();
      return only === undefined ? undefined : [only];
    }
    reader.at++;
    const items: Array<ByteString | number> = [];
    for (;;) {
      reader.skipBlanks();
      const item = reader.number() ?? reader.string();
      if (item === undefined) break;
      items.push(item);
    }
    return reader.match(/]/y) === undefined ? undefined : items;
  }

  #font(start: number): boolean {
    const name = this.#reader.name();
    if (name !== undefined && this.#blanks() && this.#reader.number() !== undefined && this.#blanks()) {
      if (this.#reader.match(/Tf/y) !== undefined) {
        this.#drawn.push({ kind: 'font', name });
        return true;
      }
    }
    this.#reader.back(start);
    return false;
  }
}

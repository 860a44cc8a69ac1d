import type { ByteString } from '../bytes.ts';
import type { Budget } from './budget.ts';
import { unfiltered } from './filters.ts';
import { findObjects } from './find.ts';
import { PdfDepthError, type PdfDict, PdfReference, type PdfValue, ValueReader } from './syntax.ts';

/** Bytes of a dictionary, and of a piece of text, no more (rspamd: lualib/lua_content/pdf.lua, max_processing_size). */
export const maxParsed = 32 * 1024;

/** An object with a number of its own. */
export class PdfObject {
  readonly stream: ByteString | undefined;
  /** Its dictionary or list; undefined where there is none, or it cannot be read. */
  readonly value: PdfDict | readonly PdfValue[] | undefined;
  type: ByteString | undefined;
  /** Of a page: the objects that draw it. */
  contents: readonly PdfObject[] | undefined;
  resources: PdfDict | undefined;

  constructor(value: PdfObject['value'], stream: ByteString | undefined) {
    this.value = value;
    this.stream = stream;
  }
}

/** An object, a value that is an object for itself, or a value that stands where it is used. */
export type Resolved = PdfObject | PdfValue | undefined;

/** The dictionary that a value is, or that the object it refers to is; an empty one for anything else. */
export function dictOf(value: Resolved): PdfDict {
  const own = value instanceof PdfObject ? value.value : value;
  return own instanceof Map ? (own as PdfDict) : none;
}

const none: PdfDict = new Map();

/** The objects of a file (rspamd: lualib/lua_content/pdf.lua:postprocess_pdf_objects). */
export class PdfObjects {
  readonly all: PdfObject[] = [];
  /** How often one seems to start. */
  readonly starts: number;
  /** There is no reading streams. */
  encrypted: boolean;
  readonly #references = new Map<number, PdfObject | PdfValue>();
  readonly #budget: Budget;
  readonly #unpacked = new Map<PdfObject, ByteString | undefined>();

  constructor(text: ByteString, encrypted: boolean, budget: Budget) {
    this.encrypted = encrypted;
    this.#budget = budget;
    const { found, starts } = findObjects(text);
    this.starts = starts;
    const read = found.map(({ major, minor, start, end, stream }) => {
      const head = text.slice(start, stream?.start ?? end);
      return { key: keyOf(major, minor), ...this.#read(head, stream && text.slice(stream.start, stream.end)) };
    });
    // Of several objects with one number the last one counts, but one without a stream before one with.
    for (const { key, object } of read) this.#references.set(key, object);
    for (const { key, object, meant } of read) {
      this.all.push(object);
      if (object.stream === undefined && meant !== undefined) this.#references.set(key, meant);
    }
    for (const object of this.all) if (dictOf(object).get('Type') === 'XRef') this.noteEncryption(object);
    for (const object of [...this.all]) if (dictOf(object).get('Type') === 'ObjStm') this.#addPacked(object);
  }

  /** Streams of references instead of a trailer tell whether the file is encrypted. */
  noteEncryption(object: PdfObject): void {
    if (dictOf(object).has('Encrypt')) this.encrypted = true;
  }

  /** What a reference refers to; any other value is that value. */
  resolve(value: Resolved): Resolved {
    return value instanceof PdfReference ? this.#references.get(keyOf(value.major, value.minor)) : value;
  }

  /** The stream of an object without its filters; undefined where there is none or it cannot be read. */
  streamOf(object: PdfObject): ByteString | undefined {
    if (this.encrypted || object.stream === undefined) return undefined;
    if (!this.#unpacked.has(object)) this.#unpacked.set(object, this.#unpack(object, object.stream));
    return this.#unpacked.get(object);
  }

  #unpack(object: PdfObject, stream: ByteString): ByteString | undefined {
    const dict = dictOf(object);
    const length = Math.trunc(Math.min(stream.length, numberOf(this.resolve(dict.get('Length'))) ?? stream.length));
    if (length <= 0) return undefined;
    const bytes = stream.slice(0, length);
    const filters = dict.get('Filter');
    if (filters === undefined) return bytes;
    const parameters = this.resolve(dict.get('DecodeParms'));
    const predictor = parameters instanceof Map ? numberOf(parameters.get('Predictor')) : undefined;
    return (predictor ?? 1) > 1 ? undefined : unfiltered(bytes, filters, this.#budget);
  }

  /** @returns an object, and what a reference to it means; undefined where it cannot be read */
  #read(head: ByteString, stream: ByteString | undefined): { readonly object: PdfObject; readonly meant: Resolved } {
    const value = this.#parse(head);
    const object = new PdfObject(isComposite(value) ? value : undefined, stream);
    // What is no dictionary stands for itself.
    return { object, meant: value === undefined || isComposite(value) ? value && object : value };
  }

  /** @returns undefined for what cannot be read; where there is no value, where the reader came to */
  #parse(head: ByteString): PdfValue | undefined {
    if (head.length >= maxParsed || !this.#budget.spend(head.length)) return undefined;
    const reader = new ValueReader(head, true);
    const values: PdfValue[] = [];
    try {
      reader.skipBlanks();
      while (reader.element(values));
    } catch (error) {
      if (error instanceof PdfDepthError) return undefined;
      throw error;
    }
    reader.skipBlanks();
    // The first one counts, but all of them have to be sound.
    return reader.isFaulty ? undefined : (values[0] ?? reader.at + 1);
  }

  /** Objects in a stream (ISO 32000-1, 7.5.7). */
  #addPacked(object: PdfObject): void {
    const dict = dictOf(object);
    const first = numberOf(this.resolve(dict.get('First')));
    if (first === undefined || numberOf(this.resolve(dict.get('N'))) === undefined) return;
    const text = this.streamOf(object);
    if (text === undefined) return;
    const places = placesOf(text);
    for (const [at, [major, place]] of places.entries()) {
      const start = place + first;
      const next = places[at + 1];
      const length = (next === undefined ? text.length : next[1] + first) - start;
      if (start < 0 || length <= 0 || start + length > text.length) continue;
      const { object: packed, meant } = this.#read(
        text.slice(Math.trunc(start), Math.trunc(start + length)),
        undefined,
      );
      if (meant === undefined) continue;
      this.all.push(packed);
      this.#references.set(keyOf(major, 0), meant);
    }
  }
}

/** Pairs of numbers at the start: of an object, and where it stands behind them. */
function placesOf(text: ByteString): Array<readonly [major: number, place: number]> {
  const reader = new ValueReader(text, false);
  const blanks = (): boolean => {
    const before = reader.at;
    reader.skipBlanks();
    return reader.at > before;
  };
  blanks();
  while (reader.comment()) blanks();
  const places: Array<readonly [number, number]> = [];
  for (;;) {
    const major = reader.number();
    if (major === undefined || !blanks()) return places;
    const place = reader.number();
    if (place === undefined) return places;
    blanks();
    places.push([major, place]);
  }
}

/** Objects by their two numbers. */
function keyOf(major: number, minor: number): number {
  return major * 10 + 1 / (minor + 1);
}

function isComposite(value: PdfValue | undefined): value is PdfDict | readonly PdfValue[] {
  return value instanceof Map || Array.isArray(value);
}

export function numberOf(value: Resolved): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : undefined;
}

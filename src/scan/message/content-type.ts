import { type ByteString, isSpace, lowerAscii } from './bytes.ts';
import { ParamCollector, type Params } from './params.ts';
import { lowerUtf8 } from './utf8.ts';

/** A Content-Type field (RFC 2045, 5.1) with its repairs. */
export interface ContentType {
  /** Lower case; `text` where nothing is declared. */
  readonly type: ByteString;
  /** Lower case; may be empty. */
  readonly subtype: ByteString;
  readonly params: Params;
  /** As declared, empty where it is not. */
  readonly charset: ByteString;
  /** As declared, empty where it is not. Boundaries compare in lower case. */
  readonly boundary: ByteString;
  /** The field was mended, or the body is not what it says. */
  readonly broken: boolean;
  /** There is no such field. */
  readonly missing: boolean;
  readonly isMultipart: boolean;
  readonly isText: boolean;
  /** A message with headers of its own. */
  readonly isMessage: boolean;
  readonly isSmime: boolean;
}

const noParams: Params = new Map();

/** What a part without the field counts as. */
export function missingContentType(isText: boolean): ContentType {
  return {
    type: 'text',
    subtype: 'plain',
    params: noParams,
    charset: '',
    boundary: '',
    broken: false,
    missing: isText,
    isMultipart: false,
    isText,
    isMessage: false,
    isSmime: false,
  };
}

/**
 * Reads the field as forgivingly as mail programs do (rspamd: src/libmime/content_type.c:rspamd_content_type_parse).
 * @param value the undecoded value
 * @returns undefined where there is not even a type
 */
export function parseContentType(value: ByteString): ContentType | undefined {
  const scanner = new ContentTypeScanner(value);
  scanner.scan();
  if (scanner.type === '') return undefined;
  const params = lowerValues(scanner.params.finish());
  const mended = mend(lowerAscii(scanner.type), lowerAscii(scanner.subtype));
  const { type, subtype } = mended;
  const isReport = type === 'message' && (subtype === 'delivery-status' || subtype.includes('notification'));
  return {
    type,
    subtype,
    params,
    charset: params.get('charset') ?? '',
    boundary: params.get('boundary') ?? '',
    broken: mended.broken || scanner.overflow,
    missing: false,
    isMultipart: type === 'multipart',
    isText: type === 'text' || isReport,
    isMessage: type === 'message' && !isReport,
    isSmime: scanner.subtype !== '' && lowerAscii(scanner.subtype).includes('pkcs7-mime'),
  };
}

function mend(type: ByteString, subtype: ByteString) {
  if (subtype === 'alternate') return { type, subtype: 'alternative', broken: true };
  if (subtype !== '') return { type, subtype, broken: false };
  if (type === 'html') return { type: 'text', subtype: 'html', broken: true };
  return { type, subtype: type === 'application' ? 'octet-stream' : '', broken: true };
}

/** Only boundary, charset and name keep their case. */
function lowerValues(params: Map<ByteString, ByteString>): Params {
  for (const [name, value] of params)
    if (name !== 'boundary' && name !== 'charset' && name !== 'name') params.set(name, lowerUtf8(value));
  return params;
}

type State =
  | 'type'
  | 'subtype'
  | 'after subtype'
  | 'name'
  | 'after name'
  | 'value'
  | 'after quotes'
  | 'space'
  | 'quotes'
  | 'comment';

class ContentTypeScanner {
  readonly #text: ByteString;
  readonly params = new ParamCollector();
  type = '';
  subtype = '';
  /** There were more parameters than are kept. */
  overflow = false;
  #state: State = 'space';
  #next: State = 'type';
  #at = 0;
  /** Where the token in hand begins. */
  #from = 0;
  #name: ByteString = '';
  #quotedEnd = 0;
  #seenEquals = false;
  #opened = 0;
  #closed = 0;

  constructor(text: ByteString) {
    this.#text = text;
  }

  scan(): void {
    while (this.#at < this.#text.length) this.#step(this.#text.charCodeAt(this.#at));
    if (this.#state === 'type') this.type = this.#token();
    else if (this.#state === 'subtype') this.subtype = this.#token();
    else if (this.#state === 'after quotes') this.#param(this.#quotedEnd);
    else if (this.#state === 'value')
      this.#param(this.#at > this.#from && this.#text.endsWith(';') ? this.#at - 1 : this.#at);
  }

  #token(): ByteString {
    return this.#text.slice(this.#from, this.#at);
  }

  #param(end: number): void {
    if (this.#name !== '' && !this.params.add(this.#name, this.#text.slice(this.#from, end))) this.overflow = true;
  }

  #step(c: number): void {
    switch (this.#state) {
      case 'type':
        this.#typeByte(c);
        break;
      case 'subtype':
        if (isSpace(c) || c === SEMICOLON) {
          this.subtype = this.#token();
          this.#state = 'after subtype';
        } else {
          this.#at++;
        }
        break;
      case 'after subtype':
        this.#afterSubtype(c);
        break;
      case 'name':
        this.#nameByte(c);
        break;
      case 'after name':
        this.#afterName(c);
        break;
      case 'value':
        this.#valueByte(c);
        break;
      case 'after quotes':
        this.#afterQuotes(c);
        break;
      case 'quotes':
        this.#quotedByte(c);
        break;
      case 'comment':
        this.#commentByte(c);
        break;
      case 'space':
        this.#spaceByte(c);
    }
  }

  #typeByte(c: number): void {
    if (c !== SLASH && c !== SEMICOLON && !isSpace(c)) {
      this.#at++;
      return;
    }
    this.type = this.#token();
    if (c === SLASH) {
      this.#at++;
      this.#skipSpaces('subtype');
    } else {
      this.#state = 'after subtype';
    }
  }

  #afterSubtype(c: number): void {
    if (c === SEMICOLON || isSpace(c)) {
      this.#at++;
      return;
    }
    this.#from = this.#at;
    this.#seenEquals = false;
    if (c === OPEN) this.#comment('name');
    else this.#startName();
  }

  #quotedByte(c: number): void {
    if (c === BACKSLASH) {
      this.#at += this.#at + 1 < this.#text.length ? 2 : 1;
    } else if (c === QUOTE) {
      this.#quotedEnd = this.#at;
      this.#state = this.#next;
    } else {
      this.#at++;
    }
  }

  #spaceByte(c: number): void {
    if (isSpace(c)) {
      this.#at++;
    } else if (c === OPEN) {
      this.#comment(this.#next);
    } else {
      this.#from = this.#at;
      this.#state = this.#next;
    }
  }

  #startName(): void {
    this.#state = 'name';
    this.#name = '';
  }

  #skipSpaces(next: State): void {
    this.#state = 'space';
    this.#next = next;
  }

  #nextParam(): void {
    this.#name = '';
    this.#skipSpaces('name');
  }

  #comment(next: State): void {
    this.#state = 'comment';
    this.#next = next;
    this.#name = '';
    this.#opened = 1;
    this.#closed = 0;
    this.#at++;
  }

  #nameByte(c: number): void {
    if (c === EQUALS || isSpace(c)) {
      this.#name = this.#token();
      this.#state = 'after name';
      if (c === EQUALS) {
        this.#seenEquals = true;
        this.#at++;
      }
    } else {
      this.#at++;
    }
  }

  #afterName(c: number): void {
    if (isSpace(c)) {
      this.#at++;
    } else if (c === EQUALS) {
      if (this.#seenEquals) {
        // A second sign is the first byte of the value.
        this.#from = this.#at;
        this.#state = 'value';
      }
      this.#seenEquals = !this.#seenEquals;
      this.#at++;
    } else {
      this.#from = this.#at;
      if (this.#seenEquals) this.#state = 'value';
      else this.#startName();
    }
  }

  #valueByte(c: number): void {
    if (c === QUOTE) {
      this.#from = ++this.#at;
      this.#state = 'quotes';
      this.#next = 'after quotes';
    } else if (isSpace(c)) {
      this.#param(this.#at);
      this.#nextParam();
    } else if (c === OPEN) {
      this.#param(this.#at);
      this.#comment('name');
    } else if (c === SEMICOLON) {
      this.#param(this.#at++);
      this.#nextParam();
    } else {
      this.#at++;
    }
  }

  #afterQuotes(given: number): void {
    this.#param(this.#quotedEnd);
    let c = given;
    if (c === QUOTE) {
      this.#at++;
      if (this.#at === this.#text.length) {
        this.#state = 'space';
        return;
      }
      c = this.#text.charCodeAt(this.#at);
      if (c === SEMICOLON) {
        this.#at++;
        this.#nextParam();
        return;
      }
    }
    if (isSpace(c)) {
      this.#nextParam();
    } else if (c === OPEN) {
      this.#comment('name');
    } else {
      this.#startName();
      this.#from = this.#at;
    }
  }

  #commentByte(c: number): void {
    this.#at++;
    if (c === OPEN) {
      this.#opened++;
    } else if (c === CLOSE) {
      this.#closed++;
      if (this.#opened !== this.#closed || this.#at >= this.#text.length) return;
      if (isSpace(this.#text.charCodeAt(this.#at))) {
        this.#state = 'space';
      } else {
        this.#from = this.#at;
        this.#state = this.#next;
      }
    }
  }
}

const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const SLASH = 0x2f;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

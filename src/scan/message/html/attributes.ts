import { type ByteString, isSpace, lowerAscii } from '../bytes.ts';
import { replacementCharacter } from '../utf8.ts';
import { decodeEntities } from './entities.ts';
import type { Tag } from './tag.ts';
import { knownTag } from './tags.ts';

/** Of one tag; what goes beyond is dropped. */
const maxPerTag = 128;
/** Of all tags of a message. */
const maxPerMessage = 65536;

/** Counts attributes over all documents of a message. */
export interface AttributeBudget {
  used: number;
}

export interface TagText {
  /** Offset of its `>`, or of the end of the text where there is none. */
  readonly end: number;
  readonly closed: boolean;
  readonly tooMany: boolean;
  /** Of an element that HTML has not. */
  readonly unknown: boolean;
  /** A quote stands where an equals sign should. */
  readonly bad: boolean;
}

/**
 * Reads name and attributes of a tag (rspamd: src/libserver/html/html.cxx:html_parse_tag_content).
 * @param tag takes them
 * @param from offset of its first letter
 */
export function readTag(html: ByteString, from: number, tag: Tag, budget: AttributeBudget): TagText {
  return new TagReader(html, from, tag, budget).run();
}

type State =
  | 'name'
  | 'attribute'
  | 'beforeEqual'
  | 'equal'
  | 'afterEqual'
  | 'value'
  | 'afterQuote'
  | 'blank'
  | 'slash'
  | 'slashInValue'
  | 'done';

class TagReader {
  readonly #html: ByteString;
  readonly #tag: Tag;
  readonly #budget: AttributeBudget;
  #at: number;
  #state: State = 'name';
  #buffer = '';
  #name = '';
  #tooMany = false;
  #unknown = false;
  #bad = false;

  constructor(html: ByteString, from: number, tag: Tag, budget: AttributeBudget) {
    this.#html = html;
    this.#tag = tag;
    this.#budget = budget;
    this.#at = from;
  }

  run(): TagText {
    let closed = false;
    while (this.#at < this.#html.length && !closed) {
      const c = this.#html[this.#at] as string;
      const quoted = this.#step(c);
      if (quoted) closed = this.#quoted(c);
      else if (c === '>') closed = true;
      else this.#at++;
    }
    return { end: this.#at, closed, tooMany: this.#tooMany, unknown: this.#unknown, bad: this.#bad };
  }

  /** @returns whether a quote begins a value */
  #step(c: string): boolean {
    const blank = isSpace(c.charCodeAt(0));
    switch (this.#state) {
      case 'name':
        this.#readName(c, blank);
        return false;
      case 'attribute':
        this.#readAttribute(c, blank);
        return false;
      case 'beforeEqual':
        if (!blank) this.#expectEqual(c);
        return false;
      case 'equal':
      case 'afterEqual':
        if (c === '"' || c === "'") return true;
        if (!blank) this.#beginValue(c);
        else this.#state = 'afterEqual';
        return false;
      case 'value':
        this.#readValue(c, blank);
        return false;
      case 'afterQuote':
        this.#afterQuote(c, blank);
        return false;
      case 'blank':
        if (!blank) this.#beginAttribute(c);
        return false;
      case 'slash':
        this.#afterSlash(c, blank);
        return false;
      case 'slashInValue':
        this.#slashInValue(c);
        return false;
      default:
        return false;
    }
  }

  #keep(c: string, lower: boolean): void {
    this.#buffer += c === '\0' ? replacementCharacter : lower ? lowerAscii(c) : c;
  }

  /** Takes a run of characters up to one of those that matter; the first has been kept. */
  #keepRun(run: RegExp, lower: boolean): void {
    run.lastIndex = this.#at + 1;
    const text = run.exec(this.#html)?.[0] ?? '';
    this.#buffer += (lower ? lowerAscii(text) : text).replaceAll('\0', replacementCharacter);
    this.#at += text.length;
  }

  #readName(c: string, blank: boolean): void {
    if (!blank && c !== '>' && c !== '/') {
      this.#keep(c, true);
      return;
    }
    const tag = this.#tag;
    if (c === '/') tag.mark('closed');
    const name = decodeEntities(this.#buffer);
    this.#buffer = '';
    this.#state = 'blank';
    const flags = knownTag(name);
    this.#unknown = flags === undefined;
    tag.id = flags === undefined ? `?${name}` : name;
    // The slash of an element that HTML has does not close it.
    if (flags !== undefined) tag.flags = flags;
  }

  #readAttribute(c: string, blank: boolean): void {
    if (c === '=') {
      if (this.#buffer !== '') this.#storeName();
      this.#state = 'equal';
    } else if (blank) {
      this.#storeName();
      this.#state = 'beforeEqual';
    } else if (c === '/' || c === '>') {
      this.#storeName();
      this.#storeValue();
      this.#state = c === '/' ? 'slash' : 'done';
    } else {
      if (c === '"' || c === "'" || c === '<') this.#tag.mark('broken');
      this.#keep(c, true);
    }
  }

  #expectEqual(c: string): void {
    if (c === '=') {
      this.#state = 'equal';
      return;
    }
    this.#storeValue();
    if (c === '>') {
      this.#state = 'done';
      return;
    }
    if (c === '"' || c === "'" || c === '<') {
      this.#tag.mark('broken');
      this.#bad = true;
    }
    this.#keep(c, true);
    this.#state = 'blank';
  }

  #beginValue(c: string): void {
    this.#keep(c, false);
    this.#state = 'value';
    if (c !== '>') this.#keepRun(/[^/\t\n\f\r >"]*/y, false);
  }

  #readValue(c: string, blank: boolean): void {
    if (c === '/') {
      this.#state = 'slashInValue';
    } else if (blank || c === '>' || c === '"') {
      this.#storeValue();
      this.#state = 'blank';
    } else {
      this.#beginValue(c);
    }
  }

  #afterQuote(c: string, blank: boolean): void {
    this.#buffer = '';
    this.#name = '';
    if (blank) {
      this.#state = 'blank';
    } else {
      this.#keep(c, true);
      this.#state = c === '/' ? 'slash' : 'attribute';
    }
  }

  #beginAttribute(c: string): void {
    if (c === '/') {
      this.#state = 'slash';
      return;
    }
    if (c === '=') this.#tag.mark('broken');
    this.#keep(c, true);
    this.#state = 'attribute';
  }

  #afterSlash(c: string, blank: boolean): void {
    if (c === '>') {
      this.#tag.mark('closed');
      this.#state = 'done';
    } else if (!blank) {
      this.#tag.mark('broken');
      this.#state = 'attribute';
    }
  }

  #slashInValue(c: string): void {
    if (c === '>') {
      this.#tag.mark('closed');
      this.#state = 'done';
      this.#storeValue();
    } else {
      this.#buffer += '/';
      this.#beginValue(c);
    }
  }

  /**
   * A value in quotes. Without the closing one the tag ends at its first `>`.
   * @returns whether the tag has ended
   */
  #quoted(quote: string): boolean {
    const from = this.#at + 1;
    const found = this.#html.indexOf(quote, from);
    if (found >= 0) {
      this.#buffer += this.#html.slice(from, found).replaceAll('\0', replacementCharacter);
      this.#storeValue();
      this.#state = found === from ? 'blank' : 'afterQuote';
      this.#at = found + 1;
      return false;
    }
    const bracket = this.#html.indexOf('>', from);
    this.#at = bracket >= 0 ? bracket : this.#html.length;
    return bracket >= 0;
  }

  #storeName(): void {
    this.#name = decodeEntities(this.#buffer);
    this.#buffer = '';
  }

  #storeValue(): void {
    const [name, value] = [this.#name, this.#buffer];
    this.#name = this.#buffer = '';
    if (name === '') return;
    const { attributes } = this.#tag;
    if (attributes.length >= maxPerTag || this.#budget.used >= maxPerMessage) {
      this.#tooMany = true;
      return;
    }
    this.#budget.used++;
    attributes.push([name, decodeEntities(name === 'id' || name === 'class' ? lowerAscii(value) : value)]);
  }
}

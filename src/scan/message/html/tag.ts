import type { ByteString } from '../bytes.ts';
import type { Url } from '../url/url.ts';
import type { Block } from './block.ts';
import type { HtmlImage } from './images.ts';
import { tagFlags } from './tags.ts';

/** Attributes that are only there or not. */
const booleans = new Set(['hidden', 'disabled', 'readonly', 'checked', 'selected']);

/** An element of a document. */
export class Tag {
  /** In lower case; empty for comments and declarations, of unknown elements with a question mark before it. */
  id = '';
  flags: number;
  /** Offset of its `<`. */
  start = 0;
  /** Offset behind its `>`; once the text has been made, of its text there. */
  contentStart = 0;
  /** Offsets of its closing tag, -1 without one; once the text has been made, the first one is the end of its text. */
  closingStart = -1;
  closingEnd = -1;
  parent: Tag | undefined;
  readonly children: Tag[] = [];
  /** As the tag has them: names in lower case, values without character references. */
  readonly attributes: [name: ByteString, value: ByteString][] = [];
  block: Block | undefined;
  url: Url | undefined;
  image: HtmlImage | undefined;
  depth = 0;

  constructor(flags = 0) {
    this.flags = flags;
  }

  /** The name of an element that HTML has; `unknown` for others. */
  get name(): string {
    return this.isKnown ? this.id : 'unknown';
  }

  get isKnown(): boolean {
    return this.id !== '' && !this.id.startsWith('?');
  }

  is(flag: keyof typeof tagFlags): boolean {
    return (this.flags & tagFlags[flag]) !== 0;
  }

  mark(flag: keyof typeof tagFlags): void {
    this.flags |= tagFlags[flag];
  }

  /**
   * The first attribute of that name. A link is also found in `action`, by the name `href` only; attributes that are
   * only there or not have the value `true`.
   */
  attribute(name: ByteString): ByteString | undefined {
    if (name === 'action') return undefined;
    for (const [own, value] of this.attributes) {
      if (own !== name && !(name === 'href' && own === 'action')) continue;
      return booleans.has(name) ? 'true' : value;
    }
    return undefined;
  }

  /** A number of digits only, of 32 bits. */
  numericAttribute(name: ByteString): number | undefined {
    const value = this.attribute(name);
    return value === undefined || !/^[0-9]{1,22}$/.test(value) ? undefined : toUint32(value);
  }

  /** Bytes of its text; a head has none. */
  get contentLength(): number {
    return this.is('ignore') || this.is('head') ? 0 : Math.max(0, this.closingStart - this.contentStart);
  }
}

function toUint32(digits: ByteString): number | undefined {
  const number = BigInt(digits);
  return number > 0xffffffffffffffffn ? undefined : Number(number & 0xffffffffn);
}

import type { ByteString } from '../bytes.ts';
import type { Url } from '../url/url.ts';
import { newFeatures } from './features.ts';
import type { HtmlImage } from './images.ts';
import type { Tag } from './tag.ts';

/** Tags of one document; what comes behind is text. */
const maxTags = 8192;

/** What is wrong or remarkable with a document (rspamd: html:has_property). */
export type HtmlProperty =
  | 'bad_start'
  | 'bad_elements'
  | 'xml'
  | 'unknown_elements'
  | 'duplicate_elements'
  | 'too_many_tags'
  | 'data_urls'
  | 'zeros'
  | 'too_many_attributes';

/** The bits of `features.flags` (rspamd: src/libserver/html/html.h). */
const bits: Readonly<Record<HtmlProperty, number>> = {
  bad_start: 1 << 0,
  bad_elements: 1 << 1,
  xml: 1 << 2,
  unknown_elements: 1 << 4,
  duplicate_elements: 1 << 5,
  too_many_tags: 1 << 6,
  data_urls: 1 << 7,
  zeros: 1 << 8,
  too_many_attributes: 1 << 9,
};

/** An HTML document. */
export class HtmlDocument {
  /** In the order in which they begin, made-up ones included. */
  readonly tags: Tag[] = [];
  root: Tag | undefined;
  readonly images: HtmlImage[] = [];
  /** What people see of it, UTF-8. */
  text: ByteString = '';
  /** What they do not see. */
  invisible: ByteString = '';
  readonly features = newFeatures();
  /** Against which its links are read. */
  base: Url | undefined;
  readonly #seen = new Set<string>();
  #properties = 0;

  /** @returns undefined where there are too many */
  add(tag: Tag): Tag | undefined {
    if (this.tags.length >= maxTags) {
      this.mark('too_many_tags');
      return undefined;
    }
    this.tags.push(tag);
    return tag;
  }

  mark(property: HtmlProperty): void {
    this.#properties |= bits[property];
    this.features.flags = this.#properties;
  }

  has(property: HtmlProperty): boolean {
    return (this.#properties & bits[property]) !== 0;
  }

  /** Notes that there is an element of that name. @returns whether there was one already */
  see(name: string): boolean {
    if (this.#seen.has(name)) return true;
    this.#seen.add(name);
    return false;
  }

  /** Whether there is an element of that name. */
  hasTag(name: string): boolean {
    return this.#seen.has(name);
  }

  /** Elements, without comments, declarations and what was made up. */
  *elements(): Iterable<Tag> {
    for (const tag of this.tags) if (!tag.is('xml') && !tag.is('virtual')) yield tag;
  }

  /** The text of an element, the hidden one where it is hidden. */
  textOf(tag: Tag): ByteString {
    const whole = tag.block === undefined || tag.block.isVisible ? this.text : this.invisible;
    return whole.slice(tag.contentStart, tag.contentStart + tag.contentLength);
  }
}

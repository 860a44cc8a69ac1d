import type { ByteString } from '../bytes.ts';
import { isAlnum, lowerAscii, trimSet } from '../bytes.ts';
import { trimUnicode } from '../normalise.ts';
import { inheritedUrlFlags, urlFlags } from '../url/flags.ts';
import { findInQuery } from '../url/query.ts';
import type { UrlSet } from '../url/set.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';
import type { Url } from '../url/url.ts';
import type { AttributeBudget } from './attributes.ts';
import { displayedUrl, visibleText } from './displayed.ts';
import { HtmlDocument } from './document.ts';
import { parseHref } from './href.ts';
import { readImage } from './images.ts';
import { type ElementHandler, HtmlParser } from './parser.ts';
import { type LinkHandler, Renderer } from './render.ts';
import type { Tag } from './tag.ts';
import { spreadStyles } from './visibility.ts';

/** What is longer is text (rspamd: src/libserver/cfg_utils.cxx, DEFAULT_MAX_HTML_SIZE). */
const maxHtml = 10 * 1024 * 1024;

/** What all HTML parts of a message share. */
export interface HtmlContext {
  readonly urls: UrlSet;
  readonly suffixes: PublicSuffixes;
  readonly budget: AttributeBudget;
  /** The registered domain of the sender; empty where there is none. */
  readonly senderDomain: ByteString;
  /** Position of the next URL in the message. */
  nextOrder: number;
}

/** Text that stands for a URL. */
export interface ShownUrl {
  readonly offset: number;
  readonly length: number;
  readonly url: Url;
}

export interface ReadHtml {
  readonly document: HtmlDocument;
  /** Where links show URLs, by their offset in the text. */
  readonly shown: readonly ShownUrl[];
}

/**
 * Reads a document: its tree, its text, its links and images
 * (rspamd: src/libserver/html/html.cxx:rspamd_html_process_part_full).
 * @param html UTF-8
 */
export function readHtml(html: ByteString, context: HtmlContext): ReadHtml {
  const document = new HtmlDocument();
  const given = html.slice(0, maxHtml);
  const reader = new LinkReader(document, context, given.length);
  const parser = new HtmlParser(given, document, context.budget, reader);
  const { styles, end, pending } = parser.run();
  if (document.root !== undefined) spreadStyles(document.root, styles);
  if (pending !== undefined) parser.finish();
  const renderer = new Renderer(given, document, reader);
  if (document.root !== undefined) renderer.tree(document.root);
  if (end < given.length) renderer.plain(given.slice(end));
  if (html.length > maxHtml) renderer.plain(html.slice(maxHtml));
  renderer.finish();
  reader.finish();
  return { document, shown: reader.shown };
}

class LinkReader implements ElementHandler, LinkHandler {
  readonly shown: ShownUrl[] = [];
  readonly #document: HtmlDocument;
  readonly #context: HtmlContext;
  readonly #size: number;
  readonly #linksOfHost = new Map<ByteString, number>();
  #partOrder = 0;
  /** Bytes of link texts that may be looked at in full: links in links have the same text over and over. */
  #textBudget: number;

  constructor(document: HtmlDocument, context: HtmlContext, size: number) {
    this.#document = document;
    this.#context = context;
    this.#size = size;
    this.#textBudget = 8 * size;
  }

  element(tag: Tag, inBody: boolean): void {
    if (tag.id === 'form') this.#form(tag);
    else if (tag.id === 'meta') this.#meta(tag);
    else if (tag.id === 'input' && /^password$/i.test(tag.attribute('type') ?? ''))
      this.#document.features.passwordInput = true;
    if (tag.is('href') && inBody) this.#href(tag);
    else if (tag.id === 'base') this.#base(tag);
    if (tag.id === 'img' || (tag.id === 'link' && tag.attribute('rel') === 'icon')) this.#image(tag);
  }

  link(tag: Tag, read: (limit: number) => ByteString, offset: number): void {
    const { url } = tag;
    if (url === undefined) return;
    const text = read(Math.max(this.#textBudget, 1024));
    this.#textBudget -= text.length;
    if (text !== '') this.#show(url, text, offset);
    const isMismatch = url.has('url_displayed') && url.has('html_displayed') && url.linked !== undefined;
    if (isMismatch && url.linked !== url) this.#document.features.links.displayMismatch++;
  }

  finish(): void {
    const { features } = this.#document;
    features.links.hosts = this.#linksOfHost.size;
    const excess = Math.max(0, features.visibleText + features.hiddenText - this.#size);
    const hidden = Math.min(excess, features.hiddenText);
    features.hiddenText -= hidden;
    features.visibleText -= excess - hidden;
  }

  /** rspamd: src/libserver/html/html_url.cxx:html_check_displayed_url. */
  #show(url: Url, text: ByteString, offset: number): void {
    const { urls, suffixes } = this.#context;
    url.visible = visibleText(text);
    const shown = displayedUrl(url, text, suffixes);
    if (shown === undefined) return;
    this.shown.push({ offset, length: trimUnicode(text).length, url });
    const known = urls.addOrGet(shown);
    if (known === undefined) return;
    if (known.has('text')) {
      if (!known.has('url_displayed')) known.flags |= shown.flags;
      known.flags &= ~urlFlags.text;
    }
    known.count++;
  }

  #form(tag: Tag): void {
    const { features } = this.#document;
    features.forms++;
    const action = tag.attribute('href');
    const url = action === undefined || !isAbsolute(action) ? undefined : parseHref(action, this.#context.suffixes);
    const domain = url === undefined ? '' : this.#context.suffixes.registered(lowerAscii(url.host));
    if (domain === '') return;
    if (this.#isSenders(domain)) features.ownForms++;
    else features.foreignForms++;
  }

  #isSenders(domain: ByteString): boolean {
    const { senderDomain } = this.#context;
    return senderDomain !== '' && lowerAscii(domain) === lowerAscii(senderDomain);
  }

  #meta(tag: Tag): void {
    const { features } = this.#document;
    const kind = tag.attribute('http-equiv');
    if (kind === undefined || kind.length < 7 || lowerAscii(kind) !== 'refresh') return;
    features.metaRefresh++;
    const content = tag.attribute('content') ?? '';
    const at = lowerAscii(content).indexOf('url=');
    if (at < 0) return;
    const target = trimSet(content.slice(at + 4).replace(/^[ \t\n\f\r'"]+/, ''), ' \t\n\f\r\'";');
    if (target !== '' && parseHref(target, this.#context.suffixes) !== undefined) features.metaRefreshUrls++;
  }

  #base(tag: Tag): void {
    const url = this.#urlOf(tag);
    if (url === undefined) return;
    tag.url = url;
    tag.mark('href');
    this.#document.base ??= url;
  }

  #href(tag: Tag): void {
    const { urls } = this.#context;
    const own = this.#urlOf(tag);
    if (own === undefined) return;
    const url = urls.addOrGet(own);
    if (url === undefined) return;
    if (url === own) {
      url.order = this.#context.nextOrder++;
      url.partOrder = this.#partOrder++;
      this.#query(url);
    } else {
      tag.url = url;
      url.count++;
    }
    this.#count(url);
  }

  /** rspamd: src/libserver/html/html.cxx:html_process_url_tag. */
  #urlOf(tag: Tag): Url | undefined {
    const { base } = this.#document;
    let href = tag.attribute('href');
    if (href === undefined) return undefined;
    if (base !== undefined && !isAbsolute(href)) {
      if (href.length >= 6 && /^data:/i.test(href)) return undefined;
      href = base.text + (base.parts.path === '' ? '/' : '') + href;
    }
    const url = parseHref(href, this.#context.suffixes);
    if (url === undefined) return undefined;
    if (tag.id !== 'a') url.add('special');
    tag.url ??= url;
    return url;
  }

  /** URLs in the query of a link. */
  #query(url: Url): void {
    const { urls, suffixes } = this.#context;
    if (url.parts.query === '') return;
    findInQuery(url, suffixes, (found) => {
      if (found.isMail && found.parts.user === '') return false;
      found.flags |= urlFlags.query | (url.flags & inheritedUrlFlags);
      found.linked ??= url;
      urls.add(found);
      return true;
    });
  }

  #count(url: Url): void {
    const { links } = this.#document.features;
    links.total++;
    if (url.has('idn')) links.punycode++;
    if (url.has('numeric')) links.ip++;
    if (url.has('has_port')) links.port++;
    if (url.has('query') && url.parts.query.length > 64) links.longQuery++;
    if (url.isMail) links.mailto++;
    else if (url.protocol === 'http' || url.protocol === 'https') links.http++;
    if (url.parts.query !== '') links.query++;
    const count = (this.#linksOfHost.get(url.host) ?? 0) + 1;
    this.#linksOfHost.set(url.host, count);
    links.maxPerHost = Math.max(links.maxPerHost, count);
    if (this.#isSenders(this.#context.suffixes.registered(lowerAscii(url.host)))) links.sameDomain++;
  }

  #image(tag: Tag): void {
    const image = readImage(tag, this.#document);
    this.#document.images.push(image);
    if (image.external) image.url = this.#imageUrl(image.source as ByteString);
    const { features } = this.#document;
    features.images++;
    if (image.data) features.dataImages++;
    if (image.external) {
      features.externalImages++;
      const area = Math.imul(image.width, image.height) >>> 0;
      if (image.width > 0 && image.height > 0 && area <= 4) features.tinyImages++;
    }
    if (tag.url === undefined) tag.image ??= image;
  }

  #imageUrl(source: ByteString): Url | undefined {
    const url = parseHref(source, this.#context.suffixes);
    if (url === undefined) return undefined;
    url.add('image');
    const known = this.#context.urls.addOrGet(url);
    if (known !== undefined && known !== url) {
      known.flags |= url.flags;
      known.count++;
    }
    return url;
  }
}

/** Letters and digits, a colon and a slash; or an address (rspamd: html.cxx:html_is_absolute_url). */
function isAbsolute(href: ByteString): boolean {
  let at = 0;
  while (at < href.length && isAlnum(href.charCodeAt(at))) at++;
  if (at === 0 || href[at] !== ':') return false;
  return href.startsWith('mailto:') || href[at + 1] === '/' || href[at + 1] === '\\';
}

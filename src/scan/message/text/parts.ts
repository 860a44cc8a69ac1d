import type { ByteString } from '../bytes.ts';
import { missingContentType } from '../content-type.ts';
import { HeaderList } from '../header.ts';
import type { HtmlContext } from '../html/html.ts';
import { readHtml } from '../html/html.ts';
import { Content, MimePart } from '../part.ts';
import { type FindMode, findUrls } from '../url/find.ts';
import { inheritedUrlFlags, urlFlags } from '../url/flags.ts';
import { findInQuery } from '../url/query.ts';
import type { UrlSet } from '../url/set.ts';
import type { PublicSuffixes } from '../url/suffixes.ts';
import type { Url } from '../url/url.ts';
import { convertText } from './convert.ts';
import { type OneLine, onOneLine } from './lines.ts';
import { TextPart } from './part.ts';
import type { Exception, WordBudget } from './words.ts';

/** Line ends of all texts of a message that are noted (rspamd: src/libmime/message.c, max_message_newlines). */
const maxNewlines = 100_000;

/** Parts looked at to find the other forms of texts (rspamd: src/libmime/message.c, max_alt_search_iterations). */
const maxAlternativeSteps = 1_000_000;

/** URLs looked at in all texts of a message, those that stand there many times too: 20 µs each add up. */
const maxFoundUrls = 100_000;

/** What reading the texts needs of the message. */
export interface TextContext {
  readonly urls: UrlSet;
  readonly suffixes: PublicSuffixes;
  readonly senderDomain: ByteString;
  readonly budget: WordBudget;
}

export interface Texts {
  /** What files show, in the order of the files. */
  readonly computed: readonly TextPart[];
  /** HTML first, later parts before earlier ones. */
  readonly parts: readonly TextPart[];
}

/**
 * Reads all parts that are text, and collects their URLs; before them those of files that are read in their own way
 * (rspamd: src/libmime/message.c:rspamd_message_process).
 * @param readFiles hands on the text that files show; the `kind` of those it has read is not `other` any more
 * @returns their `kind` has become `text`
 */
export function readTexts(
  parts: readonly MimePart[],
  context: TextContext,
  readFiles: (show: (file: MimePart, text: ByteString) => void) => void,
): Texts {
  const reader = new TextReader(context);
  const all: TextPart[] = [];
  readFiles((file, text) => all.push(reader.read(shownPart(file, text), all, true)));
  const computed = all.slice();
  const candidates = parts.filter(isText).reverse();
  for (const part of candidates.filter(isHtml)) all.push(reader.read(part, all));
  for (const part of candidates) if (!isHtml(part)) all.push(reader.read(part, all));
  const texts = all.slice(computed.length);
  linkAlternatives(texts);
  return { computed, parts: texts };
}

/** The text of a file as a part of its own (rspamd: src/lua/lua_task.c:lua_task_inject_part). */
function shownPart(file: MimePart, text: ByteString): MimePart {
  const part = new MimePart(file, new HeaderList([]), '', text, { ...missingContentType(true), charset: 'utf-8' });
  part.content = new Content(text);
  return part;
}

function isText(part: MimePart): boolean {
  if (part.kind !== 'other' || part.detected?.noText === true) return false;
  return part.type.isText || part.detected?.type === 'text';
}

function isHtml({ type, detected }: MimePart): boolean {
  return type.subtype === 'html' || type.subtype === 'xhtml' || detected?.ext === 'html';
}

function isInAlternative({ parent }: MimePart): boolean {
  return alternativeAround(parent) !== undefined;
}

function alternativeAround(part: MimePart | undefined): MimePart | undefined {
  let around = part;
  while (around !== undefined && around.type.subtype !== 'alternative') around = around.parent;
  return around;
}

class TextReader {
  readonly #context: TextContext;
  readonly #html: HtmlContext;
  #newlines = maxNewlines;
  #foundUrls = 0;

  constructor(context: TextContext) {
    this.#context = context;
    const { urls, suffixes, senderDomain } = context;
    this.#html = { urls, suffixes, senderDomain, budget: { used: 0 }, nextOrder: 0 };
  }

  /**
   * @param all the texts that have been read before
   * @param isShown it is what a file shows
   */
  read(part: MimePart, all: readonly TextPart[], isShown = false): TextPart {
    const converted = convertText(part.content.text, part.type.charset);
    const html = isHtml(part) && part.content.length > 0 ? readHtml(converted.bytes, this.#html) : undefined;
    const content = html === undefined ? converted.bytes : html.document.text;
    const isUtf8 = converted.isUtf8 && part.content.length > 0;
    const line = onOneLine(content, { isUtf8, isHtml: isHtml(part), maxNewlines: this.#newlines });
    this.#newlines -= line.newlines.length;
    const urls = this.#findUrls(part, line, isShown);
    // Those that were found later come first where they begin at the same place.
    const exceptions = [
      ...urls.reverse(),
      ...line.newlines.map((offset) => ({ offset, length: 0, url: undefined })).reverse(),
      ...[...(html?.shown ?? [])].reverse(),
    ].sort((a, b) => a.offset - b.offset);
    part.kind = 'text';
    const isAttachment = part.hasAttachmentDisposition && !isInAlternative(part);
    const text = part.content.length > 0 ? converted : { bytes: '', isUtf8: false, charset: undefined };
    return new TextPart(
      { part, isHtml: isHtml(part), isAttachment, converted: text, html: html?.document, line, exceptions },
      this.#context.budget,
      all,
    );
  }

  /** rspamd: src/libserver/url.c:rspamd_url_text_extract. */
  #findUrls(part: MimePart, { text, newlines }: OneLine, isShown: boolean): Exception[] {
    const { urls, suffixes } = this.#context;
    const found: Exception[] = [];
    if (text === '') return found;
    let partOrder = 0;
    let length = 0;
    const mode: FindMode = isHtml(part) || part.parent?.children.length === 2 ? 'strict' : 'all';
    findUrls(
      text,
      mode,
      suffixes,
      (url, start, end) => {
        length += end - start;
        if (++this.#foundUrls > maxFoundUrls) return false;
        if (length > text.length * 10 || (url.isMail && url.parts.user === '') || urls.isFull) return false;
        url.add(isShown ? 'content' : 'text');
        if (urls.add(url)) {
          url.partOrder = partOrder++;
          url.order = this.#html.nextOrder++;
        }
        found.push({ offset: start, length: end - start, url });
        this.#findInQuery(url, partOrder);
        return true;
      },
      newlines,
    );
    return found;
  }

  #findInQuery(outer: Url, partOrder: number): void {
    const { urls, suffixes } = this.#context;
    if (outer.parts.query === '') return;
    let next = partOrder;
    findInQuery(outer, suffixes, (url) => {
      if ((url.isMail && url.parts.user === '') || urls.isFull) return false;
      url.flags |= urlFlags.query | (outer.flags & inheritedUrlFlags);
      if (urls.add(url)) {
        url.partOrder = next++;
        url.order = this.#html.nextOrder++;
      }
      return true;
    });
  }
}

/** rspamd: src/libmime/message.c:rspamd_mime_text_part_find_alternative. */
function linkAlternatives(texts: readonly TextPart[]): void {
  const byPart = new Map(texts.map((text) => [text.part, text]));
  const budget = { left: maxAlternativeSteps };
  for (const text of texts) {
    if (budget.left === 0) return;
    const around = alternativeAround(text.part.parent);
    if (around === undefined) continue;
    let branch = text.part;
    while (branch.parent !== undefined && branch.parent !== around) branch = branch.parent;
    text.alternative = findText(around, branch, !text.isHtml, byPart, budget);
  }
}

/** The first text of a form in a container, but for one of its branches; messages are not looked into. */
function findText(
  root: MimePart,
  except: MimePart,
  html: boolean,
  texts: ReadonlyMap<MimePart, TextPart>,
  budget: { left: number },
): TextPart | undefined {
  if (root.kind !== 'multipart') return undefined;
  const stack = [...root.children].reverse();
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (budget.left === 0) return undefined;
    budget.left--;
    if (part === except || part.kind === 'message') continue;
    const text = texts.get(part);
    if (text !== undefined && !text.isAttachment && text.isHtml === html) return text;
    if (part.kind === 'multipart')
      for (let i = part.children.length - 1; i >= 0; i--) stack.push(part.children[i] as MimePart);
  }
  return undefined;
}

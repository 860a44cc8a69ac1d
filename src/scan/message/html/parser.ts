import { type ByteString, isAlpha } from '../bytes.ts';
import { type AttributeBudget, readTag } from './attributes.ts';
import { Block } from './block.ts';
import { parseStyleAttribute } from './css/declarations.ts';
import { StyleSheet } from './css/sheet.ts';
import { colorOf } from './css/values.ts';
import type { HtmlDocument, HtmlProperty } from './document.ts';
import { Tag } from './tag.ts';
import { tagFlags } from './tags.ts';

/** Told of every element, in the order of the document, once it has its place in the tree. */
export interface ElementHandler {
  /** @param inBody the head is over */
  element(tag: Tag, inBody: boolean): void;
}

export interface ParsedHtml {
  readonly styles: StyleSheet;
  /** Where the tags became too many; the end of the text otherwise. */
  readonly end: number;
  /** A tag that the end of the text left without its place in the tree. */
  readonly pending: Tag | undefined;
}

type State =
  | 'start'
  | 'text'
  | 'tag'
  | 'declaration'
  | 'instruction'
  | 'instructionEnd'
  | 'compound'
  | 'comment'
  | 'rawText'
  | 'opened'
  | 'closed'
  | 'overflow';

/**
 * Builds the tree of a document, mending it as the original does
 * (rspamd: src/libserver/html/html.cxx:html_process_input).
 */
export class HtmlParser {
  readonly #html: ByteString;
  readonly #document: HtmlDocument;
  readonly #budget: AttributeBudget;
  readonly #handler: ElementHandler;
  readonly #styles = new StyleSheet();
  /** Stands for the closing tag being read. */
  readonly #closingTag = new Tag();
  #state: State = 'start';
  #at = 0;
  /** Where the present tag began. */
  #from = 0;
  #isClosing = false;
  #current: Tag | undefined;
  #parent: Tag | undefined;
  #place: 'doctype' | 'head' | 'body' = 'doctype';

  constructor(html: ByteString, document: HtmlDocument, budget: AttributeBudget, handler: ElementHandler) {
    this.#html = html;
    this.#document = document;
    this.#budget = budget;
    this.#handler = handler;
  }

  run(): ParsedHtml {
    const end = this.#html.length;
    while (this.#at < end && this.#state !== 'overflow') this.#step();
    const current = this.#current;
    if (current !== undefined && !current.is('closed') && current !== this.#closingTag) {
      this.#closingTag.parent = current;
      this.#closingTag.id = current.id;
      this.#balance(this.#closingTag, end, end);
    }
    return {
      styles: this.#styles,
      end: this.#state === 'overflow' ? (this.#at < end ? this.#at : this.#from) : end,
      pending: this.#state === 'opened' ? this.#current : undefined,
    };
  }

  /** Gives a tag its place in the tree that `run` left without one. */
  finish(): void {
    this.#open();
  }

  #mark(property: HtmlProperty): void {
    this.#document.mark(property);
  }

  #step(): void {
    switch (this.#state) {
      case 'start':
        this.#start();
        break;
      case 'text':
        this.#to(this.#html.indexOf('<', this.#at), 'tag');
        break;
      case 'tag':
        this.#tag();
        break;
      case 'declaration':
        this.#declaration();
        break;
      case 'instruction':
      case 'instructionEnd':
        this.#instruction();
        break;
      case 'compound':
        this.#compound();
        break;
      case 'comment':
        this.#comment();
        break;
      case 'rawText':
        this.#rawText();
        break;
      case 'opened':
        this.#opened();
        break;
      default:
        this.#closed();
    }
  }

  /** Goes on at an offset, or at the end where it is -1. */
  #to(offset: number, state: State): void {
    this.#at = offset < 0 ? this.#html.length : offset;
    if (offset >= 0) this.#state = state;
  }

  #start(): void {
    if (this.#html[this.#at] === '<') {
      this.#state = 'tag';
      return;
    }
    this.#mark('bad_start');
    this.#place = 'body';
    this.#current = this.#newTag();
    if (this.#current === undefined) return;
    this.#current.id = 'html';
    this.#document.root = this.#current;
    this.#state = 'text';
  }

  #newTag(flags = 0): Tag | undefined {
    const tag = this.#document.add(new Tag(flags));
    if (tag === undefined) {
      this.#state = 'overflow';
      return undefined;
    }
    tag.start = this.#from;
    const current = this.#current;
    if (current !== undefined && !current.is('empty') && !current.is('closed') && current !== this.#closingTag)
      this.#parent = current;
    return tag;
  }

  /** Behind a `<`. */
  #tag(): void {
    const c = this.#html[this.#at] as string;
    switch (c) {
      case '<':
        this.#from = this.#at++;
        this.#isClosing = false;
        break;
      case '!':
      case '?':
        this.#current = this.#newTag(tagFlags.xml | tagFlags.closed);
        if (this.#current !== undefined) this.#state = c === '!' ? 'declaration' : 'instruction';
        if (c === '?') this.#mark('xml');
        this.#at++;
        break;
      case '/':
        this.#beginClosing();
        this.#at++;
        break;
      case '>':
        this.#mark('bad_elements');
        this.#state = 'text';
        break;
      default:
        if (isAlpha(c.charCodeAt(0))) this.#named();
        else this.#state = 'text';
    }
  }

  #beginClosing(): void {
    this.#isClosing = true;
    const closing = this.#closingTag;
    closing.id = '';
    closing.flags = 0;
    closing.attributes.length = 0;
    closing.closingStart = closing.closingEnd = -1;
    const current = this.#current;
    if (current === closing) {
      closing.parent = this.#parent === closing ? undefined : this.#parent;
    } else {
      let open = current;
      if (open?.is('closed')) {
        do open = open.parent;
        while (open?.is('closed'));
      }
      closing.parent = open;
    }
    this.#current = closing;
  }

  #named(): void {
    if (!this.#isClosing) this.#current = this.#newTag();
    const current = this.#current;
    if (current === undefined) return;
    const { end, closed, tooMany, unknown, bad } = readTag(this.#html, this.#at, current, this.#budget);
    if (tooMany) this.#mark('too_many_attributes');
    if (unknown) this.#mark('unknown_elements');
    if (bad) this.#mark('bad_elements');
    this.#at = end;
    if (!closed) return;
    if (this.#isClosing) {
      current.closingStart = this.#from;
      current.closingEnd = end + 1;
      this.#isClosing = false;
      this.#state = 'closed';
    } else {
      current.contentStart = end + 1;
      this.#state = 'opened';
    }
  }

  /** Behind `<!`. */
  #declaration(): void {
    const html = this.#html;
    const current = this.#current as Tag;
    if (html[this.#at] === '[') {
      this.#at++;
      this.#state = 'compound';
    } else if (html[this.#at] === '-') {
      current.mark('comment');
      this.#at++;
      this.#state = 'comment';
    } else {
      const end = html.indexOf('>', this.#at);
      if (end >= 0) current.contentStart = end + 1;
      this.#to(end, 'opened');
    }
  }

  #instruction(): void {
    const html = this.#html;
    for (; this.#at < html.length; this.#at++) {
      const c = html[this.#at];
      if (c === '>') {
        if (this.#state === 'instruction') this.#mark('bad_elements');
        else (this.#current as Tag).contentStart = this.#at + 1;
        this.#state = 'opened';
        return;
      }
      if (this.#state === 'instructionEnd') this.#mark('bad_elements');
      else if (c === '?') this.#state = 'instructionEnd';
    }
  }

  /** `<![`: ends at a `>` behind as many brackets as have been opened. */
  #compound(): void {
    const html = this.#html;
    let open = 1;
    for (; this.#at < html.length; this.#at++) {
      const c = html[this.#at];
      if (c === '[') open++;
      else if (c === ']') open--;
      else if (c === '>' && open === 0) {
        (this.#current as Tag).contentStart = this.#at + 1;
        this.#state = 'opened';
        return;
      }
    }
  }

  /** Behind `<!-`. */
  #comment(): void {
    const html = this.#html;
    if (html[this.#at] !== '-') {
      this.#mark('bad_elements');
      this.#state = 'opened';
      return;
    }
    this.#at++;
    const isShort = html.startsWith('->', this.#at);
    if (isShort || html[this.#at] === '>') {
      this.#mark('bad_elements');
      if (isShort) this.#at++;
      this.#state = 'opened';
      return;
    }
    const end = html.indexOf('-->', this.#at);
    if (end >= 0) (this.#current as Tag).contentStart = end + 3;
    this.#to(end < 0 ? -1 : end + 2, 'opened');
  }

  /** Of a script, a style sheet, a `noscript`: up to what looks like a closing tag. */
  #rawText(): void {
    const html = this.#html;
    for (let at = html.indexOf('<', this.#at); at >= 0; at = html.indexOf('<', at + 2)) {
      this.#from = at;
      if (!looksLikeClosingTag(html, at + 1)) continue;
      this.#to(at, 'tag');
      return;
    }
    this.#at = html.length;
  }

  /** At the `>` of an opening tag. */
  #opened(): void {
    this.#state = 'text';
    const current = this.#current;
    if (current !== undefined) {
      if (current.id === 'style' || current.id === 'noscript' || current.id === 'script') this.#state = 'rawText';
      this.#findPlace(current);
      this.#open();
    }
    this.#from = ++this.#at;
  }

  /** The head ends with the first element that does not belong there. */
  #findPlace(tag: Tag): void {
    if (this.#place === 'doctype') {
      if (tag.id === 'head' || tag.is('head')) {
        this.#place = 'head';
        tag.mark('ignore');
      } else if (tag.id !== 'html') {
        this.#place = 'body';
      }
      return;
    }
    if (this.#place !== 'head' || tag.is('empty') || tag.is('head')) return;
    const parent = this.#parent;
    if (parent !== undefined && (parent.id === 'head' || !parent.is('head'))) {
      parent.mark('closed');
      parent.closingStart = tag.start;
      parent.closingEnd = tag.contentStart;
      this.#place = 'body';
    } else if (tag.id === 'body') {
      this.#place = 'body';
    } else {
      tag.mark('head');
    }
  }

  /** Gives the present tag its place in the tree. */
  #open(): void {
    const tag = this.#current as Tag;
    const document = this.#document;
    if (tag.isKnown) {
      // The mark is set where a unique element is seen for the first time.
      const seen = document.see(tag.id);
      if (tag.is('unique') && !seen) this.#mark('duplicate_elements');
    }
    this.#attach(tag);
    this.#handler.element(tag, this.#place === 'body');
    document.features.tags++;
    tag.depth = tag.parent === undefined ? 0 : tag.parent.depth + 1;
    document.features.depth = Math.max(document.features.depth, tag.depth);
    if (tag.is('empty')) tag.mark('closed');
    else this.#style(tag);
    if (!tag.is('closed')) return;
    tag.closingEnd = tag.contentStart;
    tag.closingStart = tag.start;
    this.#current = this.#parent;
  }

  #attach(tag: Tag): void {
    let parent = this.#parent;
    while (parent?.is('closed')) parent = parent.parent;
    const document = this.#document;
    parent ??= document.root;
    if (parent === undefined && tag.id !== 'html') {
      parent = document.add(new Tag(tagFlags.virtual));
      if (parent === undefined) return;
      parent.id = 'html';
      document.root = parent;
    }
    if (parent === undefined) {
      document.root = tag;
    } else if (parent !== tag) {
      tag.parent = parent;
      parent.children.push(tag);
      this.#parent = parent;
    }
  }

  /** What its own attributes make of its box. */
  #style(tag: Tag): void {
    const style = tag.attribute('style');
    const block = style === undefined ? new Block() : parseStyleAttribute(style);
    const foreground = colorOf(tag.attribute('color') ?? '');
    const background = colorOf(tag.attribute('bgcolor') ?? '');
    if (tag.attribute('hidden') !== undefined) block.setDisplay('hidden');
    if (foreground !== undefined) block.setForeground(foreground);
    if (background !== undefined) block.setBackground(background);
    if (block.offscreen) this.#document.features.offscreenBlocks++;
    tag.block = block;
  }

  /** At the `>` of a closing tag. */
  #closed(): void {
    const closing = this.#current as Tag;
    if (closing.is('empty')) closing.mark('ignore');
    if (this.#place === 'head' && closing.id === 'head') this.#place = 'body';
    const next = this.#balance(closing, this.#from, this.#at + 1);
    if (closing.id === 'style') this.#takeStyles(closing.parent);
    if (next !== undefined) this.#current = next;
    else if (!this.#insertClosing(closing)) return;
    this.#state = 'text';
    this.#from = ++this.#at;
  }

  #takeStyles(opening: Tag | undefined): void {
    if (opening?.id !== 'style' || opening.contentStart >= opening.closingStart) return;
    this.#styles.add(this.#html.slice(opening.contentStart, opening.closingStart));
  }

  /** A closing tag that closes nothing gets its place in the tree, so that it does not count as text. */
  #insertClosing(closing: Tag): boolean {
    let open = closing.parent;
    while (open?.is('closed')) open = open.parent;
    open ??= this.#document.root;
    const tag = this.#document.add(new Tag(tagFlags.virtual | tagFlags.closed | closing.flags));
    if (tag === undefined) {
      this.#state = 'overflow';
      return false;
    }
    tag.id = closing.id;
    tag.start = closing.closingStart;
    tag.contentStart = this.#at + 1;
    tag.closingStart = closing.closingStart;
    tag.closingEnd = closing.closingEnd;
    tag.parent = open;
    open?.children.push(tag);
    this.#current = open;
    this.#parent = open?.parent;
    return true;
  }

  /**
   * Closes the element that a closing tag belongs to, and those that are open in it.
   * @returns the element around, undefined for a closing tag without an element, or where there is nothing around
   */
  #balance(closing: Tag, start: number, end: number): Tag | undefined {
    if (closing.parent === undefined && this.#document.tags.length === 0) {
      const root = this.#document.add(new Tag(tagFlags.virtual)) as Tag;
      root.id = 'html';
      setClosing(root, start, end);
      this.#document.root = root;
      closing.parent = root;
    }
    const opening = closing.parent;
    if (opening?.id === closing.id) {
      opening.mark('closed');
      setClosing(opening, start, end);
      return opening.parent;
    }
    let pair = opening;
    while (pair !== undefined && (pair.id !== closing.id || pair.is('closed'))) pair = pair.parent;
    if (pair === undefined) return undefined;
    for (let tag = opening; tag !== undefined; tag = tag.parent) {
      const isPair = tag === pair;
      tag.mark('closed');
      setClosing(tag, start, end);
      if (isPair) break;
    }
    return pair.parent;
  }
}

function setClosing(tag: Tag, start: number, end: number): void {
  if (tag.is('empty')) {
    tag.closingStart = tag.start;
    tag.closingEnd = tag.contentStart;
  } else {
    tag.closingStart = Math.max(start, tag.contentStart);
    tag.closingEnd = end;
  }
}

/** A slash, a letter, and a `>` soon without a comma or a control character before it. */
function looksLikeClosingTag(html: ByteString, at: number): boolean {
  if (html[at] !== '/') return false;
  const limit = Math.min(html.length, at + 30);
  if (at + 1 < html.length && !isAlpha(html.charCodeAt(at + 1))) return false;
  for (let i = at + 1; i < limit; i++) {
    const byte = html.charCodeAt(i);
    if (byte === 0x3e) return true;
    if (byte < 0x0a || byte >= 0x80 || byte === 0x2c) return false;
  }
  return false;
}

import { type ByteString, isSpace } from '../bytes.ts';
import { replacementCharacter } from '../utf8.ts';
import type { HtmlDocument } from './document.ts';
import { decodeEntities } from './entities.ts';
import type { Tag } from './tag.ts';
import { TextBuilder } from './text-builder.ts';

/** Told of every link whose text is complete. */
export interface LinkHandler {
  /**
   * @param read returns what the link shows, UTF-8, no more than so many bytes
   * @param offset where it begins in the text of the document
   */
  link(tag: Tag, read: (limit: number) => ByteString, offset: number): void;
}

interface Frame {
  readonly tag: Tag;
  nextChild: number;
  /** Behind the element. */
  end: number;
  /** Offset in the document of what has not been written yet. */
  at: number;
  readonly visibleFrom: number;
  readonly invisibleFrom: number;
  visible: boolean;
  transparent: boolean;
  /** Written before and after the text. */
  margin: '' | '\n' | ' ';
}

/**
 * Makes the text of a document: what shows and what does not. The offsets of all tags then are those of their text
 * (rspamd: src/libserver/html/html.cxx:html_append_tag_content).
 */
export class Renderer {
  readonly #html: ByteString;
  readonly #document: HtmlDocument;
  readonly #handler: LinkHandler;
  readonly #text = new TextBuilder();
  readonly #invisible = new TextBuilder();

  constructor(html: ByteString, document: HtmlDocument, handler: LinkHandler) {
    this.#html = html;
    this.#document = document;
    this.#handler = handler;
  }

  /** @param root the root of the tree */
  tree(root: Tag): void {
    const stack: Frame[] = [];
    let frame = this.#enter(root);
    for (;;) {
      const child = frame.nextChild < 0 ? undefined : frame.tag.children[frame.nextChild++];
      if (child !== undefined) {
        this.#append(frame, child.start);
        stack.push(frame);
        frame = this.#enter(child);
        continue;
      }
      if (frame.nextChild >= 0) this.#leave(frame);
      const outer = stack.pop();
      if (outer === undefined) return;
      outer.at = Math.max(outer.at, frame.end);
      frame = outer;
    }
  }

  /** Text that belongs to no element. */
  plain(text: ByteString): void {
    this.#write(text, true, false);
  }

  finish(): void {
    this.#document.text = trimmedEnd(this.#text.toString());
    this.#document.invisible = this.#invisible.toString();
  }

  #enter(tag: Tag): Frame {
    const frame: Frame = {
      tag,
      nextChild: 0,
      end: tag.closingEnd,
      at: tag.contentStart,
      visibleFrom: this.#text.length,
      invisibleFrom: this.#invisible.length,
      visible: true,
      transparent: false,
      margin: '',
    };
    if (tag.closingEnd === -1) {
      frame.end = tag.closingStart === -1 ? tag.contentStart : tag.closingStart;
      tag.closingEnd = frame.end;
    }
    if (tag.closingStart === -1) tag.closingStart = tag.closingEnd;
    if (tag.id === 'br' || tag.id === 'hr') {
      if (!tag.is('ignore')) this.#text.push('\n');
      frame.end = tag.contentStart;
      this.#skip(frame);
    } else if ((tag.id === 'head' && tag.is('ignore')) || tag.is('head')) {
      frame.end = tag.closingEnd;
      this.#skip(frame);
    } else {
      setManner(frame);
      this.#margin(frame);
    }
    return frame;
  }

  /** Nothing of the element is written. */
  #skip(frame: Frame): void {
    frame.nextChild = -1;
    this.#setOffsets(frame);
  }

  #leave(frame: Frame): void {
    const { tag } = frame;
    this.#append(frame, tag.closingStart);
    this.#margin(frame);
    if (!frame.visible) tag.url?.add('invisible');
    else if (tag.id === 'a') this.#link(frame);
    else if (tag.id === 'img') this.#imageText(tag);
    this.#setOffsets(frame);
  }

  #link({ tag, visibleFrom }: Frame): void {
    this.#handler.link(tag, (limit) => this.#text.from(visibleFrom, limit), visibleFrom);
  }

  #imageText(tag: Tag): void {
    const text = tag.attribute('alt');
    if (text === undefined) return;
    this.#blank();
    this.#text.push(text);
    this.#blank();
  }

  #blank(): void {
    if (this.#text.last >= 0 && !isSpace(this.#text.last)) this.#text.push(' ');
  }

  #setOffsets({ tag, visible, visibleFrom, invisibleFrom }: Frame): void {
    tag.contentStart = visible ? visibleFrom : invisibleFrom;
    tag.closingStart = visible ? this.#text.length : this.#invisible.length;
  }

  #margin({ margin, visible, visibleFrom }: Frame): void {
    const { last } = this.#text;
    if (margin === '' || !visible || last < 0 || last === margin.charCodeAt(0) || last === 0x0a) return;
    if (last === 0x20) this.#text.dropBlanks(visibleFrom);
    this.#text.push(margin);
  }

  /** Writes the text of an element up to an offset. */
  #append(frame: Frame, end: number): void {
    if (end > frame.at) this.#write(this.#html.slice(frame.at, end), frame.visible, frame.transparent);
  }

  #write(given: ByteString, visible: boolean, transparent: boolean): void {
    const to = visible ? this.#text : this.#invisible;
    if (to.length > this.#html.length) return;
    const { features } = this.#document;
    let text = given;
    if (to.last >= 0 && !isSpace(to.last) && isSpace(text.charCodeAt(0))) {
      to.push(' ');
      text = text.slice(1);
    }
    if (text.includes('\0')) {
      text = text.replaceAll('\0', replacementCharacter);
      this.#document.mark('zeros');
    }
    const decoded = decodeEntities(text, true);
    if (transparent) {
      to.push(decoded.replace(/[^\t\n\f\r ]/g, ' '));
      features.transparentText += decoded.length;
      features.transparentBlocks++;
      return;
    }
    to.push(decoded);
    if (visible) {
      features.visibleText += decoded.length;
    } else {
      features.hiddenText += decoded.length;
      features.hiddenBlocks++;
    }
  }
}

function setManner(frame: Frame): void {
  const { tag } = frame;
  const { block } = tag;
  if (tag.is('comment') || tag.is('xml') || tag.is('ignore')) {
    frame.visible = false;
  } else if (block !== undefined && !block.isVisible) {
    frame.transparent = block.visibility === 'transparent' && !(block.hasDisplay && block.display === 'hidden');
    frame.visible = frame.transparent;
  } else if (block !== undefined) {
    frame.margin = block.display === 'block' ? '\n' : block.display === 'table-row' ? ' ' : '';
  }
}

/** Blanks at the end go, but for one line end. */
function trimmedEnd(text: ByteString): ByteString {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.endsWith('\n') ? `${text.slice(0, end)}\n` : text.slice(0, end);
}

import type { ByteString } from '../bytes.ts';

/** Text that grows at its end, without being copied at every step. */
export class TextBuilder {
  readonly #pieces: ByteString[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The last byte, -1 of an empty text. */
  get last(): number {
    const piece = this.#pieces.at(-1);
    return piece === undefined ? -1 : piece.charCodeAt(piece.length - 1);
  }

  push(text: ByteString): void {
    if (text === '') return;
    this.#pieces.push(text);
    this.#length += text.length;
  }

  /** Takes the blanks (0x20) off the end, but none before an offset. */
  dropBlanks(from: number): void {
    while (this.last === 0x20 && this.#length > from) {
      const piece = this.#pieces.pop() as ByteString;
      let end = piece.length;
      const start = this.#length - piece.length;
      while (end > 0 && start + end > from && piece.charCodeAt(end - 1) === 0x20) end--;
      this.#length = start;
      this.push(piece.slice(0, end));
      if (end > 0) break;
    }
  }

  /** The text from an offset on, no more than so many bytes. */
  from(offset: number, limit: number): ByteString {
    let start = this.#length;
    let at = this.#pieces.length;
    while (start > offset && at > 0) start -= (this.#pieces[--at] as ByteString).length;
    let text = '';
    for (; at < this.#pieces.length && text.length < offset - start + limit; at++) text += this.#pieces[at];
    return text.slice(offset - start, offset - start + limit);
  }

  toString(): ByteString {
    return this.#pieces.join('');
  }
}

const crlf = '\r\n';
const firstBlock = 2048;
const largestBlock = 65_536;
/** From this size on a body chunk is kept as a view; smaller ones are cheaper to copy than to keep. */
const viewBytes = 4096;

/** Collects the bytes of a message: small pieces are written into blocks, large ones kept as views, joined once. */
export class MessageBytes {
  #parts: Buffer[] = [];
  #block = Buffer.allocUnsafe(firstBlock);
  #start = 0;
  #at = 0;
  #length = 0;

  /** Writes `name`, the separator, `value` and CRLF, all as byte strings. */
  header(name: string, separator: string, value: string): void {
    this.#text(name + separator + value + crlf);
  }

  endHeaders(): void {
    this.#text(crlf);
  }

  append(bytes: Buffer): void {
    this.#length += bytes.length;
    if (bytes.length >= viewBytes) {
      this.#flush();
      this.#parts.push(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#at += bytes.copy(this.#block, this.#at);
  }

  /** Everything collected so far. */
  join(): Buffer {
    this.#flush();
    const [first] = this.#parts;
    return first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts, this.#length);
  }

  #text(text: string): void {
    this.#reserve(text.length);
    this.#at += this.#block.write(text, this.#at, 'latin1');
    this.#length += text.length;
  }

  #reserve(size: number): void {
    if (this.#block.length - this.#at >= size) return;
    this.#flush();
    this.#block = Buffer.allocUnsafe(Math.max(size, Math.min(2 * this.#block.length, largestBlock)));
    this.#start = 0;
    this.#at = 0;
  }

  #flush(): void {
    if (this.#at > this.#start) this.#parts.push(this.#block.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }
}

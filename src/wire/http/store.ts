const NONE = Buffer.alloc(0);

/** Bytes gathered from pieces, however small they come: memory grows by doubling, so no cut of the input is costly. */
export class ByteStore {
  #bytes: Buffer = NONE;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Buffer): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, 1024));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** What was gathered so far; valid until the next call of `append`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was gathered; the store is empty again and does not touch those bytes any more. */
  take(): Buffer {
    const taken = this.view();
    this.#bytes = NONE;
    this.#length = 0;
    return taken;
  }
}

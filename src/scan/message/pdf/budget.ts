/** Work that may still be spent on the files of one message: bytes that are unpacked, parsed or written. */
export class Budget {
  #left: number;

  constructor(work: number) {
    this.#left = work;
  }

  /** @returns whether there was that much left; what could not be paid is not to be done */
  spend(work: number): boolean {
    this.#left -= work;
    return this.#left >= 0;
  }
}

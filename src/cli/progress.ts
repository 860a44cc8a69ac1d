import type { Output } from './io.ts';

const width = 30;

/** A line that is written over and over, on a terminal; elsewhere nothing is shown. */
export class Progress {
  readonly #output: Output;
  readonly #total: number;
  #done = 0;

  constructor(output: Output, total: number) {
    this.#output = output;
    this.#total = total;
  }

  step(): void {
    this.#done++;
    if (this.#output.isTTY !== true) return;
    const filled = Math.round((this.#done / this.#total) * width);
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    this.#output.write(`\r${bar} ${this.#done}/${this.#total}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\x1b[K');
  }
}

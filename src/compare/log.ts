import type { Comparison, ComparisonListener } from '../message/comparison.ts';
import { comparisonLine } from './line.ts';

/** Writes a line of JSON for each comparison with at least one mirror. */
export class ComparisonLog implements ComparisonListener {
  readonly alone = false;
  readonly #write: (line: string) => void;

  /** @param write takes one line, newline included; to be quick about it */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  compared(comparison: Comparison): void {
    this.#write(`${JSON.stringify(comparisonLine(comparison))}\n`);
  }
}

import type { Counts } from './classify.ts';
import type { StatClass } from './store.ts';

/** Counts of tokens by their 64-bit numbers, 16 bytes each: a map of JavaScript's wants ten times as much. */
export class TokenTable {
  #size = 0;
  #low = new Uint32Array(1024);
  #high = new Uint32Array(1024);
  #spam = new Uint32Array(1024);
  #ham = new Uint32Array(1024);

  get size(): number {
    return this.#size;
  }

  get(id: bigint): Counts {
    const at = this.#find(...halves(id));
    return { spam: this.#spam[at] as number, ham: this.#ham[at] as number };
  }

  /** Counts never go below nothing. */
  add(id: bigint, as: StatClass, times: number): void {
    if ((this.#size + 1) * 3 > this.#low.length * 2) this.#grow();
    const [low, high] = halves(id);
    const at = this.#find(low, high);
    if (this.#isFree(at)) {
      this.#low[at] = low;
      this.#high[at] = high;
      this.#size++;
    }
    const counts = as === 'spam' ? this.#spam : this.#ham;
    counts[at] = Math.max(0, (counts[at] as number) + times);
  }

  *entries(): Iterable<readonly [id: bigint, counts: Counts]> {
    for (let at = 0; at < this.#low.length; at++) {
      const counts = { spam: this.#spam[at] as number, ham: this.#ham[at] as number };
      if (counts.spam > 0 || counts.ham > 0)
        yield [(BigInt(this.#high[at] as number) << 32n) | BigInt(this.#low[at] as number), counts];
    }
  }

  #isFree(at: number): boolean {
    return this.#low[at] === 0 && this.#high[at] === 0;
  }

  /** The place of a token, or the one where it would go. */
  #find(low: number, high: number): number {
    const mask = this.#low.length - 1;
    let at = (low ^ Math.imul(high, 0x9e3779b1)) & mask;
    while (!this.#isFree(at) && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [low, high, spam, ham] = [this.#low, this.#high, this.#spam, this.#ham];
    const size = low.length * 2;
    this.#low = new Uint32Array(size);
    this.#high = new Uint32Array(size);
    this.#spam = new Uint32Array(size);
    this.#ham = new Uint32Array(size);
    for (let from = 0; from < low.length; from++) {
      if (low[from] === 0 && high[from] === 0) continue;
      const at = this.#find(low[from] as number, high[from] as number);
      this.#low[at] = low[from] as number;
      this.#high[at] = high[from] as number;
      this.#spam[at] = spam[from] as number;
      this.#ham[at] = ham[from] as number;
    }
  }
}

/** Nothing is the mark of a free place: the one token of that number stands for its neighbour. */
function halves(id: bigint): readonly [low: number, high: number] {
  const low = Number(id & 0xffff_ffffn);
  const high = Number(id >> 32n);
  return low === 0 && high === 0 ? [1, 0] : [low, high];
}

/**
 * How LuaJIT sizes the two parts of a table when a new key finds no free node (luajit: src/lj_tab.c, rehashtab):
 * the array part becomes the largest power of two that is more than half used. Only `#` on tables with holes lets
 * a program see it.
 */

const mostBits = 28;
const mostArray = 2 ** 27 + 1;
const bins = new Int32Array(mostBits);

/** Counts of integer keys by size: bin b holds those in (2^b, 2^(b+1)], bin 0 also 0 and 1. Reused by each call. */
export function integerBins(): Int32Array {
  return bins.fill(0);
}

const binOf = (key: number): number => (key > 2 ? 31 - Math.clz32(key - 1) : 0);

/** 1 and a count in its bin for an integer key that could be in the array part, otherwise 0. */
export function countInteger(key: unknown, into: Int32Array): 0 | 1 {
  if (typeof key !== 'number' || !(key >= 0 && key < mostArray) || !Number.isInteger(key)) return 0;
  (into[binOf(key)] as number)++;
  return 1;
}

/** Counts the keys 1..n. */
export function countDense(n: number, into: Int32Array): void {
  for (let b = 0, below = 0; below < n && b < mostBits; b++) {
    const top = Math.min(n, 2 << b);
    into[b] = (into[b] as number) + top - below;
    below = top;
  }
}

/** Best size of the array part in slots, and how many of the integer keys would be inside it. */
export function bestArraySize(counts: Int32Array, integers: number): { size: number; inside: number } {
  let [sum, size, inside] = [0, 0, 0];
  for (let b = 0; 2 * integers > 1 << b && sum !== integers; b++) {
    const count = counts[b] as number;
    if (count === 0) continue;
    sum += count;
    if (2 * sum > 1 << b) {
      size = (2 << b) + 1;
      inside = sum;
    }
  }
  return { size, inside };
}

/** Best size of the array part for the keys 1..n. */
export function denseArraySize(n: number): number {
  return n <= 2 ? 3 : (1 << (32 - Math.clz32(n - 1))) + 1;
}

/** Nodes of a hash part for so many keys. */
export function hashCapacity(keys: number): number {
  if (keys === 0) return 0;
  return keys === 1 ? 2 : 1 << (32 - Math.clz32(keys - 1));
}

import { enterNative } from '../../runtime/calls.ts';
import { less } from '../../runtime/comparison.ts';
import { runtimeError } from '../../runtime/errors.ts';
import { spend } from '../../runtime/limits.ts';
import { R } from '../../runtime/registers.ts';
import { none, settle } from '../../runtime/results.ts';
import { native } from '../../values/native.ts';
import type { LuaTable } from '../../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { checkFunction, checkTable } from '../arguments.ts';

/** What a comparison counts for. */
const bytesPerComparison = 64;

function store(table: LuaTable, index: number, value: LuaValue): void {
  const { array } = table;
  if (index < array.length && value !== undefined && array[index] !== undefined) array[index] = value;
  else table.setNumber(index, value);
}

/** A quicksort of elements `low` to `high` that compares and swaps exactly as Lua 5.1 does: ties show the order. */
class Sorter {
  readonly #table: LuaTable;
  /** undefined for the order that `<` has. */
  readonly #order: LuaFunction | undefined;
  /** Frame of the caller, where a bad order function is reported. */
  readonly #caller = R.top;

  constructor(table: LuaTable, order: LuaFunction | undefined) {
    this.#table = table;
    this.#order = order;
  }

  #less(a: LuaValue, b: LuaValue): boolean {
    const order = this.#order;
    if (order === undefined) return typeof a === 'number' && typeof b === 'number' ? a < b : less(a, b, 0);
    let result: LuaResult = order(a, b);
    if (result === null) {
      settle();
      result = R.first;
    }
    return result !== undefined && result !== false;
  }

  #get(index: number): LuaValue {
    return this.#table.getNumber(index);
  }

  #swap(i: number, a: LuaValue, j: number, b: LuaValue): void {
    store(this.#table, i, b);
    store(this.#table, j, a);
  }

  sort(from: number, to: number): void {
    let [low, high] = [from, to];
    while (low < high) {
      const middle = this.#sortEnds(low, high);
      if (high - low <= 2) return;
      const split = this.#partition(low, high, middle);
      // the smaller half is done by recursion, so the stack stays shallow
      if (split - low < high - split) {
        this.sort(low, split - 1);
        low = split + 1;
      } else {
        this.sort(split + 1, high);
        high = split - 1;
      }
    }
  }

  /** Brings the first, middle and last element in order and returns the middle's index. */
  #sortEnds(low: number, high: number): number {
    const first = this.#get(low);
    const last = this.#get(high);
    if (this.#less(last, first)) this.#swap(low, first, high, last);
    const middle = Math.floor((low + high) / 2);
    if (high - low === 1) return middle;
    const value = this.#get(middle);
    const lowest = this.#get(low);
    if (this.#less(value, lowest)) {
      this.#swap(middle, value, low, lowest);
    } else {
      const highest = this.#get(high);
      if (this.#less(highest, value)) this.#swap(middle, value, high, highest);
    }
    return middle;
  }

  #partition(low: number, high: number, middle: number): number {
    spend((high - low) * bytesPerComparison);
    const pivot = this.#get(middle);
    this.#swap(middle, pivot, high - 1, this.#get(high - 1));
    let i = low;
    let j = high - 1;
    for (;;) {
      let a = this.#get(++i);
      while (this.#less(a, pivot)) {
        if (i >= high) this.#refuse();
        a = this.#get(++i);
      }
      let b = this.#get(--j);
      while (this.#less(pivot, b)) {
        if (j <= low) this.#refuse();
        b = this.#get(--j);
      }
      if (j < i) break;
      this.#swap(i, a, j, b);
    }
    this.#swap(high - 1, this.#get(high - 1), i, this.#get(i));
    return i;
  }

  #refuse(): never {
    R.top = this.#caller;
    throw runtimeError('invalid order function for sorting');
  }
}

export const sort: LuaFunction = native('sort', (...args) => {
  const table = checkTable(args, 1);
  const order = args[1] === undefined ? undefined : checkFunction(args, 2);
  const sorter = new Sorter(table, order);
  const { top } = R;
  enterNative(sort);
  sorter.sort(1, table.length());
  R.top = top;
  return none();
});

import { LuaError } from './error.ts';
import { mostNodes, type NodeKey, NodeOrder } from './node-order.ts';
import { LuaObject } from './object.ts';
import { emptyShape, type Key, Shape } from './shape.ts';
import { bestArraySize, countDense, countInteger, denseArraySize, hashCapacity, integerBins } from './table-sizes.ts';
import type { LuaValue } from './types.ts';
import { WeakStore } from './weak-store.ts';

const noValues: LuaValue[] = [];
const noArray: LuaValue[] = [undefined]; // both are shared by all empty tables and never written to

/** The element that `advance` found. Valid until the next call. */
export const cursor: { key: LuaValue; value: LuaValue } = { key: undefined, value: undefined };

/** Position after the last element. */
export const END = -0x3fffffff;

/**
 * A Lua table. Integer keys from 0 that follow each other live in `array` (index = key, slot 0 is key 0); all others
 * are slots of `shape` with their values in `values`. A value of undefined is an absent element, its key may stay
 * behind as a grave so that a traversal that clears the table goes on.
 *
 * `arraySize` and `free` do not describe this layout but the one LuaJIT would have: its array part (slots, the one
 * for 0 included) and the unused nodes of its hash part. They decide what `#` answers for a table with holes.
 */
export class LuaTable extends LuaObject {
  shape: Shape = emptyShape;
  values: LuaValue[] = noValues;
  array: LuaValue[] = noArray;
  /** Absent elements inside `array`, key 0 not counted. */
  holes = 0;
  /** Number keys that were put into the shape. */
  numberKeys = 0;
  arraySize = 0;
  hashSize = 0;
  free = 0;
  /** Longest that `array` has been since LuaJIT would have resized: `next` still knows these keys. */
  reach = 0;
  /**
   * LuaJIT's nodes while its hash part is small and has only numbers and booleans: undefined before the first key, null
   * once another key or too many have come.
   */
  order: NodeOrder | null | undefined = undefined;
  /** Holds all elements while the table is weak; `array` and `values` are empty then. */
  weak: WeakStore | undefined = undefined;

  get luaType(): 'table' {
    return 'table';
  }

  /** @param arraySize slots of the array part, key 0 included */
  static sized(arraySize: number, hashSize: number): LuaTable {
    const table = new LuaTable();
    table.arraySize = arraySize;
    table.hashSize = hashSize;
    table.free = hashSize;
    return table;
  }

  /** A table of the elements 1..n of a list whose element 0 is not used. The list becomes the table's own. */
  static fromList(list: LuaValue[], arraySize: number): LuaTable {
    const table = new LuaTable();
    table.array = list;
    table.arraySize = Math.max(arraySize, list.length);
    for (let i = 1; i < list.length; i++) if (list[i] === undefined) table.holes++;
    table.#trim();
    return table;
  }

  /** A table with the values given for 1, 2, ... */
  static of(...items: LuaValue[]): LuaTable {
    return LuaTable.fromList([undefined, ...items], 0);
  }

  /** A copy of a table that is only used as a template: it may share a private shape's keys but not the shape. */
  copy(): LuaTable {
    const table = new LuaTable();
    table.shape = this.shape.isShared ? this.shape : this.shape.toPrivate();
    table.values = this.values.length === 0 ? noValues : this.values.slice();
    table.array = this.array.length === 1 && this.array[0] === undefined ? noArray : this.array.slice();
    table.holes = this.holes;
    table.numberKeys = this.numberKeys;
    table.arraySize = this.arraySize;
    table.hashSize = this.hashSize;
    table.free = this.free;
    table.order = this.order?.clone() ?? this.order;
    return table;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'string') return this.getString(key);
    if (typeof key === 'number') return this.getNumber(key);
    if (key === undefined) return undefined;
    const slot = this.shape.find(key);
    return slot < 0 ? this.weak?.get(key) : this.values[slot];
  }

  getString(key: string): LuaValue {
    const slot = this.shape.find(key);
    return slot < 0 ? this.weak?.get(key) : this.values[slot];
  }

  getNumber(key: number): LuaValue {
    const value = this.array[key];
    if (value !== undefined) return value;
    if (this.numberKeys === 0) return this.weak?.get(key);
    const slot = this.shape.find(key);
    return slot < 0 ? undefined : this.values[slot];
  }

  /** Value of a metamethod, when this table is a metatable. */
  getEvent(event: number): LuaValue {
    const slot = this.shape.findEvent(event);
    return slot < 0 ? undefined : this.values[slot];
  }

  /** Raw assignment. @throws LuaError for a key of nil or NaN */
  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === 'number') this.setNumber(key, value);
    else if (key === undefined) throw new LuaError('table index is nil');
    else this.setHash(key, value);
  }

  setNumber(key: number, value: LuaValue): void {
    const { length } = this.array;
    if (this.weak !== undefined) this.setHash(key, value);
    else if (key === length && value !== undefined) this.append(value);
    else if (key >= 0 && key < length && Number.isInteger(key)) this.#setInside(key, value);
    else if (key > 0 && key < this.arraySize && Number.isInteger(key)) this.#extendTo(key, value);
    else if (!Number.isNaN(key)) this.setHash(key, value);
    else throw new LuaError('table index is NaN');
  }

  #setInside(key: number, value: LuaValue): void {
    const before = this.array[key];
    if (value !== undefined) {
      if (before === undefined) {
        if (this.array === noArray) this.array = [undefined];
        if (key >= this.arraySize && !this.#hasGrave(key)) this.#account(key);
        if (key !== 0) this.holes--;
      }
      this.array[key] = value;
    } else if (before !== undefined) {
      this.array[key] = undefined;
      if (key === 0) return;
      this.holes++;
      if (key === this.array.length - 1) this.#trim();
    } else if (key >= this.arraySize && !this.#hasGrave(key)) {
      this.#account(key);
    }
  }

  /** Drops absent elements from the end of the array. */
  #trim(): void {
    const { array } = this;
    if (array.length > this.reach) this.reach = array.length;
    while (array.length > 1 && array[array.length - 1] === undefined) {
      array.pop();
      this.holes--;
    }
  }

  /** Puts a value that is not nil after the last element of the array. */
  append(value: LuaValue): void {
    const key = this.array.length;
    if (this.weak !== undefined) {
      this.setHash(key, value);
      return;
    }
    if (key >= this.arraySize && !this.#hasGrave(key)) this.#account(key);
    if (this.array.length === key) {
      if (this.array === noArray) this.array = [undefined, value];
      else this.array.push(value);
      if (this.numberKeys !== 0) this.#absorb();
    } else {
      // accounting moved elements behind the key out of the hash part
      this.array[key] = value;
      this.holes--;
    }
  }

  /** Whether a key that was given nil already has its node. */
  #hasGrave(key: number): boolean {
    if (this.order) return this.order.find(key) >= 0;
    return this.numberKeys !== 0 && this.shape.find(key) >= 0;
  }

  #extendTo(key: number, value: LuaValue): void {
    if (value === undefined) return;
    if (this.array === noArray) this.array = [undefined];
    const { array } = this;
    while (array.length < key) {
      array.push(undefined);
      this.holes++;
    }
    array.push(value);
    if (this.numberKeys !== 0) this.#absorb();
  }

  /** Moves elements that now follow the array directly out of the hash part. */
  #absorb(): void {
    for (;;) {
      const slot = this.shape.find(this.array.length);
      if (slot < 0 || this.values[slot] === undefined) return;
      this.array.push(this.values[slot]);
      this.values[slot] = undefined;
    }
  }

  /** Raw assignment to a key that is not an integer of the array. */
  setHash(key: Key, value: LuaValue): void {
    if (this.weak !== undefined) {
      if (Number.isNaN(key)) throw new LuaError('table index is NaN');
      this.weak.set(key as LuaValue, value);
      return;
    }
    const slot = this.shape.find(key);
    if (slot >= 0 && !(this.order && this.values[slot] === undefined)) this.values[slot] = value;
    else this.addHash(key, value);
  }

  /** Raw assignment to a key that stands in the program. */
  setWritten(key: LuaValue, value: LuaValue): void {
    if (typeof key === 'string' && this.shape.find(key) < 0) this.addHash(key, value, true);
    else this.set(key, value);
  }

  /**
   * Adds a key that has no value. Like LuaJIT it makes a grave when the new value is nil.
   * @param isWritten the key stands in the program
   */
  addHash(key: Key, value: LuaValue, isWritten = false): void {
    if (this.weak !== undefined) {
      this.weak.set(key as LuaValue, value);
      return;
    }
    const hasNode = this.order && (typeof key === 'number' || typeof key === 'boolean') && this.order.find(key) >= 0;
    if (!hasNode) this.#account(key);
    if (typeof key === 'number' && key >= 0 && Number.isInteger(key)) {
      if (key < Math.max(this.arraySize, this.array.length)) {
        this.#fillHole(key, value);
        return;
      }
    }
    const slot = this.shape.find(key); // of a grave
    if (slot >= 0) this.values[slot] = value;
    else this.#addSlot(key, value, isWritten);
  }

  /** Stores into an absent element of the array, or between its end and LuaJIT's. */
  #fillHole(key: number, value: LuaValue): void {
    if (value === undefined) return;
    if (key < this.array.length) {
      this.array[key] = value;
      if (key !== 0) this.holes--;
    } else {
      this.#extendTo(key, value);
    }
  }

  #addSlot(key: Key, value: LuaValue, isWritten: boolean): void {
    if (typeof key === 'number') this.numberKeys++;
    const { shape } = this;
    if (shape.isShared) {
      const next = typeof key === 'string' ? shape.extend(key, isWritten) : undefined;
      if (next !== undefined) {
        this.shape = next;
      } else {
        this.shape = shape.toPrivate();
        this.shape.append(key);
      }
    } else {
      shape.append(key);
    }
    if (this.values === noValues) this.values = [value];
    else this.values.push(value);
  }

  /** Notes that LuaJIT would take a hash node for a new key, or resize both parts when it has none left. */
  #account(key: Key): void {
    if (this.order !== null) {
      if ((typeof key === 'number' || typeof key === 'boolean') && this.hashSize <= mostNodes) {
        if (this.hashSize > 0) this.order ??= new NodeOrder(this.hashSize);
        if (!this.order?.insert(key, (one) => this.get(one) !== undefined)) this.#resize(key);
        return;
      }
      this.#forgetOrder();
    }
    if (this.free > 0) this.free--;
    else this.#resize(key);
  }

  /** From here on only the number of free nodes is known. */
  #forgetOrder(): void {
    this.free = this.hashSize - (this.order?.used ?? 0);
    this.order = null;
  }

  #resize(key: Key): void {
    if (this.order === null && this.numberKeys === 0 && this.array === noArray && typeof key !== 'number') {
      this.#resizeRecord();
      return;
    }
    if (key === this.array.length && this.holes === 0 && this.values.length === 0 && this.array[0] === undefined) {
      this.arraySize = denseArraySize(key);
      this.hashSize = this.free = this.reach = 0;
      if (this.order !== null) this.order = undefined;
      return;
    }
    const bins = integerBins();
    let integers = this.#countArray(bins);
    let total = 1 + integers;
    const { keys } = this.shape;
    const { values } = this;
    for (let slot = 0; slot < values.length; slot++) {
      if (values[slot] === undefined) continue;
      total++;
      integers += countInteger(keys[slot], bins);
    }
    integers += countInteger(key, bins);
    const { size, inside } = bestArraySize(bins, integers);
    const before = this.arraySize;
    this.arraySize = size;
    this.hashSize = hashCapacity(total - inside);
    this.free = this.hashSize - (total - inside);
    this.reach = 0;
    if (this.order !== null) this.#reorder(before, key);
    if (values.length > 0) this.#rebuild(size);
  }

  /** The same for a table without any number as key. */
  #resizeRecord(): void {
    const { values } = this;
    let live = 0;
    for (let slot = 0; slot < values.length; slot++) if (values[slot] !== undefined) live++;
    this.arraySize = 0;
    this.hashSize = hashCapacity(live + 1);
    this.free = this.hashSize - live - 1;
    if (live < values.length && !this.shape.isShared) this.#dropGraves();
  }

  /** Puts the keys that LuaJIT has in its hash part into new nodes, as it does when it resizes. */
  #reorder(oldArraySize: number, newKey: Key): void {
    const old = this.order;
    if (this.hashSize > mostNodes) {
      this.order = null;
      return;
    }
    const order = this.hashSize === 0 ? undefined : new NodeOrder(this.hashSize);
    const isAlive = (key: NodeKey): boolean => this.get(key) !== undefined;
    const add = (key: NodeKey): void => {
      const isInArray = typeof key === 'number' && key >= 0 && key < this.arraySize && Number.isInteger(key);
      if (!isInArray) order?.insert(key, isAlive);
    };
    for (let i = this.arraySize; i < oldArraySize; i++) if (isAlive(i)) add(i);
    for (let node = 0; node < (old?.size ?? 0); node++) {
      const key = old?.keyAt(node);
      if (key !== undefined && isAlive(key)) add(key);
    }
    if (newKey !== undefined) add(newKey as NodeKey);
    this.order = order;
  }

  #countArray(bins: Int32Array): number {
    const { array } = this;
    let count = array[0] === undefined ? 0 : countInteger(0, bins);
    if (this.holes === 0) {
      countDense(array.length - 1, bins);
      return count + array.length - 1;
    }
    for (let i = 1; i < array.length; i++) if (array[i] !== undefined) count += countInteger(i, bins);
    return count;
  }

  /** Moves integers below the new array size into the array and forgets graves. */
  #rebuild(size: number): void {
    const { shape, values } = this;
    const moved: [number, LuaValue][] = [];
    let graves = 0;
    for (let slot = 0; slot < values.length; slot++) {
      const key = shape.keys[slot];
      const value = values[slot];
      if (value !== undefined && typeof key === 'number' && key > 0 && key < size && Number.isInteger(key)) {
        moved.push([key, value]);
        values[slot] = undefined;
      }
      if (values[slot] === undefined) graves++;
    }
    if (graves > 0 && !shape.isShared) this.#dropGraves();
    moved.sort((a, b) => a[0] - b[0]);
    for (const [key, value] of moved) this.#fillHole(key, value);
  }

  #dropGraves(): void {
    const { keys } = this.shape;
    const live = keys.filter((_, slot) => this.values[slot] !== undefined);
    this.values = this.values.filter((value) => value !== undefined);
    this.shape = live.length === 0 ? emptyShape : new Shape(live, false);
    this.numberKeys = live.reduce((count: number, key) => (typeof key === 'number' ? count + 1 : count), 0);
  }

  /** Moves all elements into weak storage, or back. @param mode `__mode`, or undefined */
  setMode(mode: string | undefined): void {
    const elements: [LuaValue, LuaValue][] = [];
    for (let at = this.advance(0); at !== END; at = this.advance(at)) elements.push([cursor.key, cursor.value]);
    this.clear();
    this.weak = mode === undefined ? undefined : new WeakStore(mode);
    for (const [key, value] of elements) this.set(key, value);
  }

  /** Puts a value before the element at a position of a table without holes; false when it has to be done otherwise. */
  insertAt(position: number, value: LuaValue): boolean {
    const { length } = this.array;
    if (this.holes > 0 || value === undefined || !(position >= 1 && position < length)) return false;
    if (length >= this.arraySize || this.numberKeys > 0 || this.weak !== undefined) return false;
    this.array.splice(position, 0, value);
    return true;
  }

  /** Takes out an element and closes the gap, under the same conditions. The element has to be there. */
  removeAt(position: number): LuaValue {
    const { length } = this.array;
    if (this.holes > 0 || !(position >= 1 && position < length) || this.numberKeys > 0) return undefined;
    if (length > this.reach) this.reach = length;
    return position === length - 1 ? this.array.pop() : this.array.splice(position, 1)[0];
  }

  /** The border that LuaJIT's `#` would answer. */
  length(): number {
    if (this.weak !== undefined) return this.#weakLength(this.weak);
    const last = this.array.length - 1;
    if (this.holes === 0 && (last < this.arraySize - 1 || this.numberKeys === 0)) return last;
    return this.#border();
  }

  #weakLength(weak: WeakStore): number {
    let last = 0;
    while (weak.get(last + 1) !== undefined) last++;
    return last;
  }

  #border(): number {
    let high = this.arraySize > 0 ? this.arraySize - 1 : 0;
    if (high > 0 && this.getNumber(high) === undefined) {
      let low = 0;
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (this.getNumber(middle) === undefined) high = middle;
        else low = middle;
      }
      return low;
    }
    if (this.hashSize === 0) return high;
    let low = high++;
    while (this.getNumber(high) !== undefined) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.getNumber(middle) === undefined) high = middle;
      else low = middle;
    }
    return low;
  }

  /** Makes room in LuaJIT's array part for `count` elements. */
  reserveArray(count: number): void {
    if (this.arraySize > count) return;
    const before = this.arraySize;
    this.arraySize = count + 1;
    if (this.order !== null) this.#reorder(before, undefined);
    if (this.values.length > 0) this.#rebuild(count + 1);
    let used = this.values.reduce((sum: number, value) => (value === undefined ? sum : sum + 1), 0);
    for (let i = this.arraySize; i < this.array.length; i++) if (this.array[i] !== undefined) used++;
    this.free = this.hashSize - used;
  }

  /** Position from which `advance` finds what comes after the key, or NaN for a key that never was there. */
  positionAfter(key: LuaValue): number {
    if (key === undefined) return 0;
    if (this.order) return this.#nodeAfter(key, this.order);
    if (typeof key === 'number' && key >= 0 && Number.isInteger(key)) {
      if (key < this.array.length || key < this.arraySize || key < this.reach) return key + 1;
    }
    const slot = this.weak === undefined ? this.shape.find(key) : this.weak.positionOf(key);
    return slot < 0 ? Number.NaN : -2 - slot;
  }

  /**
   * Finds the first element at or after a position (0 to begin with), leaves it in `cursor` and returns the position
   * after it, or END when there is none.
   */
  advance(position: number): number {
    let slot = 0;
    if (position >= 0) {
      const { array } = this;
      // LuaJIT has the rest of the array among the nodes when there are any
      const end = this.order ? Math.min(this.arraySize, array.length) : array.length;
      for (let i = position; i < end; i++) {
        const value = array[i];
        if (value === undefined) continue;
        cursor.key = i;
        cursor.value = value;
        return i + 1;
      }
    } else {
      slot = -1 - position;
    }
    if (this.order) return this.#advanceNodes(this.order, slot);
    if (this.weak !== undefined) return this.#advanceWeak(this.weak, slot);
    const { values } = this;
    for (; slot < values.length; slot++) {
      const value = values[slot];
      if (value === undefined) continue;
      cursor.key = this.shape.keys[slot] as LuaValue;
      cursor.value = value;
      return -2 - slot;
    }
    return END;
  }

  #nodeAfter(key: LuaValue, order: NodeOrder): number {
    if (typeof key === 'number' && key >= 0 && key < this.arraySize && Number.isInteger(key)) return key + 1;
    const node = typeof key === 'number' || typeof key === 'boolean' ? order.find(key) : -1;
    return node < 0 ? Number.NaN : -2 - node;
  }

  #advanceNodes(order: NodeOrder, start: number): number {
    for (let node = start; node < order.size; node++) {
      const key = order.keyAt(node);
      const value = key === undefined ? undefined : this.get(key);
      if (value === undefined) continue;
      cursor.key = key;
      cursor.value = value;
      return -2 - node;
    }
    return END;
  }

  #advanceWeak(weak: WeakStore, slot: number): number {
    const found = weak.advance(slot);
    if (found === undefined) return END;
    cursor.key = found.key;
    cursor.value = found.value;
    return -2 - found.position;
  }

  /** Removes all elements and keeps LuaJIT's sizes. */
  clear(): void {
    if (this.weak !== undefined) {
      for (let at = this.advance(0); at !== END; at = this.advance(at)) this.weak.set(cursor.key, undefined);
      return;
    }
    this.shape = emptyShape;
    this.values = noValues;
    this.array = noArray;
    this.holes = 0;
    this.numberKeys = 0;
    this.free = this.hashSize;
    this.order = undefined;
  }
}

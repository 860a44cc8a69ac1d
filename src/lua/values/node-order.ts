/**
 * The hash part of a small LuaJIT table whose keys are only numbers and booleans: which key sits in which node. The
 * hash of these keys is the same in every process, so programs can see the order in which `next` walks them, and when
 * a lack of free nodes makes the table resize (luajit: src/lj_tab.c, lj_tab_newkey).
 */

export type NodeKey = number | boolean;

/** Hash parts with more nodes are not followed. */
export const mostNodes = 64;

const NONE = -1;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function hashNumber(key: number): number {
  float[0] = key === 0 ? 0 : key;
  let lo = words[0] as number;
  let hi = (words[1] as number) << 1;
  lo ^= hi;
  hi = rotate(hi, 14);
  lo -= hi;
  hi = rotate(hi, 5);
  hi ^= lo;
  return hi - rotate(lo, 13);
}

export class NodeOrder {
  readonly size: number;
  readonly #keys: (NodeKey | undefined)[];
  readonly #next: Int8Array;
  /** Nodes at and above this one were looked through for a free one. */
  #freeTop: number;
  used = 0;

  constructor(size: number) {
    this.size = size;
    this.#keys = new Array<NodeKey | undefined>(size).fill(undefined);
    this.#next = new Int8Array(size).fill(NONE);
    this.#freeTop = size;
  }

  #main(key: NodeKey): number {
    return (typeof key === 'number' ? hashNumber(key) : Number(key)) & (this.size - 1);
  }

  /** Key in a node, dead or alive. */
  keyAt(node: number): NodeKey | undefined {
    return this.#keys[node];
  }

  /** Node of a key, or -1. */
  find(key: NodeKey): number {
    for (let node = this.#main(key); node !== NONE; node = this.#next[node] as number) {
      if (this.#keys[node] === key) return node;
    }
    return NONE;
  }

  /**
   * Gives a new key its node.
   * @param isAlive whether a key that has a node still has a value
   * @returns false when there is no free node and the table has to resize
   */
  insert(key: NodeKey, isAlive: (key: NodeKey) => boolean): boolean {
    const node = this.#main(key);
    const resident = this.#keys[node];
    if (resident === undefined || !isAlive(resident)) {
      if (resident === undefined) this.used++;
      this.#keys[node] = key;
      return true;
    }
    const free = this.#takeFree();
    if (free === NONE) return false;
    this.used++;
    const home = this.#main(resident);
    if (home === node) {
      this.#next[free] = this.#next[node] as number;
      this.#next[node] = free;
      this.#keys[free] = key;
    } else {
      this.#evict(node, home, free, isAlive);
      this.#keys[node] = key;
    }
    return true;
  }

  #takeFree(): number {
    while (this.#freeTop > 0) {
      this.#freeTop--;
      if (this.#keys[this.#freeTop] === undefined) return this.#freeTop;
    }
    return NONE;
  }

  /** Moves a key that is not in its main node to a free one, to make place for one that belongs there. */
  #evict(node: number, home: number, free: number, isAlive: (key: NodeKey) => boolean): void {
    const next = this.#next;
    let before = home;
    while (next[before] !== node) before = next[before] as number;
    next[before] = free;
    this.#keys[free] = this.#keys[node];
    next[free] = next[node] as number;
    next[node] = NONE;
    this.#keys[node] = undefined;
    for (let at = free; next[at] !== NONE; ) {
      const follower = next[at] as number;
      const key = this.#keys[follower] as NodeKey;
      if (isAlive(key) && this.#main(key) === node) {
        next[at] = next[follower] as number;
        next[follower] = next[node] as number;
        next[node] = follower;
        this.#rechain(at, isAlive);
        return;
      }
      at = follower;
    }
  }

  /** Puts keys behind a node that hang in a chain they do not belong to into their own. */
  #rechain(start: number, isAlive: (key: NodeKey) => boolean): void {
    const next = this.#next;
    let at = start;
    for (let follower = next[at] as number; follower !== NONE; follower = next[at] as number) {
      const key = this.#keys[follower] as NodeKey;
      const home = this.#main(key);
      if (isAlive(key) && home !== at && home !== follower) {
        next[at] = next[follower] as number;
        next[follower] = next[home] as number;
        next[home] = follower;
      } else {
        at = follower;
      }
    }
  }

  clone(): NodeOrder {
    const copy = new NodeOrder(this.size);
    for (let i = 0; i < this.size; i++) {
      copy.#keys[i] = this.#keys[i];
      copy.#next[i] = this.#next[i] as number;
    }
    copy.#freeTop = this.#freeTop;
    copy.used = this.used;
    return copy;
  }
}

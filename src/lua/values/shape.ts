import { eventNames } from './events.ts';

/** Anything that may be a key of the hash part. */
export type Key = unknown;

const mostShared = 24; // keys a shared shape may have
const mostBranches = 64; // different keys that may follow a shared shape

/**
 * Shared shapes are never forgotten, so their number has a bound; for keys that are computed (names of symbols, say)
 * it is lower, so that they leave some to the program's own.
 */
const mostShapes = 10_000;
const mostComputed = 4_000;
let shapes = 0;

const UNKNOWN = -2;

/**
 * Which key sits in which slot of a table's values, in order of insertion. Tables filled with the same constant keys
 * in the same order share an immutable shape, so that a place in the program can remember a slot by the shape's
 * identity. Other tables own a private shape that grows in place. Either way a key of a shape never changes its slot.
 */
export class Shape {
  readonly keys: Key[];
  readonly isShared: boolean;
  #index: Map<Key, number> | undefined;
  #branches: Map<string, Shape> | undefined;
  #events: Int16Array | undefined;

  constructor(keys: Key[], isShared: boolean) {
    this.keys = keys;
    this.isShared = isShared;
    this.#index = undefined;
    this.#branches = undefined;
    this.#events = undefined;
  }

  /** Slot of a key, or -1. */
  find(key: Key): number {
    const slot = (this.#index ?? this.#buildIndex()).get(key);
    return slot === undefined ? -1 : slot;
  }

  #buildIndex(): Map<Key, number> {
    const index = new Map<Key, number>();
    const { keys } = this;
    for (let i = 0; i < keys.length; i++) index.set(keys[i], i);
    this.#index = index;
    return index;
  }

  /** Slot of a metamethod's name, or -1. */
  findEvent(event: number): number {
    let events = this.#events;
    if (events === undefined) {
      events = new Int16Array(eventNames.length).fill(UNKNOWN);
      this.#events = events;
    }
    let slot = events[event] as number;
    if (slot === UNKNOWN) {
      slot = this.find(eventNames[event]);
      events[event] = slot;
    }
    return slot;
  }

  /**
   * The shared shape with one more key; undefined when sharing would not pay and the table needs a private one.
   * @param isWritten the key stands in the program
   */
  extend(key: string, isWritten: boolean): Shape | undefined {
    let branches = this.#branches;
    if (branches === undefined) {
      branches = new Map();
      this.#branches = branches;
    }
    let next = branches.get(key);
    if (next === undefined) {
      if (this.keys.length >= mostShared || branches.size >= mostBranches) return undefined;
      if (shapes >= (isWritten ? mostShapes : mostComputed)) return undefined;
      shapes++;
      next = new Shape([...this.keys, key], true);
      branches.set(key, next);
    }
    return next;
  }

  /** Adds a key that is not there yet to a private shape. */
  append(key: Key): void {
    (this.#index ?? this.#buildIndex()).set(key, this.keys.length);
    this.keys.push(key);
    // only a string that looks like one can be a metamethod's name
    if (this.#events !== undefined && typeof key === 'string' && key.startsWith('__')) this.#events = undefined;
  }

  toPrivate(): Shape {
    return new Shape([...this.keys], false);
  }
}

/** The shape of a table without hash part. */
export const emptyShape = new Shape([], true);

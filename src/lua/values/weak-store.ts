import { LuaObject } from './object.ts';
import type { LuaFunction, LuaValue } from './types.ts';

/** What the collector may take away: objects and closures, not strings, numbers or booleans. */
type Collectable = LuaObject | LuaFunction;

const isCollectable = (value: LuaValue): value is Collectable =>
  value instanceof LuaObject || (typeof value === 'function' && value.native === undefined);

type Held = LuaValue | WeakRef<Collectable>;

const alive = (held: Held): LuaValue => (held instanceof WeakRef ? held.deref() : held);

interface Entry {
  value: Held;
  readonly position: number;
}

/**
 * Elements of a table with `__mode`. V8 keeps what a program has just looked at until the current run is over, so an
 * entry never goes away between two statements.
 */
export class WeakStore {
  readonly #weakKeys: boolean;
  readonly #weakValues: boolean;
  readonly #byValue = new Map<LuaValue, Entry>();
  readonly #byObject = new WeakMap<Collectable, Entry>();
  /** Keys in order of insertion, with graves. */
  #keys: Held[] = [];
  #graves = 0;

  constructor(mode: string) {
    this.#weakKeys = mode.includes('k');
    this.#weakValues = mode.includes('v');
  }

  #isWeakKey(key: LuaValue): key is Collectable {
    return this.#weakKeys && isCollectable(key);
  }

  #find(key: LuaValue): Entry | undefined {
    return this.#isWeakKey(key) ? this.#byObject.get(key) : this.#byValue.get(key);
  }

  get(key: LuaValue): LuaValue {
    const entry = this.#find(key);
    return entry === undefined ? undefined : alive(entry.value);
  }

  set(key: LuaValue, value: LuaValue): void {
    const held = this.#weakValues && isCollectable(value) ? new WeakRef(value) : value;
    const entry = this.#find(key);
    if (entry !== undefined) {
      entry.value = held;
      return;
    }
    if (value === undefined) return;
    if (this.#graves > 32 && this.#graves * 2 > this.#keys.length) this.#dropGraves();
    else this.#graves++; // any key may be one by the time this is looked at again
    const added = { value: held, position: this.#keys.length };
    if (this.#isWeakKey(key)) {
      this.#keys.push(new WeakRef(key));
      this.#byObject.set(key, added);
    } else {
      this.#keys.push(key);
      this.#byValue.set(key, added);
    }
  }

  #dropGraves(): void {
    const keys = this.#keys;
    this.#keys = [];
    this.#graves = 0;
    for (const held of keys) {
      const key = alive(held);
      const value = key === undefined ? undefined : this.get(key);
      if (key !== undefined && this.#isWeakKey(key)) this.#byObject.delete(key);
      else this.#byValue.delete(key);
      if (value !== undefined) this.set(key, value);
    }
  }

  /** Position of a key for `advance`, or -1. */
  positionOf(key: LuaValue): number {
    return this.#find(key)?.position ?? -1;
  }

  /** The first element at or after a position. */
  advance(
    position: number,
  ): { readonly position: number; readonly key: LuaValue; readonly value: LuaValue } | undefined {
    for (let i = position; i < this.#keys.length; i++) {
      const key = alive(this.#keys[i]);
      const value = key === undefined ? undefined : this.get(key);
      if (value !== undefined) return { position: i, key, value };
    }
    return undefined;
  }
}

import type { LuaTable, LuaValue, Scope } from '../lua/index.ts';

/** Names of a template or a part of it, over those of what surrounds it. */
export class TemplateScope implements Scope {
  readonly #values = new Map<string, LuaValue>();
  readonly #outer: Scope | undefined;

  constructor(outer: Scope | undefined) {
    this.#outer = outer;
  }

  get(name: string): LuaValue {
    return this.#values.has(name) ? this.#values.get(name) : this.#outer?.get(name);
  }

  set(name: string, value: LuaValue): void {
    // Like a field of a Lua table: a nil is no value, and what surrounds shows through.
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
  }

  own(): ReadonlyMap<string, LuaValue> {
    return this.#values;
  }
}

/** Names that a table gives. */
export function tableScope(table: LuaTable): Scope {
  return { get: (name) => table.get(name), set: (name, value) => table.set(name, value) };
}

import { LuaError, LuaTable, type LuaValue, toNumber, toText, truthy, typeOf } from '../../lua/index.ts';

/** A filter gets its input first, then its arguments; like any function it may give several results. */
export type Filter = (args: readonly LuaValue[]) => readonly LuaValue[];

/** Reads a filter's input and arguments. */
export class FilterArguments {
  readonly #name: string;
  readonly values: readonly LuaValue[];

  constructor(name: string, values: readonly LuaValue[]) {
    this.#name = name;
    this.values = values;
  }

  /** The input, which must be there (rspamd: contrib/lua-lupa/lupa.lua). */
  input(kind: string): LuaValue {
    const value = this.values[0];
    if (!truthy(value)) throw new LuaError(`input to filter "${this.#name}" was nil instead of a ${kind}`);
    return value;
  }

  string(): string {
    const value = this.input('string');
    if (typeof value === 'string') return value;
    throw new LuaError(`input to filter "${this.#name}" is a ${typeOf(value)} instead of a string`);
  }

  /** Filters that call a function of `string` take a number for its text, those that call a method do not. */
  stringOrNumber(): string {
    const value = this.input('string');
    return typeof value === 'number' ? toText(value) : this.string();
  }

  table(): LuaTable {
    const value = this.input('table');
    if (value instanceof LuaTable) return value;
    throw new LuaError(`input to filter "${this.#name}" is a ${typeOf(value)} instead of a table`);
  }

  number(at = 0): number {
    const value = at === 0 ? this.input('number') : this.values[at];
    const found = toNumber(value);
    if (found === undefined) throw new LuaError(`filter "${this.#name}" wants a number, not a ${typeOf(value)}`);
    return found;
  }

  optionalNumber(at: number, otherwise: number): number {
    return this.values[at] === undefined ? otherwise : this.number(at);
  }

  text(at: number): string {
    const value = this.values[at];
    if (typeof value === 'string' || typeof value === 'number') return toText(value);
    throw new LuaError(`filter "${this.#name}" wants a string, not a ${typeOf(value)}`);
  }

  optionalText(at: number): string | undefined {
    return truthy(this.values[at]) ? this.text(at) : undefined;
  }

  flag(at: number): boolean {
    return truthy(this.values[at]);
  }
}

export type FilterTable = Readonly<Record<string, (args: FilterArguments) => LuaValue | readonly LuaValue[]>>;

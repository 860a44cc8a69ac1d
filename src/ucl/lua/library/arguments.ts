import { LuaError, type LuaFunction, LuaTable, type LuaValue, toNumber, toText, typeOf } from '../values.ts';

/** Reads a library function's arguments with Lua's conversions and messages. */
export class Arguments {
  readonly #name: string;
  readonly values: readonly LuaValue[];

  constructor(name: string, values: readonly LuaValue[]) {
    this.#name = name;
    this.values = values;
  }

  #wrong(at: number, wanted: string): LuaError {
    const value = this.values[at];
    const got = at < this.values.length ? typeOf(value) : 'no value';
    return this.bad(at, `${wanted} expected, got ${got}`);
  }

  bad(at: number, why: string): LuaError {
    return new LuaError(`bad argument #${at + 1} to '${this.#name}' (${why})`);
  }

  any(at: number): LuaValue {
    if (at >= this.values.length) throw this.bad(at, 'value expected');
    return this.values[at];
  }

  text(at: number): string {
    const value = this.values[at];
    if (typeof value !== 'string' && typeof value !== 'number') throw this.#wrong(at, 'string');
    return toText(value);
  }

  optionalText(at: number): string | undefined {
    return this.values[at] === undefined ? undefined : this.text(at);
  }

  number(at: number, otherwise?: number): number {
    if (otherwise !== undefined && this.values[at] === undefined) return otherwise;
    const value = toNumber(this.values[at]);
    if (value === undefined) throw this.#wrong(at, 'number');
    return value;
  }

  /** A number without its fraction. */
  integer(at: number, otherwise?: number): number {
    const value = Math.trunc(this.number(at, otherwise));
    return Number.isNaN(value) ? 0 : value;
  }

  table(at: number): LuaTable {
    const value = this.values[at];
    if (!(value instanceof LuaTable)) throw this.#wrong(at, 'table');
    return value;
  }

  function(at: number): LuaFunction {
    const value = this.values[at];
    if (typeof value !== 'function') throw this.#wrong(at, 'function');
    return value;
  }
}

/** A library table from functions that take {@link Arguments}. */
export function library(
  functions: Readonly<Record<string, (args: Arguments) => LuaValue | readonly LuaValue[]>>,
): LuaTable {
  return LuaTable.from(Object.entries(functions).map(([name, run]) => [name, wrap(name, run)] as const));
}

export function wrap(name: string, run: (args: Arguments) => LuaValue | readonly LuaValue[]): LuaFunction {
  return (values) => {
    const result = run(new Arguments(name, values));
    return Array.isArray(result) ? (result as readonly LuaValue[]) : [result as LuaValue];
  };
}

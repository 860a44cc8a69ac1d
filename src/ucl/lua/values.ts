/** Values of Lua as templates use it: the dialect of LuaJIT (5.1). Strings are byte strings. */
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction;

/** Arguments and results are lists without trailing surprises: a missing one is `undefined`, Lua's nil. */
export type LuaFunction = (args: readonly LuaValue[]) => readonly LuaValue[];

/** An error as Lua raises it; the message is a byte string. */
export class LuaError extends Error {}

export class LuaTable {
  /** The values of 1, 2, … as far as they follow each other. */
  readonly #list: LuaValue[] = [];
  readonly #hash = new Map<LuaValue, LuaValue>();
  /** Stands in for keys that the table has not. */
  fallback: ((key: LuaValue) => LuaValue) | undefined;
  /** Makes the table callable. */
  call: LuaFunction | undefined;
  /** What `tostring` gives. */
  text: (() => string) | undefined;

  /** A list; nils in it count as far as a value follows them. */
  static of(items: Iterable<LuaValue>): LuaTable {
    const table = new LuaTable();
    for (const item of items) table.#list.push(item);
    while (table.#list.length > 0 && table.#list.at(-1) === undefined) table.#list.pop();
    return table;
  }

  static from(entries: Iterable<readonly [LuaValue, LuaValue]>): LuaTable {
    const table = new LuaTable();
    for (const [key, value] of entries) table.set(key, value);
    return table;
  }

  get(key: LuaValue): LuaValue {
    const found = this.own(key);
    return found === undefined && this.fallback !== undefined ? this.fallback(key) : found;
  }

  own(key: LuaValue): LuaValue {
    if (typeof key === 'number' && key >= 1 && key <= this.#list.length && Number.isInteger(key))
      return this.#list[key - 1];
    return this.#hash.get(key);
  }

  set(key: LuaValue, value: LuaValue): void {
    if (key === undefined) throw new LuaError('table index is nil');
    if (Number.isNaN(key)) throw new LuaError('table index is NaN');
    const length = this.#list.length;
    if (typeof key === 'number' && Number.isInteger(key) && key >= 1 && key <= length) {
      this.#list[key - 1] = value;
      while (this.#list.length > 0 && this.#list.at(-1) === undefined) this.#list.pop();
    } else if (key === length + 1 && value !== undefined) {
      this.#hash.delete(key);
      this.#list.push(value);
      this.#collect();
    } else if (value === undefined) {
      this.#hash.delete(key);
    } else {
      this.#hash.set(key === 0 ? 0 : key, value);
    }
  }

  push(value: LuaValue): void {
    this.set(this.length + 1, value);
  }

  /** Moves what follows the list from the hash into it. */
  #collect(): void {
    for (let next = this.#list.length + 1; this.#hash.has(next); next++) {
      this.#list.push(this.#hash.get(next));
      this.#hash.delete(next);
    }
  }

  get length(): number {
    return this.#list.length;
  }

  /** The list's values, nils in it included. */
  items(): LuaValue[] {
    return [...this.#list];
  }

  /** All keys with a value: the list's first, the others in the order of insertion. */
  *entries(): Generator<[LuaValue, LuaValue]> {
    for (const [index, value] of this.#list.entries()) if (value !== undefined) yield [index + 1, value];
    yield* this.#hash.entries();
  }

  /** Lua's `next`: the entry after a key, or the first. */
  next(key: LuaValue): [LuaValue, LuaValue] | undefined {
    if (this.#order === undefined || key === undefined) this.#order = [...this.entries()].map(([one]) => one);
    const at = key === undefined ? 0 : this.#order.indexOf(key, this.#order[this.#at] === key ? this.#at : 0) + 1;
    for (this.#at = at; this.#at < this.#order.length; this.#at++) {
      const found = this.#order[this.#at];
      const value = this.own(found);
      if (value !== undefined) return [found, value];
    }
    return undefined;
  }

  #order: LuaValue[] | undefined;
  #at = 0;
}

export function typeOf(value: LuaValue): string {
  if (value === undefined) return 'nil';
  return value instanceof LuaTable ? 'table' : typeof value;
}

export function truthy(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}

/** A number as `tostring` gives it: C's `%.14g`. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0';
  if (Number.isInteger(value) && Math.abs(value) < 1e14) return String(value);
  const [mantissa = '', power = '0'] = value.toExponential(13).split('e');
  const exponent = Number(power);
  const digits = mantissa.replace(/\.?0+$/, '');
  if (exponent >= -4 && exponent < 14)
    return value.toFixed(Math.max(0, 13 - exponent)).replace(/\.0+$|(\.\d*?)0+$/, '$1');
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

export function toText(value: LuaValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'number':
      return numberText(value);
    case 'function':
      return 'function: builtin';
    case 'object':
      return value.text?.() ?? 'table: 0x0';
    default:
      return String(value);
  }
}

/** A number from a number or from text that is one, as arithmetic takes it; undefined when it is none. */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseNumber(value) : undefined;
}

/** Text as a number: decimal or hexadecimal, with blanks around it; undefined when it is none. */
export function parseNumber(value: string): number | undefined {
  const text = value.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text.replace(/^\+/, ''));
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special !== null) {
    const size = special[2]?.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === '-' ? -size : size;
  }
  const hex = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i.exec(text);
  if (hex === null || `${hex[2]}${hex[3] ?? ''}` === '') return undefined;
  let size = 0;
  for (const digit of hex[2] ?? '') size = size * 16 + Number.parseInt(digit, 16);
  for (const [at, digit] of [...(hex[3] ?? '')].entries()) size += Number.parseInt(digit, 16) * 16 ** -(at + 1);
  size *= 2 ** Number(hex[4] ?? 0);
  return hex[1] === '-' ? -size : size;
}

import { ADD, DIV, MOD, MUL, POW, SUB, UNM } from './events.ts';
import { LuaObject } from './object.ts';
import type { LuaValue } from './types.ts';

/** A boxed 64-bit integer, as the literals `1LL` and `1ULL` make. */
export class Int64 extends LuaObject {
  readonly value: bigint;
  readonly isUnsigned: boolean;
  constructor(value: bigint, isUnsigned: boolean) {
    super();
    this.value = isUnsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
    this.isUnsigned = isUnsigned;
  }
  get luaType(): 'cdata' {
    return 'cdata';
  }
  get cType(): string {
    return this.isUnsigned ? 'uint64_t' : 'int64_t';
  }
  override toString(): string {
    return `${this.value}${this.isUnsigned ? 'ULL' : 'LL'}`;
  }
}

/** A complex number, as the literal `1i` makes. It can only be shown and compared. */
export class Complex extends LuaObject {
  readonly re: number;
  readonly im: number;
  constructor(re: number, im: number) {
    super();
    this.re = re;
    this.im = im;
  }
  get luaType(): 'cdata' {
    return 'cdata';
  }
}

/** A double as a 64-bit integer: truncated; what does not fit becomes the smallest one, as on x86. */
export function doubleToInt64(n: number): bigint {
  if (!(Math.abs(n) < 2 ** 63)) return n >= 2 ** 63 && n < 2 ** 64 ? BigInt(Math.trunc(n)) : -(1n << 63n);
  return BigInt(Math.trunc(n));
}

/** An operand of 64-bit arithmetic as an integer, or undefined when it cannot be one. */
function toInt64(value: LuaValue): bigint | undefined {
  if (value instanceof Int64) return value.value;
  return typeof value === 'number' ? doubleToInt64(value) : undefined;
}

const smallest = -(1n << 63n);

function integerPower(x: bigint, k: bigint, isUnsigned: boolean): bigint {
  if (k < 0n) {
    if (x === 0n) return isUnsigned ? (1n << 64n) - 1n : (1n << 63n) - 1n;
    if (x === 1n) return 1n;
    return x === -1n && !isUnsigned ? (k & 1n ? -1n : 1n) : 0n;
  }
  let [result, base] = [1n, x];
  for (let left = k; left > 0n; left >>= 1n) {
    if (left & 1n) result = BigInt.asUintN(64, result * base);
    base = BigInt.asUintN(64, base * base);
  }
  return result;
}

/** Arithmetic of which one operand at least is a 64-bit integer; undefined when the other one cannot be. */
export function int64Arithmetic(event: number, a: LuaValue, b: LuaValue): Int64 | undefined {
  const isUnsigned = (a instanceof Int64 && a.isUnsigned) || (b instanceof Int64 && b.isUnsigned);
  const [x, y] = [toInt64(a), toInt64(b)];
  if (x === undefined || y === undefined) return undefined;
  const fit = (n: bigint): bigint => (isUnsigned ? BigInt.asUintN(64, n) : BigInt.asIntN(64, n));
  const make = (n: bigint): Int64 => new Int64(n, isUnsigned);
  switch (event) {
    case ADD:
      return make(x + y);
    case SUB:
      return make(x - y);
    case MUL:
      return make(x * y);
    case DIV:
      return make(y === 0n ? smallest : fit(x) / fit(y));
    case MOD:
      return make(y === 0n ? smallest : fit(x) % fit(y));
    case POW:
      return make(integerPower(fit(x), fit(y), isUnsigned));
    case UNM:
      return make(-x);
    default:
      return undefined;
  }
}

/** -1, 0 or 1 for operands of which one at least is a 64-bit integer; undefined when they cannot be compared. */
export function int64Compare(a: LuaValue, b: LuaValue): number | undefined {
  const isUnsigned = (a instanceof Int64 && a.isUnsigned) || (b instanceof Int64 && b.isUnsigned);
  const [x, y] = [toInt64(a), toInt64(b)];
  if (x === undefined || y === undefined) return undefined;
  const [p, q] = isUnsigned ? [BigInt.asUintN(64, x), BigInt.asUintN(64, y)] : [x, y];
  return p < q ? -1 : p > q ? 1 : 0;
}

import { Int64 } from '../values/cdata.ts';
import { native } from '../values/native.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import { checkNumber } from './arguments.ts';

const view = new DataView(new ArrayBuffer(8));

/** A double as 32 bits: rounded to the nearest even integer, of which the low bits count. */
function toBits(n: number): number {
  if ((n | 0) === n) return n;
  view.setFloat64(0, n + 6755399441055744); // 2^52 + 2^51 moves the integer part into the low bits
  return view.getInt32(4);
}

type Args = readonly LuaValue[];

function checkBits(args: Args, index: number): number {
  const value = args[index - 1];
  if (value instanceof Int64) return Number(BigInt.asIntN(32, value.value));
  return toBits(checkNumber(args, index));
}

const swap = (x: number): number => (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);

/** A function of one operand in 32 or 64 bits. */
const unary = (name: string, narrow: (x: number) => number, wide: (x: bigint) => bigint): LuaFunction =>
  native(name, (...args) => {
    const [x] = args;
    return x instanceof Int64 ? new Int64(wide(x.value), x.isUnsigned) : narrow(checkBits(args, 1));
  });

/** A function of any number of operands; one 64-bit operand makes the result 64 bits wide. */
function nary(
  name: string,
  narrow: (x: number, y: number) => number,
  wide: (x: bigint, y: bigint) => bigint,
): LuaFunction {
  return native(name, (...args) => {
    let result = checkBits(args, 1);
    for (let i = 2; i <= args.length; i++) result = narrow(result, checkBits(args, i));
    if (!args.some((one) => one instanceof Int64)) return result;
    const isUnsigned = args.some((one) => one instanceof Int64 && one.isUnsigned);
    const operands = args.map((one, i) => (one instanceof Int64 ? one.value : BigInt(checkBits(args, i + 1))));
    return new Int64(operands.reduce(wide), isUnsigned);
  });
}

const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);

/** A shift or rotation by a count modulo the width. */
function shift(
  name: string,
  narrow: (x: number, by: number) => number,
  wide: (x: bigint, by: bigint) => bigint,
): LuaFunction {
  return native(name, (...args) => {
    const [x] = args;
    const by = checkBits(args, 2);
    if (x instanceof Int64) return new Int64(wide(x.value, BigInt(by & 63)), x.isUnsigned);
    return narrow(checkBits(args, 1), by & 31);
  });
}

const tohex = native('tohex', (...args) => {
  const [x] = args;
  const isWide = x instanceof Int64;
  const bits = isWide ? u64(x.value) : BigInt(checkBits(args, 1) >>> 0);
  const width = args.length < 2 ? (isWide ? 16 : 8) : checkBits(args, 2);
  const digits = Math.min(Math.abs(width), 254);
  const kept = digits < 16 ? bits & ((1n << BigInt(4 * digits)) - 1n) : bits;
  const text = digits === 0 ? '' : kept.toString(16).padStart(digits, '0');
  return width < 0 ? text.toUpperCase() : text;
});

const swapWide = (x: bigint): bigint => {
  view.setBigUint64(0, u64(x));
  return view.getBigUint64(0, true);
};

export const bitFunctions: readonly LuaFunction[] = [
  native('tobit', (...args) => checkBits(args, 1)),
  unary(
    'bnot',
    (x) => ~x,
    (x) => ~x,
  ),
  unary('bswap', swap, swapWide),
  nary(
    'band',
    (x, y) => x & y,
    (x, y) => x & y,
  ),
  nary(
    'bor',
    (x, y) => x | y,
    (x, y) => x | y,
  ),
  nary(
    'bxor',
    (x, y) => x ^ y,
    (x, y) => x ^ y,
  ),
  shift(
    'lshift',
    (x, by) => x << by,
    (x, by) => x << by,
  ),
  shift(
    'rshift',
    (x, by) => (x >>> by) | 0,
    (x, by) => u64(x) >> by,
  ),
  shift(
    'arshift',
    (x, by) => x >> by,
    (x, by) => BigInt.asIntN(64, x) >> by,
  ),
  shift(
    'rol',
    (x, by) => (x << by) | (x >>> (32 - by)),
    (x, by) => (u64(x) << by) | (u64(x) >> (64n - by)),
  ),
  shift(
    'ror',
    (x, by) => (x >>> by) | (x << (32 - by)),
    (x, by) => (u64(x) >> by) | (u64(x) << (64n - by)),
  ),
  tohex,
];

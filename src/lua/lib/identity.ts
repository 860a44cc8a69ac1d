import { Complex, Int64 } from '../values/cdata.ts';
import { numberToString } from '../values/number-text.ts';
import { typeName } from '../values/type-name.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';

const addresses = new WeakMap<object, number>();
let next = 0x7f10_0000_4a20;

/** A number that stands for the address of an object: unique while the process lives, and in no useful order. */
export function addressOf(object: object): number {
  let address = addresses.get(object);
  if (address === undefined) {
    next += 0x28;
    address = next;
    addresses.set(object, address);
  }
  return address;
}

const builtins = new WeakMap<LuaFunction, number>();
let builtinCount = 0;

function builtinNumber(f: LuaFunction): number {
  let number = builtins.get(f);
  if (number === undefined) {
    number = ++builtinCount;
    builtins.set(f, number);
  }
  return number;
}

/** The text of a value without regard to metamethods. */
export function plainText(value: LuaValue): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return numberToString(value);
    case 'undefined':
      return 'nil';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'function':
      if (value.native !== undefined) return `function: builtin#${builtinNumber(value)}`;
      return `function: 0x${addressOf(value).toString(16)}`;
    default:
      if (value instanceof Int64) return value.toString();
      if (value instanceof Complex) return complexText(value);
      return `${typeName(value)}: 0x${addressOf(value).toString(16)}`;
  }
}

function complexText({ re, im }: Complex): string {
  const sign = im < 0 || Object.is(im, -0) ? '-' : '+';
  return `${numberToString(re)}${sign}${numberToString(Math.abs(im))}i`;
}

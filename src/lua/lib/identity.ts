import { Complex, Int64 } from '../values/cdata.ts';
import { numberToString } from '../values/number-text.ts';
import { typeName } from '../values/type-name.ts';
import type { LuaFunction, LuaValue } from '../values/types.ts';
import { builtinNumber } from './builtins.ts';

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
      return functionText(value);
    default:
      if (value instanceof Int64) return value.toString();
      if (value instanceof Complex) return complexText(value);
      return `${typeName(value)}: 0x${addressOf(value).toString(16)}`;
  }
}

function functionText(f: LuaFunction): string {
  const number = f.native === undefined ? undefined : builtinNumber(f);
  return number === undefined ? `function: 0x${addressOf(f).toString(16)}` : `function: builtin#${number}`;
}

function complexText({ re, im }: Complex): string {
  const sign = im < 0 || Object.is(im, -0) ? '-' : '+';
  return `${numberToString(re)}${sign}${numberToString(Math.abs(im))}i`;
}

import { stringToNumber } from './number-scan.ts';
import { numberToString } from './number-text.ts';
import type { LuaValue } from './types.ts';

/** The number an arithmetic operand stands for, or undefined: strings are read as numbers. */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? stringToNumber(value) : undefined;
}

/** The string an operand of `..` stands for, or undefined: numbers are written as text. */
export function toText(value: LuaValue): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? numberToString(value) : undefined;
}

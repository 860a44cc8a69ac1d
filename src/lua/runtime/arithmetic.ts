import { Complex, Int64, int64Arithmetic } from '../values/cdata.ts';
import { toNumber } from '../values/coercion.ts';
import { ADD, DIV, LEN, MOD, MUL, POW, SUB, UNM } from '../values/events.ts';
import { power } from '../values/power.ts';
import { typeName } from '../values/type-name.ts';
import type { LuaValue } from '../values/types.ts';
import { callHandler, HANDLER, handler } from './calls.ts';
import { atOperator, operatorError, runtimeError } from './errors.ts';
import { metamethod } from './metatables.ts';

function compute(event: number, a: number, b: number): number {
  switch (event) {
    case ADD:
      return a + b;
    case SUB:
      return a - b;
    case MUL:
      return a * b;
    case DIV:
      return a / b;
    case MOD:
      return a - Math.floor(a / b) * b;
    case POW:
      return power(a, b);
    default:
      return -a;
  }
}

const isCdata = (value: LuaValue): boolean => value instanceof Int64 || value instanceof Complex;

function cdataName(value: LuaValue): string {
  if (value instanceof Int64) return value.cType;
  return value instanceof Complex ? 'complex' : typeName(value);
}

/**
 * Arithmetic of which one operand at least is not a number: strings that look like numbers, 64-bit integers,
 * metamethods. Answers HANDLER when a metamethod is to be called.
 */
export function tryArithmetic(event: number, a: LuaValue, b: LuaValue, site: number): LuaValue {
  const [x, y] = [toNumber(a), toNumber(b)];
  if (x !== undefined && y !== undefined) return compute(event, x, y);
  atOperator(site);
  if (isCdata(a) || isCdata(b)) {
    const result = int64Arithmetic(event, a, b);
    if (result !== undefined) return result;
    throw runtimeError(`attempt to perform arithmetic on '${cdataName(a)}' and '${cdataName(b)}'`);
  }
  const found = metamethod(a, event) ?? metamethod(b, event);
  if (found === undefined) {
    throw operatorError('perform arithmetic on', x === undefined ? a : b, x === undefined ? 1 : 2);
  }
  return handler(found, [a, b]);
}

export function arithmetic(event: number, a: LuaValue, b: LuaValue, site: number): LuaValue {
  const result = tryArithmetic(event, a, b, site);
  return result === HANDLER ? callHandler() : result;
}

/** Unary minus of something that is not a number. The handler gets the operand twice. */
export function tryNegate(a: LuaValue, site: number): LuaValue {
  return tryArithmetic(UNM, a, a, site);
}

export function negate(a: LuaValue, site: number): LuaValue {
  const result = tryNegate(a, site);
  return result === HANDLER ? callHandler() : result;
}

/** `#` of something that is neither string nor table. */
export function tryLength(a: LuaValue, site: number): LuaValue {
  atOperator(site);
  const found = metamethod(a, LEN);
  if (found === undefined) throw operatorError('get length of', a, 1);
  return handler(found, [a, undefined]);
}

export function length(a: LuaValue, site: number): LuaValue {
  const result = tryLength(a, site);
  return result === HANDLER ? callHandler() : result;
}

import { Complex, Int64, int64Compare } from '../values/cdata.ts';
import type { LuaError } from '../values/error.ts';
import { EQ, LE, LT } from '../values/events.ts';
import { LuaTable } from '../values/table.ts';
import { typeName } from '../values/type-name.ts';
import type { LuaValue } from '../values/types.ts';
import { Userdata } from '../values/userdata.ts';
import { callHandler, handler } from './calls.ts';
import { atOperator, runtimeError } from './errors.ts';
import { metamethod } from './metatables.ts';
import { callHandlerResumable, type Resumable } from './requests.ts';

/** Answers of a comparison that needs a metamethod: its verdict counts as it is, or the other way round. */
const VERDICT = 2;
const REVERSED = 3;
type Comparison = boolean | typeof VERDICT | typeof REVERSED;

/** What a comparison with a metamethod comes to. */
function callVerdict(comparison: typeof VERDICT | typeof REVERSED): boolean {
  return verdict(comparison, callHandler());
}

/** The same for generator code, which has already tried. */
export function* compareResumable(comparison: Comparison): Resumable<boolean> {
  return typeof comparison === 'boolean' ? comparison : verdict(comparison, yield* callHandlerResumable());
}

function verdict(comparison: Comparison, value: LuaValue): boolean {
  const holds = value !== undefined && value !== false;
  return comparison === REVERSED ? !holds : holds;
}

function comparisonError(a: LuaValue, b: LuaValue): LuaError {
  const [x, y] = [typeName(a), typeName(b)];
  return runtimeError(x === y ? `attempt to compare two ${x} values` : `attempt to compare ${x} with ${y}`);
}

/** The handler both operands share, or undefined. */
function sharedHandler(a: LuaValue, b: LuaValue, event: number): LuaValue {
  const found = metamethod(a, event);
  return found !== undefined && found === metamethod(b, event) ? found : undefined;
}

function compareObjects(a: LuaValue, b: LuaValue, event: number): Comparison {
  if (a instanceof Int64 || b instanceof Int64) {
    const order = int64Compare(a, b);
    if (order !== undefined) return event === LT ? order < 0 : order <= 0;
  }
  if (typeName(a) === typeName(b)) {
    const found = sharedHandler(a, b, event);
    if (found !== undefined) {
      handler(found, [a, b]);
      return VERDICT;
    }
    if (event === LE) {
      const less = sharedHandler(b, a, LT);
      if (less !== undefined) {
        handler(less, [b, a]);
        return REVERSED;
      }
    }
  }
  throw comparisonError(a, b);
}

export function tryLess(a: LuaValue, b: LuaValue, site: number): Comparison {
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  atOperator(site);
  return compareObjects(a, b, LT);
}

export function tryLessEqual(a: LuaValue, b: LuaValue, site: number): Comparison {
  if (typeof a === 'string' && typeof b === 'string') return a <= b;
  atOperator(site);
  return compareObjects(a, b, LE);
}

/** `a < b` where one of them at least is not a number. */
export function less(a: LuaValue, b: LuaValue, site: number): boolean {
  const result = tryLess(a, b, site);
  return typeof result === 'boolean' ? result : callVerdict(result);
}

export function lessEqual(a: LuaValue, b: LuaValue, site: number): boolean {
  const result = tryLessEqual(a, b, site);
  return typeof result === 'boolean' ? result : callVerdict(result);
}

/** `a == b` of two values that are not the same one. */
export function tryEqual(a: LuaValue, b: LuaValue, site: number): Comparison {
  if (a instanceof LuaTable) {
    if (!(b instanceof LuaTable)) return false;
  } else if (a instanceof Userdata) {
    if (!(b instanceof Userdata)) return false;
  } else {
    return cdataEqual(a, b);
  }
  const found = a.meta?.getEvent(EQ);
  if (found === undefined || (a.meta !== b.meta && b.meta?.getEvent(EQ) !== found)) return false;
  atOperator(site);
  handler(found, [a, b]);
  return VERDICT;
}

function cdataEqual(a: LuaValue, b: LuaValue): boolean {
  if (a instanceof Int64 || b instanceof Int64) return int64Compare(a, b) === 0;
  return a instanceof Complex && b instanceof Complex && a.re === b.re && a.im === b.im;
}

export function equal(a: LuaValue, b: LuaValue, site: number): boolean {
  const result = tryEqual(a, b, site);
  return typeof result === 'boolean' ? result : callVerdict(result);
}

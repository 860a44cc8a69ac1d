import { toText } from '../values/coercion.ts';
import { LuaError } from '../values/error.ts';
import { CONCAT } from '../values/events.ts';
import { numberToString } from '../values/number-text.ts';
import type { LuaValue } from '../values/types.ts';
import { callHandler } from './calls.ts';
import { atOperator, operandError, runtimeError } from './errors.ts';
import { allocate, solid } from './limits.ts';
import { metamethod } from './metatables.ts';
import { R } from './registers.ts';
import { callHandlerResumable, type Resumable } from './requests.ts';
import { siteOf } from './stack.ts';

/** Longest string V8 can hold. */
const longest = 0x1fffffe8;

/** Two strings in one, counted against the memory limit. */
export function join(a: string, b: string): string {
  const length = a.length + b.length;
  if (length > 1024) {
    if (length > longest) throw new LuaError('not enough memory');
    allocate(length);
    return solid(a + b);
  }
  return a + b;
}

function joinError(operands: readonly LuaValue[], index: number): LuaError {
  const site = siteOf(R.top);
  return operandError('concatenate', operands[index], site?.operands?.[index]);
}

/** `a .. b` of which one at least is not a string. Answers undefined when a metamethod is needed. */
export function joinTwo(a: LuaValue, b: LuaValue): string | undefined {
  const x = typeof a === 'string' ? a : typeof a === 'number' ? numberToString(a) : undefined;
  const y = typeof b === 'string' ? b : typeof b === 'number' ? numberToString(b) : undefined;
  return x === undefined || y === undefined ? undefined : join(x, y);
}

/** All operands as one string, or undefined when one is neither string nor number. */
function joinAll(operands: readonly LuaValue[]): string | undefined {
  let text = '';
  for (let i = operands.length - 1; i >= 0; i--) {
    const one = toText(operands[i]);
    if (one === undefined) return undefined;
    text = join(one, text);
  }
  return text;
}

/** State of a chain whose operands are joined from the right: `done` of them are in `value`. */
interface Chain {
  readonly operands: readonly LuaValue[];
  value: LuaValue;
  left: number;
}

/** Joins operands until a metamethod is needed, whose call is then left in `R.callee` and `R.args`; true when done. */
function advance(chain: Chain, site: number): boolean {
  while (chain.left > 0) {
    const a = chain.operands[chain.left - 1];
    const [x, y] = [toText(a), toText(chain.value)];
    if (x !== undefined && y !== undefined) {
      chain.value = join(x, y);
      chain.left--;
      continue;
    }
    atOperator(site);
    const found = metamethod(a, CONCAT) ?? metamethod(chain.value, CONCAT);
    if (found === undefined) {
      const operands = chain.operands.slice();
      operands[chain.left] = chain.value;
      throw joinError(operands, x === undefined ? chain.left - 1 : chain.left);
    }
    R.callee = found;
    R.args = [a, chain.value];
    chain.left--;
    return false;
  }
  return true;
}

/** Length at which LuaJIT refuses a string, whatever memory there is. */
const overflow = 0x7fffff00;

/** Refuses a chain that could not be a string in LuaJIT either. */
function checkLength(operands: readonly LuaValue[], site: number): void {
  let length = 0;
  for (const one of operands) if (typeof one === 'string') length += one.length;
  if (length < overflow) return;
  atOperator(site);
  throw runtimeError('string length overflow');
}

/** `a .. b .. c` whose operands are not all strings, or many. */
export function concat(operands: readonly LuaValue[], site: number): LuaValue {
  checkLength(operands, site);
  const text = joinAll(operands);
  if (text !== undefined) return text;
  const chain = { operands, value: operands[operands.length - 1], left: operands.length - 1 };
  while (!advance(chain, site)) chain.value = callHandler();
  return chain.value;
}

/** The same for generator code. */
export function* concatResumable(operands: readonly LuaValue[], site: number): Resumable<LuaValue> {
  checkLength(operands, site);
  const chain = { operands, value: operands[operands.length - 1], left: operands.length - 1 };
  while (!advance(chain, site)) chain.value = yield* callHandlerResumable();
  return chain.value;
}

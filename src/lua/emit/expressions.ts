import type { Expression, LogicalExpression } from '../syntax/ast.ts';
import { Complex, Int64 } from '../values/cdata.ts';
import { callValue } from './calls.ts';
import { readGlobal, readIndex } from './fields.ts';
import { numberLiteral, stringLiteral } from './literals.ts';
import { binary, concat, isComparison, unary } from './operators.ts';
import { table } from './tables.ts';
import { readVariable, simpleReference } from './variables.ts';
import type { FunctionWriter } from './writer.ts';

type ByKind = {
  readonly [K in Expression['kind']]: (w: FunctionWriter, e: Extract<Expression, { kind: K }>) => string;
};

const emitters: ByKind = {
  nil: () => 'undefined',
  true: () => 'true',
  false: () => 'false',
  number: (_, e) => numberLiteral(e.value),
  string: (_, e) => stringLiteral(e.value),
  int64: (w, e) => w.constant(new Int64(e.value, e.unsigned)),
  imaginary: (w, e) => w.constant(new Complex(0, e.value)),
  vararg: () => 'va[0]',
  function: (w, e) => w.emit.closure(w, e.fn),
  local: readVariable,
  upvalue: readVariable,
  global: readGlobal,
  index: readIndex,
  call: callValue,
  method: callValue,
  binary,
  unary,
  concat,
  and: logical,
  or: logical,
  table,
  paren: (w, e) => value(w, e.inner),
};

/** JavaScript expression for exactly one value. */
export const value = <K extends Expression['kind']>(w: FunctionWriter, e: Extract<Expression, { kind: K }>): string =>
  emitters[e.kind as K](w, e);

const isFalse = (ref: string): string => `(${ref}===undefined||${ref}===false)`;
const isTrue = (ref: string): string => `(${ref}!==undefined&&${ref}!==false)`;

const isLogical = (e: Expression): e is LogicalExpression => e.kind === 'and' || e.kind === 'or';

/** `a and b or c ...` from left to right with one temporary; an operand is evaluated only when it counts. */
function logical(w: FunctionWriter, e: LogicalExpression): string {
  const spine: LogicalExpression[] = [];
  let first: Expression = e;
  for (; isLogical(first); first = first.left) spine.push(first);
  const [only] = spine;
  if (spine.length === 1 && only !== undefined && isComparison(first)) {
    const test = w.condition(first);
    return only.kind === 'and' ? `(${test}?${w.value(only.right)}:false)` : `(${test}||${w.value(only.right)})`;
  }
  const mark = w.mark();
  const result = w.temporary();
  const steps = [`${result}=${w.value(first)}`];
  for (const step of spine.reverse()) {
    const test = step.kind === 'and' ? isTrue(result) : isFalse(result);
    steps.push(`${test}&&(${result}=${w.value(step.right)})`);
  }
  w.release(mark);
  return `(${steps.join(',')},${result})`;
}

/** JavaScript expression in parentheses, or a literal, that is true or false as Lua sees the value. */
export function condition(w: FunctionWriter, e: Expression): string {
  switch (e.kind) {
    case 'nil':
    case 'false':
      return 'false';
    case 'true':
    case 'number':
    case 'string':
    case 'function':
      return 'true';
    case 'and':
    case 'or':
      return logicalCondition(w, e);
    case 'paren':
      return condition(w, e.inner);
    default:
      if (isComparison(e)) return w.value(e);
      return truth(w, e);
  }
}

function logicalCondition(w: FunctionWriter, e: LogicalExpression): string {
  const operands: string[] = [];
  let one: Expression = e;
  for (; one.kind === e.kind; one = (one as LogicalExpression).left) {
    operands.unshift(condition(w, (one as LogicalExpression).right));
  }
  operands.unshift(condition(w, one));
  return `(${operands.join(e.kind === 'and' ? '&&' : '||')})`;
}

function truth(w: FunctionWriter, e: Expression): string {
  const simple = simpleReference(w, e);
  if (simple !== undefined) return isTrue(simple);
  const code = w.value(e);
  const mark = w.mark();
  const ref = w.temporary();
  w.release(mark);
  return `((${ref}=${code})!==undefined&&${ref}!==false)`;
}

import { power } from '../values/power.ts';
import type { ArithmeticOperator, ComparisonOperator, Expression } from './ast.ts';

export function isArithmetic(operator: ArithmeticOperator | ComparisonOperator): operator is ArithmeticOperator {
  return operator.length === 1 && operator !== '<' && operator !== '>';
}

/** Arithmetic as LuaJIT computes it on two numbers. */
export function arithmetic(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a - Math.floor(a / b) * b;
    case '^':
      return power(a, b);
  }
}

/** Folds arithmetic of two numerals. NaN and -0 never become constants (luajit: src/lj_parse.c, foldarith). */
export function foldArithmetic(
  operator: ArithmeticOperator | ComparisonOperator,
  left: Expression,
  right: Expression,
): Expression | undefined {
  if (left.kind !== 'number' || right.kind !== 'number' || !isArithmetic(operator)) return undefined;
  const value = arithmetic(operator, left.value, right.value);
  return Number.isNaN(value) || Object.is(value, -0) ? undefined : { kind: 'number', value };
}

/** Folds the negation of a numeral other than zero, and `not` of any constant. */
export function foldUnary(operator: 'not' | '-' | '#', operand: Expression): Expression | undefined {
  if (operator === '-') {
    if (operand.kind === 'number' && operand.value !== 0) return { kind: 'number', value: -operand.value };
    if (operand.kind === 'imaginary') return { kind: 'imaginary', value: -operand.value };
    if (operand.kind === 'int64') return { ...operand, value: BigInt.asIntN(64, -operand.value) };
    return undefined;
  }
  if (operator === '#') return undefined;
  if (operand.kind === 'nil' || operand.kind === 'false') return { kind: 'true' };
  return isConstant(operand) || operand.kind === 'int64' || operand.kind === 'imaginary'
    ? { kind: 'false' }
    : undefined;
}

/** The constant that an `and` or `or` comes to without a jump, like `nil or 1`; a constant itself. */
export function constantOf(e: Expression): Expression | undefined {
  if (e.kind === 'paren') return constantOf(e.inner);
  if (e.kind !== 'and' && e.kind !== 'or') return isConstant(e) ? e : undefined;
  const left = constantOf(e.left);
  if (left === undefined) return undefined;
  const holds = left.kind !== 'nil' && left.kind !== 'false';
  return holds === (e.kind === 'and') ? constantOf(e.right) : undefined;
}

/** A constant in the sense of a table template. */
export function isConstant(e: Expression): boolean {
  return e.kind === 'nil' || e.kind === 'true' || e.kind === 'false' || e.kind === 'number' || e.kind === 'string';
}

import type { Expression } from '../syntax/ast.ts';
import { isLate, simpleReference } from './variables.ts';
import type { FunctionWriter } from './writer.ts';

/** An expression evaluated once: `before` computes it, `ref` is then its value, as often as needed. */
export interface Operand {
  readonly before: string;
  readonly ref: string;
  /** Is read after the operands that follow it. */
  readonly isLate: boolean;
}

export function operand(w: FunctionWriter, e: Expression): Operand {
  const simple = simpleReference(w, e);
  if (simple !== undefined) return { before: '', ref: simple, isLate: false };
  const code = w.value(e);
  const name = w.temporary();
  return { before: `${name}=${code}`, ref: name, isLate: isLate(e) };
}

/** The same for what is indexed or measured: `1.length` would not be JavaScript. */
export function objectOperand(w: FunctionWriter, e: Expression): Operand {
  const one = operand(w, e);
  return /^\d/.test(one.ref) ? { ...one, ref: `(${one.ref})` } : one;
}

/** The evaluations of two operands in the order LuaJIT makes them. */
export function inOrder(left: Operand, right: Operand): string[] {
  return left.isLate ? [right.before, left.before] : [left.before, right.before];
}

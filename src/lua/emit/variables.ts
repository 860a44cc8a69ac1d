import type { Expression, FunctionNode, Variable } from '../syntax/ast.ts';
import type { FunctionWriter } from './writer.ts';

/** Whether closures share the variable through a box: it is used by one and assigned somewhere. */
export const isBoxed = (variable: Variable): boolean => variable.captured && variable.reassigned;

/** Name by which a function in the making refers to its own closure. */
export const selfName = (w: FunctionWriter): string => (w.isGenerator ? 'self' : `f${w.node.id}`);

/** What holds an enclosing function's variable: its box or its value. */
export function upvalueHolder(w: FunctionWriter, variable: Variable): string {
  if (variable.ownFunction === w.node && !isBoxed(variable)) return selfName(w);
  return `u${w.node.upvalues.indexOf(variable)}`;
}

/** What a closure of `fn` made here gets for one of its upvalues. */
export function captured(w: FunctionWriter, variable: Variable, fn: FunctionNode): string {
  if (w.node.upvalues.includes(variable)) return upvalueHolder(w, variable);
  if (variable.ownFunction === fn && !isBoxed(variable)) return 'undefined'; // it knows itself
  return `v${variable.slot}`;
}

/** JavaScript for the current value of a variable. */
export function readVariable(w: FunctionWriter, e: Expression & { kind: 'local' | 'upvalue' }): string {
  const { variable } = e;
  const holder = e.kind === 'local' ? `v${variable.slot}` : upvalueHolder(w, variable);
  return isBoxed(variable) ? `${holder}.v` : holder;
}

/** JavaScript that brings a variable to life with a value. */
export function declareVariable(variable: Variable, value: string): string {
  const name = `v${variable.slot}`;
  if (isBoxed(variable)) return `${name}=new Box(${value});`;
  return name === value ? '' : `${name}=${value};`;
}

/** JavaScript that assigns to a variable in scope. */
export function assignVariable(
  w: FunctionWriter,
  e: Expression & { kind: 'local' | 'upvalue' },
  value: string,
): string {
  return `${readVariable(w, e)}=${value};`;
}

/** JavaScript that can be repeated without effect, for an expression that has one; undefined otherwise. */
export function simpleReference(w: FunctionWriter, e: Expression): string | undefined {
  switch (e.kind) {
    case 'local':
    case 'upvalue':
      return isBoxed(e.variable) ? undefined : readVariable(w, e);
    case 'paren':
      return simpleReference(w, e.inner);
    case 'nil':
    case 'true':
    case 'false':
    case 'number':
    case 'string':
      return w.value(e);
    default:
      return undefined;
  }
}

/** A boxed variable of the running function, which LuaJIT reads as late as the instruction that uses it. */
export function isLate(e: Expression): boolean {
  if (e.kind === 'paren') return isLate(e.inner);
  return e.kind === 'local' && isBoxed(e.variable);
}

/** Whether the value is certainly a number. */
export function isNumber(w: FunctionWriter, e: Expression): boolean {
  switch (e.kind) {
    case 'number':
      return true;
    case 'local':
    case 'upvalue':
      return w.chunk.numbers.has(e.variable);
    case 'paren':
      return isNumber(w, e.inner);
    default:
      return false;
  }
}

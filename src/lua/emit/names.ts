import type { SiteName } from '../runtime/prototype.ts';
import type { Expression } from '../syntax/ast.ts';
import { isArithmetic } from '../syntax/folding.ts';

/** Whether an operand of `and` or `or` leaves no value behind, so that true or false is loaded into the register. */
function jumpsWithoutValue(e: Expression): boolean {
  switch (e.kind) {
    case 'paren':
      return jumpsWithoutValue(e.inner);
    case 'and':
    case 'or':
      return jumpsWithoutValue(e.left) || jumpsWithoutValue(e.right);
    case 'unary':
      return e.operator === 'not';
    case 'binary':
      return !isArithmetic(e.operator);
    default:
      return false;
  }
}

/** How LuaJIT would call the value of an expression in a message: what was last loaded into its register. */
export function nameOf(e: Expression): SiteName | undefined {
  switch (e.kind) {
    case 'local':
      return { kind: 'local', name: e.variable.name };
    case 'upvalue':
      return { kind: 'upvalue', name: e.variable.name };
    case 'global':
      return { kind: 'global', name: e.name };
    case 'index':
      return e.named && e.key.kind === 'string' ? { kind: 'field', name: e.key.value } : undefined;
    case 'paren':
      return nameOf(e.inner);
    case 'and':
    case 'or':
      return jumpsWithoutValue(e.left) ? undefined : nameOf(e.right);
    default:
      return undefined;
  }
}

import type { SiteName } from '../runtime/prototype.ts';
import type { Expression } from '../syntax/ast.ts';
import { isArithmetic } from '../syntax/folding.ts';

/** Whether testing an operand of `and` or `or` leaves its value behind in a register. */
function leavesValue(e: Expression): boolean {
  switch (e.kind) {
    case 'paren':
      return leavesValue(e.inner);
    case 'and':
    case 'or':
      return leavesValue(e.right);
    case 'unary':
      return e.operator !== 'not';
    case 'binary':
      return isArithmetic(e.operator);
    default:
      return true;
  }
}

/** Jumps out of an expression that come without a value, so that true or false has to be loaded where they end. */
interface Jumps {
  readonly whenTrue: boolean;
  readonly whenFalse: boolean;
}

const noJumps: Jumps = { whenTrue: false, whenFalse: false };

/** luajit: src/lj_parse.c, bcemit_binop_left and bcemit_binop for `and` and `or`: which jumps remain at the end. */
function valuelessJumps(e: Expression): Jumps {
  switch (e.kind) {
    case 'paren':
      return valuelessJumps(e.inner);
    case 'and': {
      const [left, right] = [valuelessJumps(e.left), valuelessJumps(e.right)];
      return { whenTrue: right.whenTrue, whenFalse: left.whenFalse || !leavesValue(e.left) || right.whenFalse };
    }
    case 'or': {
      const [left, right] = [valuelessJumps(e.left), valuelessJumps(e.right)];
      return { whenTrue: left.whenTrue || !leavesValue(e.left) || right.whenTrue, whenFalse: right.whenFalse };
    }
    default:
      return noJumps;
  }
}

/** Whether the last thing loaded into the register of an `and` or `or` is true or false. */
function endsInBoolean(e: Expression): boolean {
  const { whenTrue, whenFalse } = valuelessJumps(e);
  return whenTrue || whenFalse;
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
      return endsInBoolean(e) ? undefined : nameOf(e.right);
    default:
      return undefined;
  }
}

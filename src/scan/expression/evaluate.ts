import type { BinaryOperator, Expression, ExpressionNode } from './parse.ts';

/**
 * The value of an expression; what is not 0 is true (rspamd: src/libutil/expression.c:rspamd_process_expression).
 * @param all every atom is asked for, even where the outcome is clear before
 */
export function evaluate<A>(
  { root }: Expression<A>,
  read: (atom: A, negated: boolean) => number,
  all: boolean,
): number {
  const value = (node: ExpressionNode<A>): number => {
    switch (node.kind) {
      case 'atom':
        return read(node.atom, node.negated);
      case 'number':
        return node.value;
      case 'not':
        return isTrue(value(node.operand)) ? 0 : 1;
      case 'binary': {
        const [left, right] = node.operands.map(value) as [number, number];
        return binary(node.operator, left, right);
      }
      case 'chain':
        return chain(node);
    }
  };
  const chain = ({ operator, operands }: ExpressionNode<A> & { kind: 'chain' }): number => {
    let sum = value(operands[0] as ExpressionNode<A>);
    for (const operand of operands.slice(1)) {
      if (!all && ((operator === '&' && sum === 0) || (operator === '|' && sum !== 0))) break;
      const next = value(operand);
      if (operator === '+') sum += next;
      else if (operator === '*') sum *= next;
      else if (operator === '&') sum = isTrue(sum) && isTrue(next) ? 1 : 0;
      else sum = isTrue(sum) || isTrue(next) ? 1 : 0;
    }
    return sum;
  };
  return value(root);
}

function isTrue(value: number): boolean {
  return Math.abs(value) > Number.EPSILON;
}

function binary(operator: BinaryOperator, left: number, right: number): number {
  switch (operator) {
    case '-':
      return left - right;
    case '/':
      return left / right;
    case '>':
      return left > right ? 1 : 0;
    case '<':
      return left < right ? 1 : 0;
    case '>=':
      return left >= right ? 1 : 0;
    case '<=':
      return left <= right ? 1 : 0;
    case '==':
      return left === right ? 1 : 0;
    case '!=':
      return left !== right ? 1 : 0;
  }
}

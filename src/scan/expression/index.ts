export { evaluate } from './evaluate.ts';
export { type AtomParser, type Expression, type ExpressionNode, parseExpression } from './parse.ts';

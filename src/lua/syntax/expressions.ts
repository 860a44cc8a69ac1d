import type {
  ArithmeticOperator,
  CallExpression,
  ComparisonOperator,
  Expression,
  GlobalExpression,
  LocalExpression,
  MethodExpression,
  UpvalueExpression,
} from './ast.ts';
import {
  accept,
  discharge,
  enterLevel,
  expect,
  expectClosing,
  isMulti,
  isName,
  leaveLevel,
  type Parsing,
  takeName,
} from './context.ts';
import { foldArithmetic, foldUnary, isConstant } from './folding.ts';
import { tableConstructor } from './table-constructor.ts';
import { NUMBER, STRING, type Token } from './tokens.ts';

/** Left and right binding power; where the right is smaller the operator is right associative. */
const priorities: Readonly<Record<string, readonly [number, number]>> = {
  '+': [6, 6],
  '-': [6, 6],
  '*': [7, 7],
  '/': [7, 7],
  '%': [7, 7],
  '^': [10, 9],
  '..': [5, 4],
  '==': [3, 3],
  '~=': [3, 3],
  '<': [3, 3],
  '>': [3, 3],
  '<=': [3, 3],
  '>=': [3, 3],
  and: [2, 2],
  or: [1, 1],
};
const unaryPriority = 8;

export function expression(p: Parsing): Expression {
  return operators(p, 0);
}

/** Expressions separated by commas. All but the last are discharged. */
export function expressionList(p: Parsing): Expression[] {
  const list = [expression(p)];
  while (p.lexer.token === ',') {
    p.lexer.next();
    discharge(p, list[list.length - 1] as Expression);
    p.scope.reserve(1);
    list.push(expression(p));
  }
  return list;
}

function operators(p: Parsing, limit: number): Expression {
  const { lexer } = p;
  enterLevel(p);
  let left = unary(p);
  for (;;) {
    const operator = lexer.token;
    const priority = priorities[operator];
    if (priority === undefined || priority[0] <= limit) break;
    lexer.next();
    discharge(p, left);
    const temporary = left.kind === 'local' ? 0 : 1;
    p.scope.reserve(temporary);
    if (operator === 'and' || operator === 'or') {
      p.scope.free -= temporary;
      const right = operators(p, priority[1]);
      discharge(p, right);
      left = { kind: operator, left, right };
      continue;
    }
    const right = operators(p, priority[1]);
    p.scope.free -= temporary;
    left = binary(p, operator, left, right);
  }
  leaveLevel(p);
  return left;
}

function binary(p: Parsing, operator: Token, left: Expression, right: Expression): Expression {
  if (operator === '..') {
    // a chain is one instruction, its line is where the innermost, last join was read
    if (right.kind === 'concat') return { ...right, operands: [left, ...right.operands] };
    discharge(p, right);
    return { kind: 'concat', operands: [left, right], line: p.lexer.lastLine };
  }
  discharge(p, right);
  const kind = operator as ArithmeticOperator | ComparisonOperator;
  return foldArithmetic(kind, left, right) ?? { kind: 'binary', operator: kind, left, right, line: p.lexer.lastLine };
}

function unary(p: Parsing): Expression {
  const { lexer } = p;
  const operator = lexer.token;
  if (operator !== 'not' && operator !== '-' && operator !== '#') return simple(p);
  lexer.next();
  const operand = operators(p, unaryPriority);
  discharge(p, operand);
  return foldUnary(operator, operand) ?? { kind: 'unary', operator, operand, line: lexer.lastLine };
}

function simple(p: Parsing): Expression {
  const { lexer } = p;
  switch (lexer.token) {
    case NUMBER:
      return numeral(p);
    case STRING: {
      const value = lexer.text;
      lexer.next();
      return { kind: 'string', value };
    }
    case 'nil':
    case 'true':
    case 'false': {
      const kind = lexer.token;
      lexer.next();
      return { kind };
    }
    case '...':
      if (!p.scope.node.isVararg) lexer.fail("cannot use '...' outside a vararg function", lexer.token);
      lexer.next();
      return { kind: 'vararg' };
    case '{':
      return tableConstructor(p, expression);
    case 'function': {
      lexer.next();
      const fn = p.functionBody(p, false, lexer.line);
      return { kind: 'function', fn };
    }
    default:
      return primary(p);
  }
}

function numeral(p: Parsing): Expression {
  const { number } = p.lexer;
  p.lexer.next();
  switch (number.kind) {
    case 'int64':
      return { kind: 'int64', value: number.value, unsigned: false };
    case 'uint64':
      return { kind: 'int64', value: number.value, unsigned: true };
    default:
      return number;
  }
}

/** The name under the cursor as the variable or global it means. */
export function variable(p: Parsing): LocalExpression | UpvalueExpression | GlobalExpression {
  const name = takeName(p);
  const { scope } = p;
  const local = scope.findLocal(name);
  if (local !== undefined) return { kind: 'local', variable: local };
  const upvalue = scope.findUpvalue(name);
  if (upvalue !== undefined) return { kind: 'upvalue', variable: upvalue };
  scope.noteEnvironment();
  scope.constant(name);
  return { kind: 'global', name, line: 0 };
}

/** `.name` after a table; the dot or colon is the current token. */
export function field(p: Parsing, object: Expression): Expression & { kind: 'index' } {
  discharge(p, object);
  p.lexer.next();
  const name = takeName(p);
  const named = p.scope.constant(name);
  return { kind: 'index', object, key: { kind: 'string', value: name }, named, line: 0 };
}

/** A variable, or an expression in parentheses, with all that is indexed and called after it. */
export function primary(p: Parsing): Expression {
  const { lexer } = p;
  let e: Expression;
  if (lexer.token === '(') {
    const line = lexer.line;
    lexer.next();
    const inner = expression(p);
    expectClosing(p, ')', '(', line);
    discharge(p, inner);
    e = isConstant(inner) ? inner : { kind: 'paren', inner };
  } else if (isName(lexer.token)) {
    e = variable(p);
  } else {
    return lexer.fail('unexpected symbol', lexer.token);
  }
  for (;;) {
    switch (lexer.token) {
      case '.':
        e = field(p, e);
        break;
      case '[':
        e = bracketed(p, e);
        break;
      case ':':
        e = methodCall(p, e);
        break;
      case '(':
      case STRING:
      case '{':
        discharge(p, e);
        e = call(p, e);
        break;
      default:
        return e;
    }
  }
}

function bracketed(p: Parsing, object: Expression): Expression {
  const { lexer, scope } = p;
  discharge(p, object);
  const temporary = object.kind === 'local' ? 0 : 1;
  scope.reserve(temporary);
  lexer.next();
  const key = expression(p);
  discharge(p, key);
  scope.free -= temporary;
  expect(p, ']');
  const named = key.kind === 'string' && scope.constant(key.value);
  return { kind: 'index', object, key, named, line: 0 };
}

function call(p: Parsing, callee: Expression): CallExpression {
  const base = p.scope.free;
  const line = p.lexer.line;
  p.scope.reserve(2);
  const args = callArguments(p);
  finishCall(p, base, args);
  return { kind: 'call', callee, args, line };
}

function methodCall(p: Parsing, object: Expression): MethodExpression {
  const { lexer, scope } = p;
  const base = scope.free;
  lexer.next();
  const name = takeName(p);
  discharge(p, object);
  const indexLine = lexer.lastLine;
  const named = scope.constant(name);
  const line = lexer.line;
  scope.reserve(named ? 3 : 4);
  const args = callArguments(p);
  finishCall(p, base, args);
  return { kind: 'method', object, name, named, args, line, indexLine };
}

function finishCall(p: Parsing, base: number, args: readonly Expression[]): void {
  const last = args[args.length - 1];
  if (last !== undefined) {
    discharge(p, last);
    if (!isMulti(last)) p.scope.reserve(1);
  }
  p.scope.noteCall(base);
  p.scope.free = base;
}

function callArguments(p: Parsing): Expression[] {
  const { lexer } = p;
  if (lexer.token === '{') return [tableConstructor(p, expression)];
  if (lexer.token === STRING) {
    const value = lexer.text;
    lexer.next();
    return [{ kind: 'string', value }];
  }
  if (lexer.token !== '(') return lexer.fail('function arguments expected', lexer.token);
  const line = lexer.line;
  if (line !== lexer.lastLine) lexer.fail('ambiguous syntax (function call x new statement)', lexer.token);
  lexer.next();
  if (accept(p, ')')) return [];
  const args = expressionList(p);
  expectClosing(p, ')', '(', line);
  return args;
}

import type { AssignTarget, Block, Expression, FunctionNode, IfStatement, Statement, Variable } from './ast.ts';
import {
  accept,
  discharge,
  enterLevel,
  expect,
  expectClosing,
  isName,
  leaveLevel,
  type Parsing,
  takeName,
} from './context.ts';
import { expression, expressionList, field, primary, variable } from './expressions.ts';
import { limits } from './limits.ts';
import { EOF, NAME } from './tokens.ts';

const blockEnds: ReadonlySet<string> = new Set(['else', 'elseif', 'end', 'until', EOF]);

/** Statements up to the token that ends their block, which is not taken. */
export function chunk(p: Parsing): Block {
  const statements: Statement[] = [];
  enterLevel(p);
  for (let last = false; !last && !blockEnds.has(p.lexer.token); ) {
    last = p.lexer.token === 'return' || p.lexer.token === 'break';
    statement(p, statements);
    accept(p, ';');
    p.scope.release();
  }
  leaveLevel(p);
  return { statements };
}

function block(p: Parsing): Block {
  p.scope.openScope(false);
  const body = chunk(p);
  p.scope.closeScope();
  return body;
}

function statement(p: Parsing, into: Statement[]): void {
  const { lexer } = p;
  const line = lexer.line;
  switch (lexer.token) {
    case 'if':
      into.push(ifStatement(p, line));
      return;
    case 'while':
      into.push(whileStatement(p, line));
      return;
    case 'do': {
      lexer.next();
      const body = block(p);
      expectClosing(p, 'end', 'do', line);
      into.push({ kind: 'do', body });
      return;
    }
    case 'for':
      into.push(forStatement(p, line));
      return;
    case 'repeat':
      into.push(repeatStatement(p, line));
      return;
    case 'function':
      into.push(functionStatement(p, line));
      return;
    case 'local':
      lexer.next();
      into.push(accept(p, 'function') ? localFunction(p) : localStatement(p));
      return;
    case 'return':
      into.push(returnStatement(p));
      return;
    case 'break':
      lexer.next();
      p.scope.addBreak(lexer.lastLine);
      into.push({ kind: 'break' });
      return;
    case '::':
      labelStatement(p, into);
      return;
    case 'goto':
      if (lexer.peek() === NAME) {
        lexer.next();
        const name = takeName(p);
        into.push(p.scope.addGoto(name, lexer.lastLine));
        return;
      }
  }
  into.push(callOrAssignment(p));
}

/** The condition of a loop or branch. */
function condition(p: Parsing): Expression {
  const e = expression(p);
  discharge(p, e);
  return e;
}

function ifStatement(p: Parsing, line: number): IfStatement {
  const { lexer } = p;
  const clauses: { condition: Expression; body: Block }[] = [];
  do {
    lexer.next();
    const test = condition(p);
    expect(p, 'then');
    clauses.push({ condition: test, body: block(p) });
  } while (lexer.token === 'elseif');
  const otherwise = accept(p, 'else') ? block(p) : undefined;
  expectClosing(p, 'end', 'if', line);
  return { kind: 'if', clauses, otherwise };
}

function whileStatement(p: Parsing, line: number): Statement {
  p.lexer.next();
  const test = condition(p);
  p.scope.openScope(true);
  expect(p, 'do');
  const body = block(p);
  expectClosing(p, 'end', 'while', line);
  p.scope.closeScope();
  return { kind: 'while', condition: test, body, line };
}

function repeatStatement(p: Parsing, line: number): Statement {
  p.scope.openScope(true);
  p.scope.openScope(false);
  p.lexer.next();
  const body = chunk(p);
  expectClosing(p, 'until', 'repeat', line);
  const test = condition(p);
  p.scope.closeScope();
  p.scope.closeScope();
  return { kind: 'repeat', body, condition: test, line };
}

function forStatement(p: Parsing, line: number): Statement {
  const { lexer, scope } = p;
  scope.openScope(true);
  lexer.next();
  const name = takeName(p);
  let result: Statement;
  if (lexer.token === '=') result = numericFor(p, name);
  else if (lexer.token === ',' || lexer.token === 'in') result = genericFor(p, name);
  else return lexer.fail("'=' or 'in' expected", lexer.token);
  expectClosing(p, 'end', 'for', line);
  scope.closeScope();
  return result;
}

const hidden = [undefined, undefined, undefined];

function numericFor(p: Parsing, name: string): Statement {
  const { lexer, scope } = p;
  const base = scope.activeCount;
  for (let i = 0; i < 3; i++) scope.checkLimit(base + i, limits.locals, 'local variables');
  const control = scope.declare(name, 3);
  lexer.next();
  const start = bound(p);
  expect(p, ',');
  const limit = bound(p);
  const step = accept(p, ',') ? bound(p) : undefined;
  scope.activate(hidden);
  scope.release();
  expect(p, 'do');
  const { lastLine } = lexer;
  const body = forBody(p, [control]);
  return { kind: 'numericFor', base, variable: control, start, limit, step, body, line: lastLine };
}

function bound(p: Parsing): Expression {
  const e = expression(p);
  discharge(p, e);
  p.scope.reserve(1);
  return e;
}

function genericFor(p: Parsing, name: string): Statement {
  const { lexer, scope } = p;
  const base = scope.activeCount;
  for (let i = 0; i < 3; i++) scope.checkLimit(base + i, limits.locals, 'local variables');
  const variables = [scope.declare(name, 3)];
  while (accept(p, ',')) variables.push(scope.declare(takeName(p), 3 + variables.length));
  expect(p, 'in');
  const { line } = lexer;
  const values = expressionList(p);
  discharge(p, values[values.length - 1] as Expression);
  scope.activate(hidden);
  scope.release();
  scope.noteCall(base + 3);
  expect(p, 'do');
  const body = forBody(p, variables);
  return { kind: 'genericFor', base, variables, values, body, line };
}

function forBody(p: Parsing, variables: readonly Variable[]): Block {
  p.scope.openScope(false);
  p.scope.activate(variables);
  p.scope.release();
  const body = block(p);
  p.scope.closeScope();
  return body;
}

function functionStatement(p: Parsing, line: number): Statement {
  const { lexer } = p;
  lexer.next();
  let target: AssignTarget = variable(p);
  while (lexer.token === '.') target = field(p, target);
  const hasSelf = lexer.token === ':';
  if (hasSelf) target = field(p, target);
  const fn = p.functionBody(p, hasSelf, line);
  markAssigned(target);
  return { kind: 'assign', targets: [target], values: [{ kind: 'function', fn }], line };
}

function localFunction(p: Parsing): Statement {
  const { scope } = p;
  const local = scope.declare(takeName(p), 0);
  scope.activate([local]);
  scope.release();
  const fn = p.functionBody(p, false, p.lexer.line);
  local.ownFunction = fn;
  return { kind: 'localFunction', variable: local, fn };
}

function localStatement(p: Parsing): Statement {
  const { scope } = p;
  const variables: Variable[] = [];
  do variables.push(scope.declare(takeName(p), variables.length));
  while (accept(p, ','));
  const values = accept(p, '=') ? expressionList(p) : [];
  const last = values[values.length - 1];
  if (last !== undefined) discharge(p, last);
  scope.activate(variables);
  return { kind: 'local', variables, values };
}

function returnStatement(p: Parsing): Statement {
  const { lexer } = p;
  lexer.next();
  if (blockEnds.has(lexer.token) || lexer.token === ';') return { kind: 'return', values: [] };
  const values = expressionList(p);
  discharge(p, values[values.length - 1] as Expression);
  return { kind: 'return', values };
}

function labelStatement(p: Parsing, into: Statement[]): void {
  const { lexer, scope } = p;
  lexer.next();
  const name = takeName(p);
  if (scope.hasLabel(name)) lexer.fail(`duplicate label '${name}'`);
  const label = scope.addLabel(name);
  expect(p, '::');
  into.push({ kind: 'label', label });
  while (lexer.token === '::') {
    enterLevel(p);
    labelStatement(p, into);
    leaveLevel(p);
  }
  scope.resolveLabel(label, blockEnds.has(lexer.token) && lexer.token !== 'until');
}

function markAssigned(target: AssignTarget): void {
  if (target.kind === 'local' || target.kind === 'upvalue') target.variable.reassigned = true;
}

function isTarget(e: Expression): e is AssignTarget {
  return e.kind === 'local' || e.kind === 'upvalue' || e.kind === 'global' || e.kind === 'index';
}

function callOrAssignment(p: Parsing): Statement {
  const { lexer, scope } = p;
  const first = primary(p);
  if (first.kind === 'call' || first.kind === 'method') return { kind: 'call', call: first };
  const targets: AssignTarget[] = [];
  for (let e: Expression = first; ; e = primary(p)) {
    if (!isTarget(e)) return lexer.fail('syntax error', lexer.token);
    targets.push(e);
    markAssigned(e);
    if (lexer.token !== ',') break;
    scope.checkLimit(p.level + targets.length - 1, limits.levels, 'variable names');
    lexer.next();
  }
  expect(p, '=');
  const values = expressionList(p);
  discharge(p, values[values.length - 1] as Expression);
  return { kind: 'assign', targets, values, line: lexer.lastLine };
}

/** Parameters and body of a function; the opening parenthesis is the current token. */
export function functionBody(p: Parsing, node: FunctionNode, hasSelf: boolean): void {
  const { lexer, scope } = p;
  expect(p, '(');
  const parameters: Variable[] = hasSelf ? [scope.declare('self', 0)] : [];
  if (lexer.token !== ')') {
    do {
      if (isName(lexer.token)) {
        parameters.push(scope.declare(takeName(p), parameters.length));
      } else if (lexer.token === '...') {
        lexer.next();
        node.isVararg = true;
        break;
      } else {
        lexer.fail("<name> or '...' expected", lexer.token);
      }
    } while (accept(p, ','));
  }
  node.parameters = parameters;
  scope.activate(parameters);
  scope.release();
  expect(p, ')');
  node.body = chunk(p);
}

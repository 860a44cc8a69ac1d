import type { Budget } from './budget.ts';
import { lessOrEqual, lessThan } from './compare.ts';
import type { LuaNode, LuaStatement } from './parse.ts';
import { LuaError, type LuaFunction, LuaTable, type LuaValue, toNumber, toText, truthy, typeOf } from './values.ts';

/** Where names are looked up. */
export interface Scope {
  get(name: string): LuaValue;
  set(name: string, value: LuaValue): void;
}

export interface Run {
  readonly scope: Scope;
  readonly budget: Budget;
  /** What strings have as methods: the `string` library. */
  readonly methods: LuaTable;
}

/** The values of a list of expressions: the last may give several. */
export function evaluateList(nodes: readonly LuaNode[], run: Run): LuaValue[] {
  const values: LuaValue[] = [];
  for (const [index, node] of nodes.entries()) {
    if (index === nodes.length - 1) values.push(...evaluateMany(node, run));
    else values.push(evaluate(node, run));
  }
  return values;
}

export function execute(statements: readonly LuaStatement[], run: Run): void {
  for (const statement of statements) {
    if (statement.kind === 'call') {
      evaluate(statement.call, run);
      continue;
    }
    const values = evaluateList(statement.values, run);
    for (const [index, target] of statement.targets.entries()) assign(target, values[index], run);
  }
}

function assign(target: LuaNode, value: LuaValue, run: Run): void {
  if (target.kind === 'name') {
    run.scope.set(target.name, value);
  } else if (target.kind === 'index') {
    const table = evaluate(target.object, run);
    if (!(table instanceof LuaTable)) throw wrongType('index', target.object, table);
    table.set(evaluate(target.key, run), value);
  }
}

function evaluateMany(node: LuaNode, run: Run): readonly LuaValue[] {
  if (node.kind === 'call') {
    const callee = evaluate(node.callee, run);
    return call(callee, evaluateList(node.args, run), run, () => wrongType('call', node.callee, callee));
  }
  if (node.kind === 'method') return callMethod(node, run);
  return node.kind === 'rest' ? [] : [evaluate(node, run)];
}

/** The value of an expression, by Lua's rules. */
export function evaluate(node: LuaNode, run: Run): LuaValue {
  run.budget.step();
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'name':
      return run.scope.get(node.name);
    case 'index':
      return index(evaluate(node.object, run), evaluate(node.key, run), node.object, run);
    case 'one':
      return evaluate(node.inner, run);
    case 'table':
      return buildTable(node.fields, run);
    case 'unary':
      return unary(node.operator, evaluate(node.operand, run), node.operand);
    case 'binary':
      return binary(node, run);
    default:
      return evaluateMany(node, run)[0];
  }
}

export function call(
  callee: LuaValue,
  args: readonly LuaValue[],
  run: Run,
  error: () => LuaError,
): readonly LuaValue[] {
  const found: LuaFunction | undefined =
    typeof callee === 'function' ? callee : callee instanceof LuaTable ? callee.call : undefined;
  if (found === undefined) throw error();
  return run.budget.nested(() => found(args));
}

function callMethod(node: LuaNode & { kind: 'method' }, run: Run): readonly LuaValue[] {
  const object = evaluate(node.object, run);
  const method = index(object, node.name, node.object, run);
  const args = [object, ...evaluateList(node.args, run)];
  return call(
    method,
    args,
    run,
    () => new LuaError(`attempt to call method '${node.name}' (a ${typeOf(method)} value)`),
  );
}

function index(object: LuaValue, key: LuaValue, node: LuaNode, run: Run): LuaValue {
  if (object instanceof LuaTable) return object.get(key);
  if (typeof object === 'string') return run.methods.get(key);
  throw wrongType('index', node, object);
}

function buildTable(fields: (LuaNode & { kind: 'table' })['fields'], run: Run): LuaTable {
  const list: LuaValue[] = [];
  const named: [LuaValue, LuaValue][] = [];
  for (const [at, { key, value }] of fields.entries()) {
    if (key !== undefined) named.push([evaluate(key, run), evaluate(value, run)]);
    else if (at === fields.length - 1) list.push(...evaluateMany(value, run));
    else list.push(evaluate(value, run));
  }
  const table = LuaTable.of(list);
  for (const [key, value] of named) table.set(key, value);
  return table;
}

/** The name by which Lua's messages call an expression. */
function named(node: LuaNode): string {
  if (node.kind === 'name') return ` global '${node.name}'`;
  if (node.kind === 'index' && node.key.kind === 'constant' && typeof node.key.value === 'string') {
    return ` field '${node.key.value}'`;
  }
  return '';
}

function wrongType(doing: string, node: LuaNode, value: LuaValue): LuaError {
  const name = named(node);
  const what = name === '' ? `a ${typeOf(value)} value` : `${name.slice(1)} (a ${typeOf(value)} value)`;
  return new LuaError(`attempt to ${doing} ${what}`);
}

function unary(operator: string, value: LuaValue, node: LuaNode): LuaValue {
  if (operator === 'not') return !truthy(value);
  if (operator === '-') {
    const number = toNumber(value);
    if (number === undefined) throw wrongType('perform arithmetic on', node, value);
    return -number;
  }
  if (typeof value === 'string') return value.length;
  if (value instanceof LuaTable) return value.length;
  throw wrongType('get length of', node, value);
}

function binary(node: LuaNode & { kind: 'binary' }, run: Run): LuaValue {
  const left = evaluate(node.left, run);
  if (node.operator === 'and') return truthy(left) ? evaluate(node.right, run) : left;
  if (node.operator === 'or') return truthy(left) ? left : evaluate(node.right, run);
  const right = evaluate(node.right, run);
  switch (node.operator) {
    case '==':
      return left === right;
    case '~=':
      return left !== right;
    case '<':
      return lessThan(left, right);
    case '>':
      return lessThan(right, left);
    case '<=':
      return lessOrEqual(left, right);
    case '>=':
      return lessOrEqual(right, left);
    case '..':
      return concatenate(left, right, node, run);
    default:
      return arithmetic(node, left, right);
  }
}

function concatenate(left: LuaValue, right: LuaValue, node: LuaNode & { kind: 'binary' }, run: Run): string {
  const joinable = (value: LuaValue): boolean => typeof value === 'string' || typeof value === 'number';
  if (!joinable(left)) throw wrongType('concatenate', node.left, left);
  if (!joinable(right)) throw wrongType('concatenate', node.right, right);
  const text = toText(left) + toText(right);
  run.budget.bytes(text.length);
  return text;
}

function arithmetic(node: LuaNode & { kind: 'binary' }, left: LuaValue, right: LuaValue): number {
  const a = toNumber(left);
  const b = toNumber(right);
  if (a === undefined) throw wrongType('perform arithmetic on', node.left, left);
  if (b === undefined) throw wrongType('perform arithmetic on', node.right, right);
  switch (node.operator) {
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
    default:
      return a ** b;
  }
}

import {
  call,
  checkFunction,
  firstResult,
  type LuaFunction,
  type LuaResult,
  LuaTable,
  type LuaValue,
  runtimeError,
  toNumber,
  toText,
  two,
} from '../../lua/index.ts';
import { type Expression, type ExpressionNode, evaluateExpression, parseExpression } from '../../scan/index.ts';
import { type ClassDefinition, unwrap, wrap } from '../classes.ts';
import { poolClass } from '../config/pool.ts';
import { moduleTable } from '../modules.ts';
import { listOf } from '../tables.ts';
import type { World } from '../world.ts';

/** An expression over atoms that Lua functions read and decide. */
class LuaExpression {
  readonly parsed: Expression<string>;
  /** Absent where each call of `process` brings one. */
  readonly decide: LuaFunction | undefined;
  constructor(parsed: Expression<string>, decide: LuaFunction | undefined) {
    this.parsed = { ...parsed, root: cheapestFirst(parsed.root) };
    this.decide = decide;
  }

  /** @param args of the call, the expression first */
  process(args: readonly LuaValue[]): { readonly value: number; readonly found: readonly string[] } {
    const decide = this.decide ?? decision(args);
    const [given, flags] = args.slice(this.decide === undefined ? 2 : 1);
    const found: string[] = [];
    const read = (atom: string): number => {
      const answer = firstResult(call(decide, ...(given === undefined ? [atom] : [atom, given])));
      const value = toNumber(answer) ?? 0;
      if (value !== 0) found.push(atom);
      return value;
    };
    return { value: evaluateExpression(this.parsed, read, (toNumber(flags) ?? 0) % 2 === 1), found };
  }
}

/** Operands of `&` and `|` with fewer atoms come first (rspamd: src/libutil/expression.c:rspamd_ast_resort_traverse). */
function cheapestFirst(node: ExpressionNode<string>): ExpressionNode<string> {
  if (node.kind === 'not') return { ...node, operand: cheapestFirst(node.operand) };
  if (node.kind !== 'chain' && node.kind !== 'binary') return node;
  const operands = node.operands.map(cheapestFirst);
  if (node.operator === '&' || node.operator === '|') operands.sort((a, b) => atomsIn(a).length - atomsIn(b).length);
  return { ...node, operands };
}

function atomsIn(node: ExpressionNode<string>): readonly string[] {
  switch (node.kind) {
    case 'atom':
      return [node.atom];
    case 'number':
      return [];
    case 'not':
      return atomsIn(node.operand);
    default:
      return node.operands.flatMap(atomsIn);
  }
}

function decision(args: readonly LuaValue[]): LuaFunction {
  if (typeof args[1] === 'function') return checkFunction(args, 2);
  throw runtimeError('expression process is called with no callback function');
}

const expressionClass: ClassDefinition<LuaExpression> = {
  name: 'rspamd{expr}',
  constructor: LuaExpression,
  methods: () => ({
    to_string: (self) => postfix(self.parsed.root),
    __tostring: (self) => postfix(self.parsed.root),
    atoms: (self) => listOf(atomsIn(self.parsed.root)),
    process: (self, args) => self.process(args).value,
    process_traced: (self, args) => {
      const { value, found } = self.process(args);
      return two(value, listOf(found));
    },
  }),
};

/** Operands before their operators (rspamd: src/libutil/expression.c:rspamd_expression_tostring). */
function postfix(node: ExpressionNode<string>): string {
  switch (node.kind) {
    case 'atom':
      return `(${node.atom})`;
    case 'number':
      return String(node.value);
    case 'not':
      return `${postfix(node.operand)} !`;
    default: {
      const { operands, operator } = node;
      return `${operands.map(postfix).join(' ')} ${operator}${operands.length > 2 ? `(${operands.length})` : ''}`;
    }
  }
}

/** The module `rspamd_expression` (rspamd: src/lua/lua_expression.c). */
export function expressionModule(world: World): LuaTable {
  return moduleTable({
    create: (text, functions, pool): LuaResult => {
      const isUsable = functions instanceof LuaTable || typeof functions === 'function';
      if (typeof text !== 'string' || !isUsable || unwrap(poolClass, pool) === undefined) {
        return two(undefined, 'bad arguments');
      }
      const [parse, decide] = functions instanceof LuaTable ? [functions.get(1), functions.get(2)] : [functions];
      if (typeof parse !== 'function') return two(undefined, 'bad parse callback');
      if (decide !== undefined && typeof decide !== 'function') return two(undefined, 'bad process callback');
      try {
        return two(wrap(world, expressionClass, new LuaExpression(read(text, parse), decide)), undefined);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return two(undefined, error.message);
      }
    },
  });
}

/** The callback gets the rest of the text and gives the atom that it begins with. */
function read(text: string, parse: LuaFunction): Expression<string> {
  return parseExpression(text, (whole, at) => {
    const atom = firstResult(call(parse, whole.slice(at)));
    if (typeof atom !== 'string' || atom === '') throw new Error(`cannot parse lua atom ${toText(atom) ?? ''}`);
    return { atom, length: atom.length };
  });
}

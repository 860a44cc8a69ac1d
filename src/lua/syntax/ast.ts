/**
 * The tree of a chunk, names already resolved. A `line` is the line the instruction would carry in LuaJIT, which is
 * where its parser stood when it emitted it: errors are reported there.
 */

/** A local variable or parameter. */
export interface Variable {
  readonly name: string;
  /** Register number in its function: variables that never live together share one. */
  readonly slot: number;
  /** Used by a function inside its own. */
  captured: boolean;
  /** Assigned somewhere else than in its declaration. */
  reassigned: boolean;
  /** The function a `local function` statement gave it, while it is never reassigned. */
  ownFunction: FunctionNode | undefined;
}

export interface FunctionNode {
  /** Number within the chunk; the main function is 0. */
  readonly id: number;
  readonly line: number;
  lastLine: number;
  parameters: Variable[];
  isVararg: boolean;
  /** Variables of enclosing functions that it or a function inside it uses, in order of first use. */
  readonly upvalues: Variable[];
  body: Block;
  /** Number of variable slots. */
  slots: number;
  /** Stack slots between its frame and a frame it calls, at most. */
  callOffset: number;
  /** Places that store into a global or read one, or make a function that does. */
  usesEnvironment: boolean;
}

export interface Block {
  readonly statements: Statement[];
}

export interface LabelTarget {
  readonly name: string;
  /** Some `goto` comes before it, or after it, in the program text. */
  forward: boolean;
  backward: boolean;
}

export type Expression =
  | { readonly kind: 'nil' }
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int64'; readonly value: bigint; readonly unsigned: boolean }
  | { readonly kind: 'imaginary'; readonly value: number }
  | { readonly kind: 'vararg' }
  | { readonly kind: 'function'; readonly fn: FunctionNode }
  | LocalExpression
  | UpvalueExpression
  | GlobalExpression
  | IndexExpression
  | CallExpression
  | MethodExpression
  | BinaryExpression
  | UnaryExpression
  | ConcatExpression
  | LogicalExpression
  | TableExpression
  | { readonly kind: 'paren'; readonly inner: Expression };

export interface LocalExpression {
  readonly kind: 'local';
  readonly variable: Variable;
}
export interface UpvalueExpression {
  readonly kind: 'upvalue';
  readonly variable: Variable;
}
export interface GlobalExpression {
  readonly kind: 'global';
  readonly name: string;
  line: number;
}
export interface IndexExpression {
  readonly kind: 'index';
  readonly object: Expression;
  readonly key: Expression;
  /** Error messages may use the key as a name: it is a constant string that fits the instruction. */
  readonly named: boolean;
  line: number;
}
export interface CallExpression {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: readonly Expression[];
  readonly line: number;
}
export interface MethodExpression {
  readonly kind: 'method';
  readonly object: Expression;
  readonly name: string;
  readonly named: boolean;
  readonly args: readonly Expression[];
  readonly line: number;
  /** Line of looking the method up. */
  readonly indexLine: number;
}
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';
export type ComparisonOperator = '==' | '~=' | '<' | '>' | '<=' | '>=';
export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: ArithmeticOperator | ComparisonOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly line: number;
}
export interface UnaryExpression {
  readonly kind: 'unary';
  readonly operator: 'not' | '-' | '#';
  readonly operand: Expression;
  readonly line: number;
}
/** A chain of `..`, evaluated left to right and joined right to left. */
export interface ConcatExpression {
  readonly kind: 'concat';
  readonly operands: readonly Expression[];
  readonly line: number;
}
export interface LogicalExpression {
  readonly kind: 'and' | 'or';
  readonly left: Expression;
  readonly right: Expression;
}
export interface TableItem {
  /** Absent for a positional item. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  /** Line of the store. */
  readonly line: number;
}
export interface TableExpression {
  readonly kind: 'table';
  readonly items: readonly TableItem[];
}

export type AssignTarget = LocalExpression | UpvalueExpression | GlobalExpression | IndexExpression;

export type Statement =
  | { readonly kind: 'local'; readonly variables: readonly Variable[]; readonly values: readonly Expression[] }
  | { readonly kind: 'localFunction'; readonly variable: Variable; readonly fn: FunctionNode }
  | AssignStatement
  | { readonly kind: 'call'; readonly call: CallExpression | MethodExpression }
  | { readonly kind: 'do'; readonly body: Block }
  | { readonly kind: 'while'; readonly condition: Expression; readonly body: Block; readonly line: number }
  | { readonly kind: 'repeat'; readonly body: Block; readonly condition: Expression; readonly line: number }
  | IfStatement
  | NumericForStatement
  | GenericForStatement
  | { readonly kind: 'return'; readonly values: readonly Expression[] }
  | { readonly kind: 'break' }
  | GotoStatement
  | { readonly kind: 'label'; readonly label: LabelTarget };

export interface AssignStatement {
  readonly kind: 'assign';
  readonly targets: readonly AssignTarget[];
  readonly values: readonly Expression[];
  readonly line: number;
}
export interface IfStatement {
  readonly kind: 'if';
  readonly clauses: readonly { readonly condition: Expression; readonly body: Block }[];
  readonly otherwise: Block | undefined;
}
export interface NumericForStatement {
  readonly kind: 'numericFor';
  /** First of three hidden slots: counter, limit, step. */
  readonly base: number;
  readonly variable: Variable;
  readonly start: Expression;
  readonly limit: Expression;
  readonly step: Expression | undefined;
  readonly body: Block;
  /** Line of the check of the bounds. */
  readonly line: number;
}
export interface GenericForStatement {
  readonly kind: 'genericFor';
  /** First of three hidden slots: iterator, state, control. */
  readonly base: number;
  readonly variables: readonly Variable[];
  readonly values: readonly Expression[];
  readonly body: Block;
  /** Line of the iterator calls. */
  readonly line: number;
}
export interface GotoStatement {
  readonly kind: 'goto';
  target: LabelTarget | undefined;
}

import type { Block, CallExpression, IfStatement, MethodExpression, Statement } from '../syntax/ast.ts';
import { assignment, local } from './assignments.ts';
import { blockCode, breakStatement, gotoStatement } from './blocks.ts';
import { rawCall } from './calls.ts';
import { genericFor, numericFor, repeatLoop, whileLoop } from './loops.ts';
import { returnStatement } from './returns.ts';
import { declareVariable, isBoxed } from './variables.ts';
import type { FunctionWriter } from './writer.ts';

type ByKind = { readonly [K in Statement['kind']]: (w: FunctionWriter, s: Extract<Statement, { kind: K }>) => string };

const emitters: ByKind = {
  local,
  localFunction,
  assign: assignment,
  call: (w, s) => callStatement(w, s.call),
  do: (w, s) => block(w, s.body),
  while: whileLoop,
  repeat: repeatLoop,
  if: ifStatement,
  numericFor,
  genericFor,
  return: returnStatement,
  break: breakStatement,
  goto: gotoStatement,
  label: () => '',
};

function statement<K extends Statement['kind']>(w: FunctionWriter, s: Extract<Statement, { kind: K }>): string {
  w.chunk.pause();
  const mark = w.mark();
  const code = emitters[s.kind as K](w, s);
  w.release(mark);
  return `${code}\n`;
}

export function block(w: FunctionWriter, body: Block): string {
  return blockCode(w, body, statement);
}

function localFunction(w: FunctionWriter, s: Statement & { kind: 'localFunction' }): string {
  const name = `v${s.variable.slot}`;
  if (!isBoxed(s.variable)) return `${name}=${w.emit.closure(w, s.fn)};`;
  return `${declareVariable(s.variable, 'undefined')}${name}.v=${w.emit.closure(w, s.fn)};`;
}

function callStatement(w: FunctionWriter, call: CallExpression | MethodExpression): string {
  const code = rawCall(w, call);
  return w.isGenerator ? `${code};` : `if(${code}===null&&R.count<0)settle();`;
}

const longBranch = 40; // clauses after which the branches are written side by side instead of nested

function ifStatement(w: FunctionWriter, s: IfStatement): string {
  const otherwise = s.otherwise === undefined ? '' : block(w, s.otherwise);
  if (s.clauses.length > longBranch) {
    const end = w.label();
    const clauses = s.clauses.map((one) => `if(${w.condition(one.condition)}){${block(w, one.body)}break ${end};}`);
    return `${end}:{${clauses.join('')}${otherwise}}`;
  }
  const clauses = s.clauses.map((one) => `if(${w.condition(one.condition)}){${block(w, one.body)}}`);
  return `${clauses.join('else ')}${s.otherwise === undefined ? '' : `else{${otherwise}}`}`;
}

import type { Expression, FunctionNode } from './ast.ts';
import type { Lexer } from './lexer.ts';
import { limits } from './limits.ts';
import type { FunctionScope } from './scope.ts';
import { NAME, type Token, tokenText } from './tokens.ts';

/** What all parts of the parser share. */
export interface Parsing {
  readonly lexer: Lexer;
  scope: FunctionScope;
  /** Nesting of blocks and expressions. */
  level: number;
  readonly functions: FunctionNode[];
  /** Parses parameters and body of a function whose `function` keyword has been taken. */
  readonly functionBody: (p: Parsing, hasSelf: boolean, line: number) => FunctionNode;
}

export function accept(p: Parsing, token: Token): boolean {
  if (p.lexer.token !== token) return false;
  p.lexer.next();
  return true;
}

export function expect(p: Parsing, token: Token): void {
  if (p.lexer.token !== token) p.lexer.fail(`'${tokenText(token)}' expected`, p.lexer.token);
  p.lexer.next();
}

/** Takes the token that closes what `opener` began at `line`. */
export function expectClosing(p: Parsing, token: Token, opener: Token, line: number): void {
  if (accept(p, token)) return;
  const { lexer } = p;
  const opened = line === lexer.line ? '' : ` (to close '${opener}' at line ${line})`;
  lexer.fail(`'${token}' expected${opened}`, lexer.token);
}

/** Whether the token can be a name: `goto` is a word only where a statement may start. */
export const isName = (token: Token): boolean => token === NAME || token === 'goto';

export function takeName(p: Parsing): string {
  const { lexer } = p;
  if (!isName(lexer.token)) lexer.fail("'<name>' expected", lexer.token);
  const name = lexer.text;
  lexer.next();
  return name;
}

export function enterLevel(p: Parsing): void {
  if (++p.level >= limits.levels) p.lexer.fail('chunk has too many syntax levels');
}

export function leaveLevel(p: Parsing): void {
  p.level--;
}

/** Marks the moment at which LuaJIT would emit the load of a global or field: its line is where the parser stands. */
export function discharge(p: Parsing, e: Expression): void {
  if (e.kind === 'paren') discharge(p, e.inner);
  else if ((e.kind === 'global' || e.kind === 'index') && e.line === 0) e.line = p.lexer.lastLine;
  else if (e.kind === 'and' || e.kind === 'or') discharge(p, e.right);
  else if (e.kind === 'string') p.scope.constant(e.value);
}

export const isMulti = (e: Expression): boolean => e.kind === 'call' || e.kind === 'method' || e.kind === 'vararg';

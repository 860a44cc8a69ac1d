import type { FunctionNode } from './ast.ts';
import { expectClosing, type Parsing } from './context.ts';
import { Lexer } from './lexer.ts';
import { FunctionScope } from './scope.ts';
import { chunk, functionBody } from './statements.ts';
import { EOF } from './tokens.ts';

/** A parsed chunk: its functions by number, the main function first. */
export interface ChunkTree {
  readonly functions: readonly FunctionNode[];
}

function parseFunction(p: Parsing, hasSelf: boolean, line: number): FunctionNode {
  const { lexer } = p;
  const outer = p.scope;
  const scope = new FunctionScope(lexer, outer, p.functions.length, line);
  p.functions.push(scope.node);
  p.scope = scope;
  functionBody(p, scope.node, hasSelf);
  if (lexer.token !== 'end') expectClosing(p, 'end', 'function', line);
  scope.node.lastLine = lexer.lastLine = lexer.line;
  scope.finish();
  p.scope = outer;
  outer.anonymousConstant();
  lexer.next();
  return scope.node;
}

/**
 * Parses a chunk of LuaJIT's dialect.
 * @param source the text as a byte string
 * @param name chunk name with its `=` or `@` mark
 * @param pause called again and again; what it throws comes through
 * @param more gives further pieces of the text, undefined at its end
 * @throws LuaSyntaxError with LuaJIT's message
 */
export function parseChunk(
  source: string,
  name: string,
  pause: () => void = () => {},
  more?: () => string | undefined,
): ChunkTree {
  const lexer = new Lexer(source, name, pause, more);
  const scope = new FunctionScope(lexer, undefined, 0, 0);
  scope.node.isVararg = true;
  const p: Parsing = { lexer, scope, level: 0, functions: [scope.node], functionBody: parseFunction };
  lexer.next();
  scope.node.body = chunk(p);
  if (lexer.token !== EOF) lexer.fail("'<eof>' expected", lexer.token);
  scope.finish();
  scope.node.lastLine = lexer.line;
  return { functions: p.functions };
}

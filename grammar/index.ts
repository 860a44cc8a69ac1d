import { tokenize } from './lexer.ts';
import { UclParser } from './parser.ts';
import { type Problem, problem } from './problem.ts';
import type { SyntaxOptions } from './scan.ts';
import type { Document } from './tree.ts';

export type { Problem } from './problem.ts';
export { limits, type SyntaxOptions } from './scan.ts';
export type * from './tree.ts';

let parser: UclParser | undefined;

/**
 * Reads one text. It never throws, and needs time in proportion to the text's length.
 *
 * @param text a byte string: one code unit (0–255) per byte
 * @returns the tree of what could be read, and the mistakes in the order of their places; with an error among them the
 *   text must be refused
 */
export function parseSyntax(
  text: string,
  options: SyntaxOptions,
): { document: Document; problems: readonly Problem[] } {
  const { tokens, scan } = tokenize(text, options);
  parser ??= new UclParser(true);
  parser.input = tokens;
  const parsed = tokens.length > 0 ? parser.document() : undefined;
  for (const one of parser.errors) scan.problems.push(problem(one.token.startOffset || 0, one.message));
  const document = parsed ?? { root: { kind: 'object', offset: 0, members: [] }, braces: undefined };
  return { document, problems: scan.problems.toSorted((a, b) => a.offset - b.offset) };
}

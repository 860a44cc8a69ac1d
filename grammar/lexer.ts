import type { IToken } from 'chevrotain';
import { Lexer } from './chevrotain.ts';
import { type Problem, problem } from './problem.ts';
import { newScan, report, type Scan, type SyntaxOptions } from './scan.ts';
import { beginScan, modes } from './tokens/index.ts';

/** @param skipValidations the tests make a lexer that checks its own definition; that takes time at every start */
export function createLexer(skipValidations: boolean): InstanceType<typeof Lexer> {
  return new Lexer(
    {
      modes: Object.fromEntries(Object.entries(modes).map(([name, types]) => [name, [...types]])),
      defaultMode: 'document',
    },
    { ensureOptimizations: true, positionTracking: 'onlyOffset', skipValidations },
  );
}

let lexer: ReturnType<typeof createLexer> | undefined;

/** Reads a text into tokens. Mistakes, unclosed brackets among them, are in the scan. */
export function tokenize(text: string, options: SyntaxOptions): { tokens: IToken[]; scan: Scan } {
  lexer ??= createLexer(true);
  const scan = newScan(text, options);
  beginScan(scan);
  const { tokens, errors } = lexer.tokenize(text);
  for (const one of errors) report(scan, problem(one.offset, 'unexpected character'));
  if (!scan.stopped) reportUnclosed(scan);
  return { tokens, scan };
}

/** One mistake for each open bracket; the first is that of a bracket whose indentation tells that it is the one. */
function reportUnclosed(scan: Scan): void {
  const open = scan.open.slice(0, scan.open.length - scan.unwind).filter(({ kind }) => kind !== 'section');
  const [first, ...others] = open;
  if (first === undefined) return;
  report(scan, unclosed(scan.text, (scan.suspect ?? first).offset));
  for (const { offset } of others) report(scan, unclosed(scan.text, offset));
}

function unclosed(text: string, offset: number): Problem {
  const close = text.charAt(offset) === '{' ? '}' : ']';
  return problem(offset, 'unmatched open brace', `the closing \`${close}\` is missing`);
}

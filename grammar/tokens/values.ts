import type { TokenType } from 'chevrotain';
import { BLANK, isByte, NUMBER_START, VALUE_END } from '../bytes.ts';
import { scanNumber } from '../numbers.ts';
import { type Problem, problem, warning } from '../problem.ts';
import { report, type Scan } from '../scan.ts';
import { type StringLiteral, scanBare, scanHeredoc, scanQuoted, scanSingleQuoted } from '../strings.ts';
import type { BrokenNode, NumberNode, StringNode } from '../tree.ts';
import { opening } from './document.ts';
import { NONE, token } from './matcher.ts';

export const OpenBrace = opening('OpenBrace', 'object', true);
export const OpenBracket = opening('OpenBracket', 'array', true);

/** The beginning of an array's element: it has no length. */
export const Item = token('Item', (_s, at) => at, { push: 'value' });

type ReadString = (s: Scan, at: number) => StringLiteral | undefined;

function stringToken(name: string, style: StringNode['style'], first: string | undefined, read: ReadString): TokenType {
  return token(
    name,
    (s, at) => {
      const literal = read(s, at);
      if (literal === undefined) return NONE;
      s.after = 'value';
      s.found = stringNode(s, at, style, literal);
      return literal.after;
    },
    { pop: true, first },
  );
}

function stringNode(
  s: Scan,
  offset: number,
  style: StringNode['style'],
  literal: StringLiteral,
): StringNode | BrokenNode {
  const { start, end, escapes, dollar } = literal;
  if (literal.problem === undefined) return { kind: 'string', offset, style, start, end, escapes, dollar };
  report(s, literal.problem);
  return { kind: 'broken', offset };
}

export const Quoted = stringToken('Quoted', 'quoted', '"', (s, at) => scanQuoted(s.text, at));
export const SingleQuoted = stringToken('SingleQuoted', 'single', "'", (s, at) => scanSingleQuoted(s.text, at));
export const Heredoc = stringToken('Heredoc', 'heredoc', '<', (s, at) => scanHeredoc(s.text, at));

/** A number with its suffix. What only begins like one is a bare value. */
export const NumberToken = token(
  'Number',
  (s, at) => {
    if (!isByte(s.text, at, NUMBER_START)) return NONE;
    const found = scanNumber(s.text, at, s.options.timeSuffixes);
    if (found === undefined) return NONE;
    s.after = 'value';
    if (found === 'range') {
      report(s, problem(at, 'numeric value out of range', 'put it in quotes if it is meant as text'));
      s.found = { kind: 'broken', offset: at } satisfies BrokenNode;
      return scanBare(s.text, at).after;
    }
    s.found = { kind: 'number', offset: at, type: found.type, value: found.value } satisfies NumberNode;
    return found.end;
  },
  { first: '-0123456789', pop: true },
);

/** Any other value: up to the next separator, closing bracket or comment. It cannot be empty. */
export const Bare = stringToken('Bare', 'bare', undefined, (s, at) => {
  const literal = scanBare(s.text, at);
  if (literal.end === literal.start) return { ...literal, problem: emptyValue(s.text, at, literal.after) };
  if (isByte(s.text, at, BLANK)) {
    const hint = 'put the comment elsewhere: after it, quotes and brackets have no meaning';
    report(s, warning(at, 'the blanks after a comment have become part of this value', hint));
  }
  return literal;
});

function emptyValue(text: string, at: number, end: number): Problem {
  const next = text.charAt(end);
  const shown = { '\n': '\\n', '\r': '\\r', '\0': '\\0' }[next] ?? next;
  const separator = isByte(text, end, VALUE_END) && next !== ']' && next !== '}';
  const hint = separator ? `a value must stand before \`${shown}\`` : undefined;
  return problem(at, 'string value must not be empty', hint);
}

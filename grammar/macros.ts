import { isByte, SPACE, skipBytes, VALUE_END } from './bytes.ts';
import { commentAt } from './comments.ts';
import { skipCommentsOrReport } from './fillers.ts';
import { problem, warning } from './problem.ts';
import { report, type Scan } from './scan.ts';
import { scanQuoted } from './strings.ts';

/** A part of a macro call: its content, and the offset at which reading goes on. */
export interface MacroPart {
  readonly start: number;
  readonly end: number;
  readonly after: number;
  /** A mistake was found in it. */
  readonly broken?: boolean;
}

/** Blanks of any kind, then comments that follow each other directly. Blanks after those stay. */
function skipSpacesAndComments(scan: Scan, from: number): number {
  const at = skipBytes(scan.text, from, SPACE);
  return commentAt(scan.text, at) ? skipCommentsOrReport(scan, at) : at;
}

/** The name after the `.` at `offset`; it ends at a blank or `(`. */
export function scanMacroName(scan: Scan, offset: number): MacroPart {
  const { text } = scan;
  const start = offset + 1;
  let end = start;
  while (end < text.length && text.charAt(end) !== '(' && !isByte(text, end, SPACE)) end++;
  const after = skipSpacesAndComments(scan, end);
  if (start === end && end < text.length) {
    report(scan, problem(offset, 'invalid macro name', 'the name follows the `.` directly'));
  } else if (after >= text.length) {
    report(scan, warning(offset, 'a macro at the very end of the text does nothing', 'it has no value'));
  }
  return { start, end, after };
}

/**
 * Arguments in parentheses, which may nest; those in double quotes do not count (rspamd:
 * contrib/libucl/ucl_parser.c:ucl_parse_macro_arguments).
 */
export function scanMacroArguments(scan: Scan, open: number): MacroPart | undefined {
  const { text } = scan;
  if (text.length - open < 2) return undefined;
  let depth = 0;
  let quoted = false;
  for (let at = open; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"' && !(quoted && text.charAt(at - 1) === '\\')) quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) {
      const after = skipSpacesAndComments(scan, at + 1);
      if (after >= text.length) report(scan, problem(open, 'unexpected end of input while parsing macro value'));
      return { start: open + 1, end: at, after };
    }
  }
  report(scan, problem(open, 'macro arguments are not closed', 'a `)` is missing'));
  const line = text.indexOf('\n', open);
  const after = line === -1 ? text.length : line;
  return { start: open + 1, end: after, after, broken: true };
}

/** A macro's value, and the blanks and `;` after it (rspamd: contrib/libucl/ucl_parser.c:ucl_parse_macro_value). */
export function scanMacroValue(scan: Scan, offset: number): MacroPart {
  const value = scanValue(scan, offset);
  let after = value.after;
  while (isByte(scan.text, after, SPACE) || scan.text.charAt(after) === ';') after++;
  return { ...value, after };
}

function scanValue(scan: Scan, offset: number): MacroPart {
  const { text } = scan;
  const first = text.charAt(offset);
  if (first === '"') {
    const literal = scanQuoted(text, offset);
    report(scan, literal.problem);
    const { start, end, after } = literal;
    return { start, end, after, broken: literal.problem !== undefined };
  }
  if (first === '{') {
    const start = skipBytes(text, offset + 1, SPACE);
    const close = text.indexOf('}', start);
    if (close !== -1) return { start, end: close, after: close + 1 };
    report(scan, problem(offset, "unterminated macro value, missing '}'"));
    return { start, end: text.length, after: text.length, broken: true };
  }
  let end = offset;
  while (end < text.length && !isByte(text, end, VALUE_END)) end++;
  return { start: offset, end, after: end };
}

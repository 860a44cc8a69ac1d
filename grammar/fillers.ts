import { BLANK, isByte, SPACE, skipBytes, VALUE_END } from './bytes.ts';
import { blockCommentEnd, commentAt, skipComments } from './comments.ts';
import { type Problem, problem } from './problem.ts';
import { report, type Scan } from './scan.ts';

/** The mistake of a block comment that begins at `open` and never ends. */
export function commentProblem(text: string, open: number): Problem {
  const hint =
    blockCommentEnd(text, open, false) === undefined
      ? 'close the comment with `*/`'
      : 'a `"` inside a block comment hides `*/` up to the next `"`; remove it';
  return problem(open, 'unfinished multiline comment', hint);
}

/** Skips comments; one without an end is told, and ends where it would without regard to quotes. */
export function skipCommentsOrReport(scan: Scan, from: number): number {
  const end = skipComments(scan.text, from);
  if (end >= 0) return end;
  const open = -end - 1;
  report(scan, commentProblem(scan.text, open));
  return blockCommentEnd(scan.text, open, false) ?? scan.text.length;
}

/** Before a key: blanks of any kind and comments, in any order. */
export function skipKeyFiller(scan: Scan, from: number): number {
  let at = from;
  for (;;) {
    if (commentAt(scan.text, at)) at = skipCommentsOrReport(scan, at);
    else if (isByte(scan.text, at, SPACE)) at = skipBytes(scan.text, at, SPACE);
    else return at;
  }
}

/**
 * Before a value: blanks of any kind and after them comments, once (rspamd: ucl_parser.c:ucl_parse_value). Blanks after
 * a comment belong to the value.
 */
export function skipValueFiller(scan: Scan, from: number): number {
  if (!isByte(scan.text, from, SPACE) && !commentAt(scan.text, from)) return from;
  const at = skipBytes(scan.text, from, SPACE);
  const first = scan.text.charAt(at);
  return first === '#' || first === '/' ? skipCommentsOrReport(scan, at) : at;
}

/** At the very beginning: comments without blanks between or after them, or else blanks (rspamd: ucl_state_machine). */
export function skipOpening(scan: Scan): number {
  const at = skipCommentsOrReport(scan, 0);
  return at > 0 ? at : skipBytes(scan.text, 0, SPACE);
}

/**
 * After a value: blanks, comments and separators (rspamd: ucl_parser.c:ucl_parse_after_value).
 *
 * @returns where they end, and whether a separator or comment was among them
 */
export function skipSeparators(scan: Scan, from: number): { end: number; separated: boolean } {
  const { text } = scan;
  let at = from;
  let separated = false;
  for (;;) {
    if (isByte(text, at, BLANK)) {
      at++;
    } else if (commentAt(text, at)) {
      at = skipCommentsOrReport(scan, at);
      separated = true;
    } else if (isByte(text, at, VALUE_END) && text.charAt(at) !== '}' && text.charAt(at) !== ']') {
      at++;
      separated = true;
    } else {
      return { end: at, separated };
    }
  }
}

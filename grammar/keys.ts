import { BLANK, isByte, KEY, KEY_END, KEY_START, skipBytes } from './bytes.ts';
import { commentAt, skipComments } from './comments.ts';
import { commentProblem } from './fillers.ts';
import { type Problem, problem } from './problem.ts';
import { nextStop, type Scan } from './scan.ts';
import { afterQuotes, scanQuoted } from './strings.ts';

/** A key with everything up to its value. */
export interface KeyLiteral {
  readonly offset: number;
  /** The name without quotes: from `start` up to `end`. */
  readonly start: number;
  readonly end: number;
  readonly escapes: boolean;
  /** Offset at which the value, or the next name, is looked for. */
  readonly after: number;
  /** The name of a section: another key follows, not a value. */
  readonly names: boolean;
  /** A broken key that nothing follows: there is no value to look for. */
  readonly alone: boolean;
  readonly problems: readonly Problem[];
}

const QUOTE = 34;
const EQUALS = 61;
const COLON = 58;

export function keyAt(text: string, at: number): boolean {
  return isByte(text, at, KEY_START) || text.charCodeAt(at) === QUOTE;
}

/** Reads a key, its separator, and decides what follows it (rspamd: contrib/libucl/ucl_parser.c:ucl_parse_key). */
export function scanKey(scan: Scan, offset: number): KeyLiteral {
  const { text } = scan;
  const problems: Problem[] = [];
  const quoted = text.charCodeAt(offset) === QUOTE;
  let [start, end, after, escapes] = [offset, offset, offset, false];
  if (quoted) {
    const literal = scanQuoted(text, offset);
    ({ start, end, after, escapes } = literal);
    if (literal.problem !== undefined) problems.push(literal.problem);
  } else {
    end = skipBytes(text, offset, KEY);
    after = end;
    if (end < text.length && !isByte(text, end, KEY_END)) {
      problems.push(problem(end, 'invalid character in a key', keyHint(text, offset, end)));
      after = resumeInKey(text, end);
    }
  }
  return finishKey(scan, { offset, start, end, escapes }, after, problems);
}

type KeyName = Pick<KeyLiteral, 'offset' | 'start' | 'end' | 'escapes'>;

/** The stage after the name: blanks, comments and at most one `=` or `:`. */
function finishKey(scan: Scan, name: KeyName, from: number, problems: Problem[]): KeyLiteral {
  const { text } = scan;
  let separator = '';
  let at = from;
  while (at < text.length) {
    const byte = text.charCodeAt(at);
    if (isByte(text, at, BLANK)) {
      at++;
    } else if (byte === EQUALS || byte === COLON) {
      const found = text.charAt(at);
      if (separator !== '') problems.push(problem(at, `unexpected '${found}' character`, 'one `=` or `:` is enough'));
      separator = found;
      at++;
    } else if (commentAt(text, at)) {
      const end = skipComments(text, at);
      if (end < 0) problems.push(commentProblem(text, -end - 1));
      at = end < 0 ? text.length : end;
    } else {
      break;
    }
  }
  if (at >= text.length && problems.length === 0)
    problems.push(problem(name.offset, 'unfinished key', 'a value is missing'));
  if (name.start === name.end && problems.length === 0)
    problems.push(problem(name.offset, 'empty keys are not allowed'));
  if (separator === '') scan.inNames = sectionFollows(scan, at);
  const alone = problems.length > 0 && separator === '' && (at >= text.length || '\n\r;,}]#'.includes(text.charAt(at)));
  return { ...name, after: at, names: scan.inNames, alone, problems };
}

/**
 * Whether a key without `=` or `:` names a section. Only the bytes up to the first `,`, `;` or end of line count, and
 * quotes and comments among them mean nothing.
 */
function sectionFollows(scan: Scan, at: number): boolean {
  const { text } = scan;
  if (text.charAt(at) === '{' || text.charAt(at) === '[') return false;
  const stop = text.charAt(nextStop(scan, at));
  return stop === '{' || stop === '[';
}

/** Where to go on after a byte that no key may have: at what looks like this key's separator or value. */
function resumeInKey(text: string, from: number): number {
  const next = skipToBrace(text, from);
  if (next !== undefined) return next;
  let at = from;
  while (at < text.length && !'\n;,}{[=:#'.includes(text.charAt(at)) && !isByte(text, at, BLANK)) {
    at = text.charCodeAt(at) === QUOTE ? afterQuotes(text, at) : at + 1;
  }
  return at;
}

/** `key\n{`: the brace on a line of its own. */
function skipToBrace(text: string, from: number): number | undefined {
  const found = /\s*\{/y;
  found.lastIndex = from;
  return found.test(text) ? found.lastIndex - 1 : undefined;
}

function keyHint(text: string, offset: number, end: number): string {
  const key = text.slice(offset, end);
  const shown = key.length > 40 ? 'the key' : `\`${key}\``;
  const byte = text.charAt(end);
  if (byte === '{') return `put a blank between ${shown} and \`{\``;
  if (skipToBrace(text, end) !== undefined) return `put \`{\` on the same line as ${shown}, or a blank after it`;
  if ('\n\r;,}]#'.includes(byte)) {
    const list = /,[ \t]*$/.test(text.slice(Math.max(0, offset - 8), offset));
    return list ? `${shown} has no value; several values are written as an array: [a, b]` : `${shown} has no value`;
  }
  return 'a key that has such a byte must be in double quotes';
}

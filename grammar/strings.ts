import { BLANK, isByte, VALUE_END } from './bytes.ts';
import { commentAt } from './comments.ts';
import { type Problem, problem } from './problem.ts';

/** Where a string literal's content stands and what must still be done to it. */
export interface StringLiteral {
  /** Content, without quotes or heredoc marks: from `start` up to `end`. */
  readonly start: number;
  readonly end: number;
  /** Offset after the whole literal. */
  readonly after: number;
  readonly escapes: boolean;
  /** A `$` that may begin a variable was seen. */
  readonly dollar: boolean;
  readonly problem: Problem | undefined;
}

const BACKSLASH = 92;
const DOLLAR = 36;
const QUOTE = 34;
const NEWLINE = 10;
const singleEscapes = '"/\\bfnrt';
/** How far a search for the end of a broken literal may go. */
const lookFor = { lines: 20, bytes: 4096 } as const;
const longestTag = 64;

function isHex(text: string, at: number): boolean {
  return /[0-9A-Fa-f]/.test(text.charAt(at));
}

/**
 * A double-quoted string or key whose quote stands at `open` (rspamd: ucl_parser.c:ucl_lex_json_string). A mistake
 * inside it is noted once, and the rest is read as far as it seems meant.
 */
export function scanQuoted(text: string, open: number): StringLiteral {
  const start = open + 1;
  let [escapes, dollar] = [false, false];
  let mistake: Problem | undefined;
  let at = start;
  while (at < text.length) {
    const byte = text.charCodeAt(at);
    if (byte === QUOTE) return { start, end: at, after: at + 1, escapes, dollar, problem: mistake };
    if (byte === NEWLINE) return brokenByNewline(text, open, at);
    if (byte < 0x1f) {
      mistake ??= problem(at, 'unexpected control character', controlHint(byte));
      at++;
    } else if (byte === BACKSLASH) {
      escapes = true;
      const found = scanEscape(text, at);
      mistake ??= found.problem;
      at = found.after;
    } else {
      dollar ||= byte === DOLLAR;
      at++;
    }
  }
  const escapeCut = text.charCodeAt(text.length - 1) === BACKSLASH;
  const message =
    escapeCut && mistake === undefined ? 'unfinished escape character' : 'no quote at the end of json string';
  const unclosed = problem(open, message, 'close the string with `"`');
  return { start, end: text.length, after: text.length, escapes, dollar, problem: unclosed };
}

function controlHint(byte: number): string {
  const written = { 8: '\\b', 9: '\\t', 12: '\\f', 13: '\\r' }[byte];
  return written === undefined
    ? 'a double-quoted string cannot hold this byte; use a heredoc or single quotes'
    : `write \`${written}\` in a double-quoted string`;
}

/** What follows a backslash. Only the bytes of a known escape are consumed: `\d` leaves the `d` to be read again. */
function scanEscape(text: string, at: number): { after: number; problem?: Problem } {
  const kind = text.charAt(at + 1);
  if (kind !== 'u') return { after: singleEscapes.includes(kind) && kind !== '' ? at + 2 : at + 1 };
  let digits = 0;
  while (digits < 4 && isHex(text, at + 2 + digits)) digits++;
  const after = at + 2 + digits;
  if (digits === 4 && after < text.length) return { after };
  if (after >= text.length) return { after, problem: problem(at, 'unfinished escape character') };
  return { after, problem: problem(after, 'invalid utf escape', '`\\u` needs four hexadecimal digits') };
}

/** A line ended inside double quotes: either the quote is missing, or somebody wrote a string of several lines. */
function brokenByNewline(text: string, open: number, newline: number): StringLiteral {
  const literal = { start: open + 1, end: newline, escapes: false, dollar: false };
  const close = closingQuoteLater(text, newline);
  if (close === undefined) {
    const hint = 'the closing `"` is missing; a double-quoted string ends on its line';
    return { ...literal, after: newline, problem: problem(newline, 'unexpected newline', hint) };
  }
  const hint =
    'a double-quoted string ends on its line; for several lines use a heredoc (<<EOD … EOD) or single quotes';
  return { ...literal, end: close, after: close + 1, problem: problem(newline, 'unexpected newline', hint) };
}

/** A quote on a later line that looks like the end of the value, with nothing before it that looks like a key. */
function closingQuoteLater(text: string, newline: number): number | undefined {
  let line = newline + 1;
  for (let n = 0; n < lookFor.lines && line < text.length && line < newline + lookFor.bytes; n++) {
    const next = text.indexOf('\n', line);
    const end = next === -1 ? text.length : next;
    const content = text.slice(line, Math.min(end, line + lookFor.bytes));
    if (/^\s*(?:[\w./-]+\s*[=:{]|[\w./-]+\s+"|[}#]|\.\w+)/.test(content)) return undefined;
    const quote = content.indexOf('"');
    if (quote !== -1) return /^"[ \t\r]*(?:[;,}\]#]|$)/.test(content.slice(quote)) ? line + quote : undefined;
    line = end + 1;
  }
  return undefined;
}

/** A single-quoted string whose quote stands at `open` (rspamd: ucl_parser.c:ucl_lex_squoted_string). */
export function scanSingleQuoted(text: string, open: number): StringLiteral {
  const start = open + 1;
  let escapes = false;
  for (let at = start; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === BACKSLASH) {
      escapes = true;
      at++;
    } else if (byte === 39) {
      return { start, end: at, after: at + 1, escapes, dollar: false, problem: undefined };
    }
  }
  // Nothing closes it before the end of the file; the rest of its line is most likely all that was meant.
  const newline = text.indexOf('\n', open);
  const end = newline === -1 ? text.length : newline;
  const unclosed = problem(open, 'no quote at the end of single quoted string', "close the string with `'`");
  return { start, end, after: end, escapes, dollar: false, problem: unclosed };
}

/**
 * A bare value (rspamd: ucl_parser.c:ucl_parse_string_value): up to a byte that ends values or a comment, over balanced
 * `{…}` and `[…]`. Trailing blanks do not belong to it, not even an escaped one.
 */
export function scanBare(text: string, start: number): StringLiteral {
  let [escapes, dollar] = [false, false];
  let [braces, brackets] = [0, 0];
  let at = start;
  for (; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === 123) braces++;
    else if (byte === 91) brackets++;
    else if (byte === 125 && braces > 0) {
      braces--;
      continue;
    } else if (byte === 93 && brackets > 0) {
      brackets--;
      continue;
    } else if (byte === DOLLAR) dollar = true;
    else if (byte === BACKSLASH) {
      escapes = true;
      at++;
      continue;
    }
    if (isByte(text, at, VALUE_END) || commentAt(text, at)) break;
  }
  const after = Math.min(at, text.length);
  let end = after;
  while (end > start && isByte(text, end - 1, BLANK)) end--;
  return { start, end, after, escapes, dollar, problem: undefined };
}

/**
 * A heredoc whose `<<` stands at `open` (rspamd: ucl_parser.c:ucl_parse_multiline_string): `<<`, capital letters, a
 * newline; it ends at a line that begins with the same letters followed by a newline, `;`, `,` or the end of the text.
 *
 * @returns undefined when this is no heredoc but a bare value that begins with `<`
 */
export function scanHeredoc(text: string, open: number): StringLiteral | undefined {
  if (text.length - open <= 3 || text.charAt(open + 1) !== '<') return undefined;
  let tagEnd = open + 2;
  while (text.charCodeAt(tagEnd) >= 65 && text.charCodeAt(tagEnd) <= 90) tagEnd++;
  const tag = text.slice(open + 2, tagEnd);
  const start = tagEnd + 1;
  if (tagEnd < text.length && text.charCodeAt(tagEnd) !== NEWLINE) return undefined;
  const mark = tagEnd < text.length ? findTerminator(text, start, tag) : undefined;
  if (mark === undefined) return unterminated(text, open, tag, start);
  // The byte before the mark is dropped; that is the newline, except after a longer run of the tag's only letter.
  const dollar = text.slice(start, mark.lineStart).includes('$');
  return { start, end: mark.at - 1, after: mark.at + tag.length, escapes: false, dollar, problem: undefined };
}

interface Terminator {
  /** Where the tag stands. */
  readonly at: number;
  readonly lineStart: number;
}

/** Looks at each line but the first. A line of more letters than the tag has may still end with it: `<<A` … `AA`. */
function findTerminator(text: string, start: number, tag: string): Terminator | undefined {
  const uniform = tag.length > 0 && tag === tag.charAt(0).repeat(tag.length);
  for (let newline = text.indexOf('\n', start); newline !== -1; newline = text.indexOf('\n', newline + 1)) {
    const lineStart = newline + 1;
    if (lineStart >= text.length || text.length - lineStart < tag.length) return undefined;
    if (tag.length === 0) {
      const end = nextOf(text, lineStart);
      return end === undefined ? undefined : { at: end, lineStart };
    }
    if (!text.startsWith(tag, lineStart)) continue;
    let run = lineStart + tag.length;
    if (uniform) while (text.charAt(run) === tag.charAt(0)) run++;
    if (run >= text.length || '\n;,'.includes(text.charAt(run))) return { at: run - tag.length, lineStart };
  }
  return undefined;
}

function nextOf(text: string, from: number): number | undefined {
  const found = /[\n;,]/g;
  found.lastIndex = from;
  return found.exec(text)?.index;
}

/** Without an end: takes a line that was probably meant to be one, or everything. */
function unterminated(text: string, open: number, tag: string, start: number): StringLiteral {
  const meant =
    tag === '' || tag.length > longestTag ? null : new RegExp(`\\n[ \\t]*${tag}[ \\t\\r]*(?:[;,]|(?=\\n|$))`, 'g');
  if (meant !== null) meant.lastIndex = start;
  const line = meant?.exec(text);
  const hint =
    line == null
      ? `end it with a line that has only \`${tag}\``
      : `\`${tag}\` must stand at the very beginning of its line, with nothing but \`;\`, \`,\` or the newline after it`;
  const after = line == null ? text.length : line.index + line[0].length;
  const end = line == null ? text.length : line.index;
  const found = problem(open, 'unterminated multiline value', hint);
  return { start: Math.min(start, end), end, after, escapes: false, dollar: false, problem: found };
}

/** Offset after a value that cannot be used, at which reading can go on. */
export function endOfStatement(text: string, from: number): number {
  let at = from;
  while (at < text.length && !'\n;}'.includes(text.charAt(at))) {
    at = text.charCodeAt(at) === QUOTE ? afterQuotes(text, at) : at + 1;
  }
  return at;
}

/** Offset after a string in double quotes that ends on its line; otherwise after the opening quote. */
export function afterQuotes(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === NEWLINE) break;
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at + 1;
  }
  return open + 1;
}

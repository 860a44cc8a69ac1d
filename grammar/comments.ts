const QUOTE = 34;
const HASH = 35;
const STAR = 42;
const SLASH = 47;
const BACKSLASH = 92;

/** Whether a comment begins here. A `#` that is the very last byte is none (rspamd: ucl_lex_is_comment's callers). */
export function commentAt(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  if (at + 1 >= text.length) return false;
  return first === HASH || (first === SLASH && text.charCodeAt(at + 1) === STAR);
}

/**
 * Skips comments that follow each other directly (rspamd: ucl_parser.c:ucl_skip_comments). Block comments nest; inside
 * them an unescaped `"` hides comment marks up to the next one.
 *
 * @returns the offset after them; for a block comment that never ends, minus its own offset minus one
 */
export function skipComments(text: string, from: number): number {
  let at = from;
  for (;;) {
    const first = text.charCodeAt(at);
    if (first === HASH) {
      const newline = text.indexOf('\n', at);
      if (newline === -1) return text.length;
      at = newline + 1;
    } else if (first === SLASH && text.charCodeAt(at + 1) === STAR) {
      const end = blockCommentEnd(text, at, true);
      if (end === undefined) return -at - 1;
      at = end;
    } else {
      return at;
    }
  }
}

/** The offset after the block comment that begins at `open`; undefined when it does not end. */
export function blockCommentEnd(text: string, open: number, quotesHide: boolean): number | undefined {
  let depth = 1;
  let quoted = false;
  for (let at = open + 2; at < text.length; at++) {
    const byte = text.charCodeAt(at);
    if (byte === QUOTE && quotesHide && text.charCodeAt(at - 1) !== BACKSLASH) {
      quoted = !quoted;
    } else if (quoted) {
      // only another quote counts
    } else if (byte === STAR && text.charCodeAt(at + 1) === SLASH) {
      at++;
      depth--;
      if (depth === 0) return at + 1;
    } else if (byte === SLASH && text.charCodeAt(at + 1) === STAR) {
      at++;
      depth++;
    }
  }
  return undefined;
}

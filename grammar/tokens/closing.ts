import type { TokenType } from 'chevrotain';
import { problem } from '../problem.ts';
import { closeContainer, innermost, report, type Scan } from '../scan.ts';
import { NONE, token } from './matcher.ts';

/** Columns looked at for the indentation of a line. */
const widest = 200;

/** Blanks at the beginning of the line that `at` is on; undefined for a long line. */
function indentation(text: string, at: number): { width: number; first: number } | undefined {
  let line = at;
  while (line > 0 && text.charAt(line - 1) !== '\n') if (at - --line > widest) return undefined;
  let first = line;
  while (text.charAt(first) === ' ' || text.charAt(first) === '\t') first++;
  return { width: first - line, first };
}

/** A bracket that closes one of a line further in: most likely that one's own bracket is missing. */
function noteIndentation(s: Scan, at: number): void {
  const opener = innermost(s);
  const close = indentation(s.text, at);
  if (s.suspect !== undefined || opener === undefined || close?.first !== at) return;
  const open = indentation(s.text, opener.offset);
  if (open !== undefined && open.width > close.width) s.suspect = opener;
}

function closing(name: string, char: '}' | ']', kind: 'object' | 'array'): TokenType {
  return token(
    name,
    (s, at) => {
      if (innermost(s)?.kind !== kind) return NONE;
      noteIndentation(s, at);
      closeContainer(s);
      s.after = 'close';
      return at + 1;
    },
    { first: char, pop: true },
  );
}

export const CloseBrace = closing('CloseBrace', '}', 'object');
export const CloseBracket = closing('CloseBracket', ']', 'array');

/** The end of a container that has no closing byte of its own: a named section, or a mistake. It has no length. */
export const End = token(
  'End',
  (s, at) => {
    if (s.unwind === 0) return NONE;
    s.unwind--;
    s.open.pop();
    return at;
  },
  { pop: true },
);

/** A closing bracket that closes nothing, or not what is open: notes it, and arranges what comes instead. */
export const WrongClose = token(
  'WrongClose',
  (s, at) => {
    const char = s.text.charAt(at);
    const wanted = char === '}' ? 'object' : 'array';
    const opener = s.open.findLastIndex((one) => one.kind === wanted);
    const top = innermost(s);
    if (top === undefined || (wanted === 'object' && top.kind === 'section')) {
      report(s, problem(at, `object closed with ${char} is not opened with ${char === '}' ? '{' : '['}`, 'remove it'));
    } else {
      const hint = `the \`${s.text.charAt(top.offset)}\` opened before it is not closed yet`;
      report(s, problem(at, 'unexpected terminating symbol detected', top.kind === 'section' ? 'remove it' : hint));
    }
    s.after = 'close';
    if (top !== undefined && top.kind !== 'section' && !s.text.slice(top.offset, at).includes('\n')) {
      // On the same line as its partner: the wrong bracket was typed.
      s.unwind = 1;
      return at + 1;
    }
    if (opener === -1) return at + 1;
    s.unwind = s.open.length - 1 - opener;
    return at;
  },
  { first: '}]', skip: true },
);

import { skipKeyFiller, skipSeparators, skipValueFiller } from '../fillers.ts';
import { problem } from '../problem.ts';
import { innermost, report, type Scan } from '../scan.ts';
import { endOfStatement } from '../strings.ts';
import { ahead, NONE, token } from './matcher.ts';

const elementBegins = /["'{[]|<<[A-Z]*\n/y;
const memberBegins = /(?:[\w./\x80-\xff-]+|"[^"\n]*")(?:[ \t]*[=:{]|[ \t]+["'\w])|\.\w+[ (]/y;

/** Blanks, comments and separators after a value. Where none of the last stands before more text, one is missing. */
export const Separator = token(
  'Separator',
  (s, at) => {
    if (s.after === 'ready') return NONE;
    const { end, separated } = skipSeparators(s, at);
    const needed = s.after === 'value';
    s.after = 'ready';
    s.filledTo = -1;
    const next = s.text.charAt(end);
    if (separated || !needed || next === '' || next === '}' || next === ']') return ahead(at, end);
    return ahead(at, missingSeparator(s, end));
  },
  { skip: true },
);

/** @returns where to go on: here if a key or element seems to begin, otherwise after the rest of the statement */
function missingSeparator(s: Scan, at: number): number {
  const inArray = innermost(s)?.kind === 'array';
  const begins = inArray ? elementBegins : memberBegins;
  begins.lastIndex = at;
  const mend = `put \`${inArray ? ',' : ';'}\` between the value and what follows`;
  if (begins.test(s.text)) {
    report(s, problem(at, 'delimiter is missing', mend));
    return at;
  }
  report(s, problem(at, 'delimiter is missing', `${mend}, or all of it in quotes`));
  s.after = 'close';
  return endOfStatement(s.text, at);
}

export const KeyFiller = token('KeyFiller', (s, at) => ahead(at, skipKeyFiller(s, at)), {
  first: ' \t\n\v\f\r#/',
  skip: true,
});

/** Before a value. It is tried once for a value: blanks after the comments are part of that. */
export const ValueFiller = token(
  'ValueFiller',
  (s, at) => {
    if (s.filledTo !== -1) return NONE;
    s.filledTo = skipValueFiller(s, at);
    return ahead(at, s.filledTo);
  },
  { skip: true },
);

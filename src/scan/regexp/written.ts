import { type ByteString, isValidUtf8, toText } from '../message/index.ts';
import { PatternError } from './ast.ts';
import { Regexp } from './regexp.ts';

/** An expression as configurations write it: `/pattern/flags`, taken apart. */
export interface WrittenRegexp {
  readonly pattern: ByteString;
  readonly flags: ByteString;
}

/**
 * Takes `/pattern/flags` or `m{pattern}flags` apart; anything else is a pattern without flags
 * (rspamd: src/libutil/regexp.c:rspamd_regexp_new_len).
 * @throws PatternError where the last delimiter is missing
 */
export function takeApart(text: ByteString): WrittenRegexp {
  const other = /^m([!-/:-@[^-`{-~])/.exec(text)?.[1];
  if (!text.startsWith('/') && other === undefined) return { pattern: text, flags: '' };
  const start = other === undefined ? 1 : 2;
  const close = other === undefined ? '/' : other === '{' ? '}' : other;
  const end = text.lastIndexOf(close);
  if (end < start) throw new PatternError(`the pattern is not closed by ${close}`, text.length);
  return { pattern: text.slice(start, end), flags: text.slice(end + 1) };
}

/**
 * Compiles what is written as in a configuration. Flags: `i` case does not matter, `m` and `s` and `x` as in Perl, `u`
 * characters instead of bytes, `r` bytes; `O` and `L` change nothing here.
 * @throws PatternError
 */
export function compileRegexp({ pattern, flags }: WrittenRegexp): Regexp {
  const wrong = /[^imsxurOL]/.exec(flags);
  if (wrong !== null) throw new PatternError(`invalid regexp flag: ${wrong[0]}`, wrong.index);
  const utf = flags.lastIndexOf('u') > flags.lastIndexOf('r');
  if (utf && !isValidUtf8(pattern)) throw new PatternError('the pattern is no UTF-8', 0);
  return new Regexp(utf ? toText(pattern) : pattern, {
    caseless: flags.includes('i'),
    multiline: flags.includes('m'),
    dotAll: flags.includes('s'),
    extended: flags.includes('x'),
    utf,
  });
}

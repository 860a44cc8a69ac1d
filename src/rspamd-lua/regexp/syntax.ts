import { toText } from '../../scan/index.ts';

/** A regular expression as configurations and scripts write it. */
export interface WrittenRegexp {
  readonly pattern: string;
  readonly flags: RegexpFlags;
}

export interface RegexpFlags {
  readonly caseless: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  /** Subjects are UTF-8; bytes otherwise. */
  readonly utf: boolean;
  /** A match has to be all of the subject: so it is for `m{…}`. */
  readonly full: boolean;
}

/**
 * Takes the delimiters and flags off: `/…/flags`, `m{…}flags`, `m#…#flags`, or a bare pattern; with flags given apart
 * the text is the pattern (rspamd: src/libutil/regexp.c:rspamd_regexp_new_len).
 * @returns what is wrong, for a text that cannot be taken apart
 */
export function takeApart(text: string, flags: string | undefined): WrittenRegexp | { readonly problem: string } {
  if (flags !== undefined) {
    const unknown = /[^imsxuOLr]/.exec(flags)?.[0];
    if (unknown !== undefined) return { problem: `invalid regexp flag: ${unknown} in pattern ${text}` };
    return { pattern: text, flags: flagsOf(flags, false) };
  }
  const opening = text.startsWith('/') ? '/' : /^m([!-/:-@[\]-`{-~])./s.exec(text)?.[1];
  if (opening === undefined || text.length < 2) return { pattern: text, flags: flagsOf('', false) };
  const closing = opening === '{' ? '}' : opening;
  const start = text.startsWith('/') ? 1 : 2;
  const end = text.lastIndexOf(closing);
  if (end < start) return { problem: `pattern is not enclosed with ${closing}: ${text}` };
  const given = text.slice(end + 1);
  return { pattern: text.slice(start, end), flags: flagsOf(/^[imsxuOLr]*/.exec(given)?.[0] ?? '', start === 2) };
}

function flagsOf(text: string, full: boolean): RegexpFlags {
  return {
    full,
    caseless: text.includes('i'),
    multiline: text.includes('m'),
    dotAll: text.includes('s'),
    extended: text.includes('x'),
    utf: text.lastIndexOf('u') > text.lastIndexOf('r'),
  };
}

/**
 * A text as a pattern that finds just it, or what it means as a glob (rspamd: src/libutil/str_util.c:
 * rspamd_str_regexp_escape).
 */
export function escapePattern(text: string, isGlob: boolean): string {
  const characters = isGlob ? [...toText(text)] : [...text];
  return characters
    .map((char) => {
      if (isGlob && char === '*') return '.*';
      if (isGlob && char === '?') return '.';
      if (/[-[\]{}()*+?.,\\^$|#\s]/.test(char)) return `\\${char}`;
      if (/[!-~]/.test(char)) return char;
      const code = (char.codePointAt(0) as number).toString(16);
      return isGlob ? `\\x{${code}}` : `\\x${code.padStart(2, '0')}`;
    })
    .join('');
}

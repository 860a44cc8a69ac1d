import { takeRegexpApart, toText } from '../../scan/index.ts';

/** A regular expression as configurations and scripts write it. */
export interface Written {
  readonly pattern: string;
  readonly flags: string;
  /** A match has to be all of the subject: so it is for `m{…}`. */
  readonly full: boolean;
}

/**
 * Takes the delimiters and flags off; flags that nobody knows end the flags there, where those given apart are an error
 * (rspamd: src/libutil/regexp.c:rspamd_regexp_new_len).
 * @throws PatternError where the last delimiter is missing
 */
export function takeApart(text: string, flags: string | undefined): Written {
  if (flags !== undefined) return { pattern: text, flags, full: false };
  const written = takeRegexpApart(text);
  const isBare = written.pattern === text;
  return {
    pattern: written.pattern,
    flags: /^[imsxurOL]*/.exec(written.flags)?.[0] ?? '',
    full: !isBare && text.startsWith('m'),
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
      if (isGlob && /[*?+]/.test(char)) return `.${char}`;
      if (isGlob && char === '\0') return '';
      if (/[-[\]{}()*+?.,\\^$|#\s]/.test(char)) return `\\${char}`;
      if (/[!-~]/.test(char)) return char;
      const code = (char.codePointAt(0) as number).toString(16);
      return isGlob ? `\\x{${code}}` : `\\x${code.padStart(2, '0')}`;
    })
    .join('');
}

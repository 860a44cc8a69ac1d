import { type CompiledRegexp, compileRegexp, PatternError, Subject } from '../../scan/index.ts';
import { takeApart } from './syntax.ts';

/** A match. Offsets and groups are of bytes. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole, then the groups up to the last one that took part; one that did not is empty. */
  readonly groups: readonly string[];
}

/** `rspamd_regexp`: a compiled expression. */
export class Regexp {
  readonly pattern: string;
  readonly #compiled: CompiledRegexp;
  readonly #full: boolean;
  maxHits = 0;
  /** So many bytes of a subject are looked at; all for 0. */
  limit = 0;
  isDestroyed = false;

  /**
   * @param text as in a configuration; the pattern alone where flags are given
   * @throws PatternError
   */
  constructor(text: string, flags: string | undefined) {
    const written = takeApart(text, flags);
    this.pattern = written.pattern;
    this.#full = written.full;
    this.#compiled = compileRegexp(written);
  }

  /**
   * The first match behind an offset; what stands before it does not exist for the expression, and none is found at the
   * end of the subject (rspamd: src/libutil/regexp.c:rspamd_regexp_search). UTF-8 that is broken matches nothing.
   */
  search(subject: string, from = 0): Match | undefined {
    const rest = subject.slice(from, this.limit > 0 ? this.limit : undefined);
    const found = rest === '' ? undefined : this.#compiled.exec(new Subject(rest));
    if (found === undefined) return undefined;
    if (this.#full && (found.start > 0 || found.end < rest.length)) return undefined;
    const last = found.groups.findLastIndex((one) => one !== undefined);
    const groups = found.groups.slice(0, last + 1).map((one) => one ?? '');
    return { start: from + found.start, end: from + found.end, groups };
  }
}

/** Compiles an expression, or says what is wrong with it. */
export function compile(text: string, flags: string | undefined): Regexp | { readonly problem: string } {
  try {
    return new Regexp(text, flags);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { problem: `regexp parsing error: '${error.message}' at position ${error.offset}; pattern: ${text}` };
  }
}

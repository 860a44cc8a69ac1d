import { fromText, isValidUtf8, toText } from '../../scan/index.ts';
import { type RegexpFlags, takeApart, type WrittenRegexp } from './syntax.ts';
import { PatternError, translate } from './translate.ts';

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
  readonly #flags: RegexpFlags;
  readonly #expression: RegExp;
  readonly #numbers: readonly number[];
  maxHits = 0;
  /** So many bytes of a subject are looked at; all for 0. */
  limit = 0;
  isDestroyed = false;

  /** @throws PatternError */
  constructor({ pattern, flags }: WrittenRegexp) {
    this.pattern = pattern;
    this.#flags = flags;
    const { source, numbers } = translate(flags.utf ? toText(pattern) : pattern, flags);
    this.#numbers = numbers;
    this.#expression = new RegExp(source, flags.utf ? 'dus' : 'ds');
  }

  /**
   * The first match behind an offset; what stands before it does not exist for the expression, and none is found at the
   * end of the subject (rspamd: src/libutil/regexp.c:rspamd_regexp_search). UTF-8 that is broken matches nothing.
   */
  search(subject: string, from = 0): Match | undefined {
    const rest = subject.slice(from, this.limit > 0 ? this.limit : undefined);
    if (rest === '') return undefined;
    if (this.#flags.utf && !isValidUtf8(rest)) return undefined;
    const match = this.#flags.utf ? this.#find(toText(rest), from, fromText) : this.#find(rest, from, (text) => text);
    const isPart = match !== undefined && (match.start > from || match.end - from < rest.length);
    return this.#flags.full && isPart ? undefined : match;
  }

  #find(text: string, from: number, bytes: (part: string) => string): Match | undefined {
    const found = this.#expression.exec(text);
    if (found === null) return undefined;
    const start = from + bytes(text.slice(0, found.index)).length;
    const whole = bytes(found[0]);
    const groups = this.#numbers.map((number) => found[number]);
    const last = groups.findLastIndex((one) => one !== undefined);
    const taken = groups.slice(0, last + 1).map((one) => bytes(one ?? ''));
    return { start, end: start + whole.length, groups: [whole, ...taken] };
  }
}

/** Compiles an expression, or says what is wrong with it. */
export function compile(text: string, flags: string | undefined): Regexp | { readonly problem: string } {
  const written = takeApart(text, flags);
  if ('problem' in written) return written;
  try {
    return new Regexp(written);
  } catch (error) {
    if (!(error instanceof PatternError) && !(error instanceof SyntaxError)) throw error;
    const at = error instanceof PatternError ? ` at position ${error.offset}` : '';
    return { problem: `regexp parsing error: '${error.message}'${at}; pattern: ${written.pattern}` };
  }
}

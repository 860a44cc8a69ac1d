import { compile, Regexp } from '../regexp/regexp.ts';
import { escapePattern } from '../regexp/syntax.ts';
import { lowerAscii } from '../text/text.ts';

/** Bits of the flags (rspamd: src/libutil/multipattern.h:rspamd_multipattern_flags). */
export const trieFlags = {
  icase: 1 << 0,
  utf8: 1 << 1,
  tld: 1 << 2,
  glob: 1 << 3,
  re: 1 << 4,
  dot_all: 1 << 5,
  single_match: 1 << 6,
  no_start: 1 << 7,
  som: 1 << 8,
} as const;

export interface TrieMatch {
  /** Of the pattern, from 0. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

type Search = (text: string) => Iterable<{ readonly start: number; readonly end: number }>;

/** Many patterns that are looked for at once. */
export class Trie {
  readonly #searches: readonly Search[];

  /** @throws Error with what is wrong with a pattern */
  constructor(patterns: readonly string[], flags: number) {
    this.#searches = patterns.map((pattern) => searchOf(pattern, flags));
  }

  /** All matches, by their ends. */
  matches(text: string): TrieMatch[] {
    const found = this.#searches.flatMap((search, index) => [...search(text)].map((one) => ({ index, ...one })));
    return found.sort((a, b) => a.end - b.end || a.index - b.index);
  }
}

function searchOf(pattern: string, flags: number): Search {
  const ignoresCase = (flags & trieFlags.icase) !== 0;
  const isPlain = (flags & trieFlags.re) === 0 && ((flags & trieFlags.glob) === 0 || !/[*?]/.test(pattern));
  const isSingle = (flags & trieFlags.single_match) !== 0;
  if (isPlain) return plainSearch(ignoresCase ? lowerAscii(pattern) : pattern, ignoresCase, isSingle);
  const source = (flags & trieFlags.re) === 0 ? escapePattern(pattern, true) : pattern;
  const letters = [
    ignoresCase ? 'i' : '',
    (flags & trieFlags.dot_all) === 0 ? '' : 's',
    (flags & trieFlags.utf8) === 0 ? '' : 'u',
  ].join('');
  const compiled = compile(source, letters);
  if (!(compiled instanceof Regexp)) throw new Error(compiled.problem);
  return function* (text) {
    for (let match = compiled.search(text); match !== undefined; match = compiled.search(text, match.end)) {
      yield match;
      if (isSingle || match.end === match.start) return;
    }
  };
}

function plainSearch(pattern: string, ignoresCase: boolean, isSingle: boolean): Search {
  return function* (given) {
    if (pattern === '') return;
    const text = ignoresCase ? lowerAscii(given) : given;
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) {
      yield { start: at, end: at + pattern.length };
      if (isSingle) return;
    }
  };
}

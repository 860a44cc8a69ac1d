import { type ByteString, isAlnum, isSpace, trimSpace } from '../bytes.ts';
import { isDomainByte, isLinearBlank, isMailSafe, isUrlEnd, isUrlSafe, isUrlStart } from './characters.ts';
import { urlFlags } from './flags.ts';
import { Lookahead } from './lookahead.ts';
import { parseMailto } from './mailto.ts';
import { parseUrl } from './parse.ts';
import type { PublicSuffixes } from './suffixes.ts';
import { parseTelephone } from './telephone.ts';
import type { Url } from './url.ts';
import { parseWeb } from './web.ts';

/** `all`: also names of hosts without anything before them; `strict`: schemes, `www.`, `ftp.` and at signs only. */
export type FindMode = 'all' | 'strict';

/** @returns false to end the search */
export type UrlSink = (url: Url, start: number, end: number) => boolean;

/**
 * Finds the URLs and addresses of a text (rspamd: src/libserver/url.c:rspamd_url_find_multiple).
 * @param text UTF-8
 * @param newlines offsets in `text` where a line ended, ascending; a URL ends there unless it stands in `<>`
 */
export function findUrls(
  text: ByteString,
  mode: FindMode,
  suffixes: PublicSuffixes,
  sink: UrlSink,
  newlines: readonly number[] = [],
): void {
  // A prefix that was made up for a match that came to nothing marks the next one; so does the original.
  let prefixed = false;
  new Finder(text, mode, suffixes, newlines).run((found) => {
    if (found.prefix !== '') prefixed = true;
    const given = (found.prefix + text.slice(found.start, found.end)).split('\0', 1)[0] as ByteString;
    const url = parseUrl(trimSpace(given), 'text', suffixes);
    if (url === undefined || url.host === '') return true;
    if (prefixed) url.flags |= urlFlags.schemaless;
    prefixed = false;
    return sink(url, found.start, found.end);
  });
}

/** The first piece of a text that looks like a URL. */
export function findUrlText(
  text: ByteString,
  suffixes: PublicSuffixes,
): { readonly text: ByteString; readonly start: number } | undefined {
  let first: Found | undefined;
  new Finder(text, 'all', suffixes, []).run((found) => {
    first = found;
    return false;
  });
  if (first === undefined) return undefined;
  const { prefix, start, end } = first;
  return { text: (prefix + text.slice(start, end)).split('\0', 1)[0] as ByteString, start };
}

interface Found {
  /** The scheme that the text leaves out. */
  readonly prefix: ByteString;
  readonly start: number;
  readonly end: number;
}

type Pattern = 'file' | 'web' | 'www' | 'ftp' | 'telephone' | 'mailto' | 'at' | 'suffix';

const prefixes: Readonly<Record<Pattern, ByteString>> = {
  file: '',
  web: '',
  www: 'http://',
  ftp: 'ftp://',
  telephone: '',
  mailto: '',
  at: 'mailto:',
  suffix: 'http://',
};

/** Before a colon, and what has to follow it. */
const schemes: ReadonlyArray<readonly [name: string, behind: RegExp, pattern: Pattern]> = [
  ['http', /^/, 'web'],
  ['https', /^/, 'web'],
  ['mailto', /^/, 'mailto'],
  ['tel', /^/, 'telephone'],
  ['callto', /^/, 'telephone'],
  ['sip', /^/, 'web'],
  ['h323', /^/, 'web'],
  ['file', /^(?:\/\/|\\\\)/, 'file'],
  ['sftp', /^\/\//, 'web'],
  ['ftp', /^(?:\/\/|\\\\)/, 'web'],
  ['news', /^\/\//, 'web'],
  ['nntp', /^\/\//, 'web'],
  ['telnet', /^\/\//, 'web'],
  ['webcal', /^\/\//, 'web'],
];

/** A host name is not looked for farther back. */
const maxHostLength = 262;

/** Places of a text that are looked at more closely: some 10 µs each add up. */
const maxTries = 500_000;

class Finder {
  readonly #text: ByteString;
  readonly #mode: FindMode;
  readonly #suffixes: PublicSuffixes;
  readonly #newlines: readonly number[];
  readonly #lookahead: Lookahead;
  #newlineIndex = 0;
  /** Matches that end before have been seen. */
  #seen = 0;
  /** The at sign of the last `mailto:`. */
  #lastAt = -1;
  #report: (found: Found) => boolean = () => true;
  #going = true;
  #tries = 0;

  constructor(text: ByteString, mode: FindMode, suffixes: PublicSuffixes, newlines: readonly number[]) {
    this.#text = text;
    this.#mode = mode;
    this.#suffixes = suffixes;
    this.#newlines = newlines;
    this.#lookahead = new Lookahead(text);
  }

  /** @param report returns false to end the search */
  run(report: (found: Found) => boolean): void {
    this.#report = report;
    const marks = /[.:@]/g;
    let runEnd = 0;
    for (let mark = marks.exec(this.#text); mark !== null && this.#going; mark = marks.exec(this.#text)) {
      const at = mark.index;
      if (mark[0] === '@') this.#try('at', at, at + 1);
      else if (mark[0] === ':') this.#colon(at);
      else if (at >= runEnd) runEnd = this.#host(at);
    }
  }

  #isTired(): boolean {
    if (++this.#tries > maxTries) this.#going = false;
    return !this.#going;
  }

  #colon(at: number): void {
    const before = this.#text.slice(Math.max(0, at - 6), at).toLowerCase();
    for (const [name, behind, pattern] of schemes) {
      if (!before.endsWith(name) || !this.#going) continue;
      const length = behind.exec(this.#text.slice(at + 1, at + 3))?.[0].length;
      if (length !== undefined) this.#try(pattern, at - name.length, at + 1 + length);
    }
  }

  /** The rest of a host name from its first dot on. @returns where it ends */
  #host(first: number): number {
    hostRun.lastIndex = first;
    const end = first + (hostRun.exec(this.#text)?.[0].length ?? 1);
    const ends = this.#mode === 'all' ? this.#suffixEnds(first, end) : [];
    for (let dot = first; dot >= 0 && dot < end && this.#going; dot = this.#text.indexOf('.', dot + 1)) {
      while (ends.length > 0 && (ends[0] as number) <= dot) this.#suffix(ends.shift() as number);
      const before = this.#text.slice(Math.max(0, dot - 3), dot).toLowerCase();
      if (before === 'ftp') this.#try('ftp', dot - 3, dot + 1);
      if (before === 'www' && /[0-9a-z]/i.test(this.#text[dot + 1] ?? '')) this.#try('www', dot - 3, dot + 2);
    }
    for (const at of ends) if (this.#going) this.#suffix(at);
    return end;
  }

  /** Where a suffix may end: at the end of the name, before its last dot, at the end of a line. */
  #suffixEnds(first: number, end: number): number[] {
    const ends: number[] = [];
    for (let i = firstAbove(this.#newlines, first + 1); i < this.#newlines.length; i++) {
      const at = this.#newlines[i] as number;
      if (at >= end - 1) break;
      ends.push(at);
    }
    if (end - 1 > first) ends.push(end - 1);
    ends.push(end);
    return ends;
  }

  #suffix(end: number): void {
    if (this.#seen > end || !this.#endsHost(end) || this.#isTired()) return;
    const dot = this.#suffixes.dotOfSuffix(this.#text, end);
    if (dot >= 0) this.#try('suffix', dot, end);
  }

  #endsHost(end: number): boolean {
    const text = this.#text;
    if (end >= text.length || end === this.#newlineAt(end)) return true;
    if (text[end] !== '.') return isBoundary(text.charCodeAt(end));
    return end + 1 >= text.length || isBoundary(text.charCodeAt(end + 1));
  }

  /** The next end of a line at or behind an offset; -1 where there is none. */
  #newlineAt(offset: number): number {
    const lines = this.#newlines;
    if (lines.length === 0) return -1;
    while (offset > (lines[this.#newlineIndex] as number) && this.#newlineIndex < lines.length - 1)
      this.#newlineIndex++;
    const next = lines[this.#newlineIndex] as number;
    return offset > next ? -1 : next;
  }

  #try(pattern: Pattern, start: number, end: number): void {
    if (this.#seen > end || this.#isTired()) return;
    const newline = this.#newlineAt(end);
    const previous = this.#newlineIndex > 0 ? (this.#newlines[this.#newlineIndex - 1] as number) : -1;
    const match = this.#match(pattern, start, end, newline, previous);
    if (match === undefined) return;
    const [from, to] = match;
    this.#seen = Math.max(this.#seen, to);
    this.#going = this.#report({ prefix: prefixes[pattern], start: from, end: to });
  }

  #match(pattern: Pattern, start: number, end: number, newline: number, previous: number): Range | undefined {
    switch (pattern) {
      case 'file':
        return this.#file(start, end);
      case 'web':
      case 'www':
      case 'ftp':
        return this.#web(start, newline, previous);
      case 'suffix':
        return this.#bareHost(start, end, newline, previous);
      case 'telephone':
        return this.#telephone(start, newline);
      case 'mailto':
        return this.#mailto(start, newline);
      default:
        return this.#address(start, newline, previous);
    }
  }

  #byte(at: number): number {
    return at >= 0 && at < this.#text.length ? this.#text.charCodeAt(at) : 0;
  }

  /** The end of the text, or of the line, but for a URL in `<>`. */
  #limit(before: number, newline: number): number {
    return newline >= 0 && before !== 0x3c ? Math.min(this.#text.length, newline) : this.#text.length;
  }

  #file(start: number, end: number): Range {
    let at = end;
    let stop = this.#byte(at);
    if (stop === 0x2f) at++;
    const opening = '({['.indexOf(this.#text[at] ?? ' ');
    if (opening >= 0) stop = ')}]'.charCodeAt(opening);
    while (at < this.#text.length && this.#byte(at) !== stop && isUrlSafe(this.#byte(at))) at++;
    return [start, at];
  }

  #web(start: number, newline: number, previous: number): Range | undefined {
    const before = this.#byte(start - 1);
    if (start > 0 && /^www/i.test(this.#text.slice(start, start + 3))) {
      if (!isUrlStart(before) && !isSpace(before) && start - 1 !== previous && before < 0x80) return undefined;
    } else if (start > 0 && isAlnum(before)) {
      return undefined;
    }
    return this.#webEnd(start, before, newline);
  }

  #webEnd(start: number, before: number, newline: number): Range | undefined {
    const limit = this.#limit(before, newline);
    const { ok, end } = parseWeb(this.#text, start, limit, 'search', this.#lookahead);
    if (!ok) return undefined;
    if (this.#byte(end) === 0x3e && end !== newline && before !== 0x3c) {
      if (end + 1 >= this.#text.length || isSpace(this.#byte(end + 1))) return undefined;
    }
    this.#seen = end + 1;
    return [start, end];
  }

  /** A name with a public suffix that ends at `end`, and what follows it. */
  #bareHost(dot: number, end: number, newline: number, previous: number): Range | undefined {
    const begin = this.#hostStart(dot, previous);
    if (begin === undefined) return undefined;
    const [start, before] = begin;
    if (end === this.#text.length) return [start, end];
    const byte = this.#byte(end);
    const goesOn =
      byte === 0x2f ||
      byte === 0x3a ||
      isUrlEnd(byte) ||
      isLinearBlank(byte) ||
      (before !== 0x3c && end === newline) ||
      (byte === 0x2e && end + 1 < this.#text.length && /[\t\n\f\r /?:]/.test(this.#text[end + 1] as string));
    const range = goesOn ? this.#webEnd(start, before, newline) : undefined;
    return range === undefined || range[1] <= dot ? undefined : range;
  }

  /** @returns the offset and the byte before it */
  #hostStart(dot: number, previous: number): readonly [start: number, before: number] | undefined {
    for (let at = dot, steps = 0; at >= 0 && steps <= maxHostLength; at--, steps++) {
      const byte = this.#byte(at);
      if (!isDomainByte(byte) || at === previous) {
        if (at !== previous && !isUrlStart(byte) && !isSpace(byte)) return undefined;
        const start = at === previous ? at : at + 1;
        return isAlnum(this.#byte(start)) ? [start, at === previous ? 0x0a : byte] : undefined;
      }
      if (at === 0 && at !== dot) return [0, 0];
      if (byte === 0x2e && (at === 0 || !isAlnum(this.#byte(at + 1)))) return undefined;
    }
    return undefined;
  }

  #telephone(start: number, newline: number): Range | undefined {
    const fields = parseTelephone(this.#text, start, this.#limit(this.#byte(start - 1), newline), 'search');
    return fields.has('host') ? [start, fields.end] : undefined;
  }

  #mailto(start: number, newline: number): Range | undefined {
    const fields = parseMailto(this.#text, start, this.#limit(this.#byte(start - 1), newline), 'search');
    const user = fields.range('user');
    if (user === undefined) return undefined;
    this.#lastAt = user[1];
    return [start, fields.end];
  }

  /** What stands around an at sign. */
  #address(at: number, newline: number, previous: number): Range | undefined {
    const text = this.#text;
    if (this.#lastAt === at) {
      this.#lastAt = -1;
      return undefined;
    }
    if (at === 0 || at >= text.length - 2) return undefined;
    if (!isAlnum(this.#byte(at + 1)) || !isAlnum(this.#byte(at - 1))) return undefined;
    let start = at - 1;
    while (start > 0 && isMailSafe(this.#byte(start)) && start !== previous) start--;
    while (start < at && !isAlnum(this.#byte(start))) start++;
    let end = at + 1;
    while (end < text.length && isDomainByte(this.#byte(end)) && end !== newline) end++;
    while (end > at && end < text.length && !isAlnum(this.#byte(end))) end--;
    if (end < text.length && isAlnum(this.#byte(end)) && (newline < 0 || end < newline)) end++;
    return end > start ? [start, end] : undefined;
  }
}

type Range = readonly [start: number, end: number];

const hostRun = /[A-Za-z0-9.\-\x80-\xff]*/y;

/** @returns the index of the first number above one in an ascending list */
function firstAbove(list: readonly number[], number: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** May follow a host name. */
function isBoundary(byte: number): boolean {
  return isSpace(byte) || byte === 0x2f || byte === 0x3f || byte === 0x3a || isUrlEnd(byte);
}

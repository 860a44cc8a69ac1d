import type { ByteString } from '../bytes.ts';
import { fromText } from '../utf8.ts';
import type { Budget } from './budget.ts';
import { isCharacter } from './glyphs.ts';
import { bytesOfHex } from './syntax.ts';

const maxCodespaces = 64;
const maxSingles = 65_536;
const maxRanges = 8192;
/** Codes of one range whose characters have others before them. */
const maxExpanded = 256;

interface Range {
  readonly low: number;
  readonly high: number;
  readonly bytes: number;
}

/**
 * What the codes of a font mean: a `ToUnicode` map (ISO 32000-1, 9.10.3; rspamd: src/libmime/pdf_cmap.cxx). A code is a
 * number and how many bytes it has.
 */
export class CharacterMap {
  readonly #codespaces: Range[];
  readonly #singles: ReadonlyMap<number, ByteString>;
  readonly #ranges: ReadonlyArray<Range & { readonly first: number }>;
  readonly #widest: number;

  constructor(draft: Draft) {
    this.#codespaces = [...draft.codespaces].sort((a, b) => a.bytes - b.bytes);
    this.#singles = draft.singles;
    this.#ranges = [...draft.ranges].sort((a, b) => a.low - b.low);
    this.#widest = draft.widest;
  }

  /** @returns the text of a run of codes, UTF-8; codes that mean nothing leave nothing */
  decode(codes: ByteString, budget: Budget): ByteString {
    const out: ByteString[] = [];
    for (let at = 0; at < codes.length; ) {
      const bytes = this.#lengthAt(codes, at);
      const found = this.#lookUp(codeOf(codes.slice(at, at + bytes)), bytes, budget);
      if (!budget.spend(1 + this.#codespaces.length + found.length)) break;
      out.push(found);
      at += bytes;
    }
    return out.join('');
  }

  #lengthAt(codes: ByteString, at: number): number {
    const left = codes.length - at;
    for (const { low, high, bytes } of this.#codespaces) {
      if (bytes > left) continue;
      const code = codeOf(codes.slice(at, at + bytes));
      if (code >= low && code <= high) return bytes;
    }
    return Math.min(this.#codespaces[0]?.bytes ?? (this.#widest || 2), left);
  }

  #lookUp(code: number, bytes: number, budget: Budget): ByteString {
    const single = this.#singles.get(keyOf(code, bytes));
    if (single !== undefined) return single;
    for (let at = this.#firstAbove(code) - 1; at >= 0 && budget.spend(1); at--) {
      const range = this.#ranges[at] as Range & { readonly first: number };
      if (code > range.high || range.bytes !== bytes) continue;
      const character = range.first + code - range.low;
      return isCharacter(character) ? fromText(String.fromCodePoint(character)) : '';
    }
    return '';
  }

  /** Index of the first range that begins behind a code. */
  #firstAbove(code: number): number {
    let [from, to] = [0, this.#ranges.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#ranges[middle] as Range).low <= code) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

class Draft {
  readonly codespaces: Range[] = [];
  readonly singles = new Map<number, ByteString>();
  readonly ranges: Array<Range & { readonly first: number }> = [];
  widest = 0;
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  addSingle(code: number, bytes: number, text: ByteString): void {
    if (text !== '' && this.singles.size < maxSingles) this.singles.set(keyOf(code, bytes), text);
  }

  /** @param source a code as it is written */
  noteWidth(source: ByteString): void {
    this.widest = Math.max(this.widest, Math.min(source.length, 4));
  }

  /** Codes in a row mean characters in a row. */
  addRange(low: ByteString, high: ByteString, target: readonly number[]): void {
    const [from, to] = [codeOf(low), codeOf(high)];
    const last = target.at(-1);
    if (last === undefined) return;
    if (target.length === 1) {
      if (from <= to && this.ranges.length < maxRanges)
        this.ranges.push({ low: from, high: to, bytes: Math.min(low.length, 4), first: last });
      return;
    }
    const before = utf8Of(target.slice(0, -1));
    const count = Math.min(((to - from) >>> 0) + 1, maxExpanded);
    for (let at = 0; at < count && isCharacter(last + at) && this.#budget.spend(before.length); at++)
      this.addSingle((from + at) >>> 0, low.length, before + fromText(String.fromCodePoint(last + at)));
  }
}

/** @returns undefined for what is no such map, says nothing, or builds on another one */
export function readCharacterMap(program: ByteString, budget: Budget): CharacterMap | undefined {
  if (!budget.spend(program.length)) return undefined;
  const draft = new Draft(budget);
  const tokens = new Tokens(program);
  let isMap = false;
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    switch (token) {
      case 'usecmap':
        // What that one has is not in the file: half of the text would be worse than none.
        return undefined;
      case 'begincmap':
      case 'endcmap':
        isMap = true;
        break;
      case 'begincodespacerange':
        readCodespaces(tokens, draft);
        break;
      case 'beginbfchar':
        readSingles(tokens, draft);
        break;
      case 'beginbfrange':
        readRanges(tokens, draft);
        break;
    }
  }
  const isEmpty = draft.singles.size === 0 && draft.ranges.length === 0;
  return isMap && !isEmpty ? new CharacterMap(draft) : undefined;
}

function readCodespaces(tokens: Tokens, { codespaces }: Draft): void {
  for (let low = tokens.hexadecimal(); low !== undefined; low = tokens.hexadecimal()) {
    const high = tokens.hexadecimal();
    if (high === undefined || low === '') return;
    if (codespaces.length < maxCodespaces)
      codespaces.push({ low: codeOf(low), high: codeOf(high), bytes: Math.min(low.length, 4) });
  }
}

function readSingles(tokens: Tokens, draft: Draft): void {
  for (let source = tokens.hexadecimal(); source !== undefined; source = tokens.hexadecimal()) {
    const target = tokens.hexadecimal();
    if (target === undefined) return;
    draft.noteWidth(source);
    draft.addSingle(codeOf(source), source.length, utf8Of(charactersOf(target)));
  }
}

function readRanges(tokens: Tokens, draft: Draft): void {
  for (let low = tokens.hexadecimal(); low !== undefined; low = tokens.hexadecimal()) {
    const high = tokens.hexadecimal();
    if (high === undefined) return;
    draft.noteWidth(low);
    const target = tokens.next();
    if (target === '[') {
      const last = codeOf(high);
      let code = codeOf(low);
      for (let each = tokens.hexadecimal(); each !== undefined; each = tokens.hexadecimal())
        if (code <= last) draft.addSingle(code++, low.length, utf8Of(charactersOf(each)));
    } else if (target?.startsWith('<')) {
      draft.addRange(low, high, charactersOf(target.slice(1)));
    } else {
      return;
    }
  }
}

/** Words of the PostScript that such maps are written in. */
class Tokens {
  readonly #text: ByteString;
  #at = 0;

  constructor(text: ByteString) {
    this.#text = text;
  }

  /** @returns a word, a bracket, `<` with the bytes behind it, an empty text for anything else; undefined at the end */
  next(): ByteString | undefined {
    this.#skip();
    const start = this.#at;
    const c = this.#text[start];
    if (c === '<' && this.#text[start + 1] !== '<') {
      const end = this.#text.indexOf('>', start);
      this.#at = end < 0 ? this.#text.length : end + 1;
      return `<${bytesOfHex(this.#text.slice(start, this.#at).replace(/[^0-9a-f]+/gi, ''))}`;
    }
    if (c === '[' || c === ']') {
      this.#at++;
      return c;
    }
    if (c === '(') {
      this.#skipString();
      return '';
    }
    word.lastIndex = start;
    const found = word.exec(this.#text);
    if (found === null) return undefined;
    this.#at = word.lastIndex;
    return found[1] ?? '';
  }

  /** The bytes of the next word; undefined where that is not hexadecimal. */
  hexadecimal(): ByteString | undefined {
    const token = this.next();
    return token?.startsWith('<') ? token.slice(1) : undefined;
  }

  #skip(): void {
    for (;;) {
      const c = this.#text[this.#at];
      if (c === '%')
        while (this.#at < this.#text.length && !'\r\n'.includes(this.#text[this.#at] as string)) this.#at++;
      else if (c !== undefined && '\0\t\n\f\r '.includes(c)) this.#at++;
      else return;
    }
  }

  #skipString(): void {
    let depth = 0;
    do {
      const c = this.#text[this.#at++];
      if (c === '\\') this.#at++;
      else if (c === '(') depth++;
      else if (c === ')') depth--;
    } while (depth > 0 && this.#at < this.#text.length);
  }
}

/** A keyword, a number, two brackets of a dictionary, or one character of anything else. */
const word = /([A-Za-z]\w*)|[-+\d][-+.\d]*|<<|./sy;

function keyOf(code: number, bytes: number): number {
  return bytes * 2 ** 32 + code;
}

/** A number of four bytes; those before them are lost. */
function codeOf(bytes: ByteString): number {
  let code = 0;
  for (let at = 0; at < bytes.length; at++) code = ((code << 8) | bytes.charCodeAt(at)) >>> 0;
  return code;
}

/** Characters of UTF-16, big end first. */
function charactersOf(bytes: ByteString): number[] {
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += 2)
    text += String.fromCharCode((bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1));
  return [...text].map((c) => c.codePointAt(0) as number).filter((code) => code !== 0 && isCharacter(code));
}

function utf8Of(characters: readonly number[]): ByteString {
  return fromText(characters.map((code) => String.fromCodePoint(code)).join(''));
}

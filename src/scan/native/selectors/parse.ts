import type { ByteString } from '../../message/index.ts';
import type { Argument } from './value.ts';

/** A function of a selector with what stands in its brackets. */
export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
}

/** `extractor(args):method(args).transform(args)…` */
export interface ParsedSelector {
  readonly extractor: Call;
  readonly method: Call | undefined;
  readonly transforms: readonly Call[];
}

/**
 * Reads selectors with `;` or `*` between them (rspamd: lualib/lua_selectors/init.lua:make_grammar).
 * @throws Error that says where something else was expected
 */
export function parseSelectors(text: ByteString): ParsedSelector[] {
  const parser = new Parser(text);
  const selectors = [parser.selector()];
  while (parser.take(/[ \t\n]*[;*][ \t\n]*/y) !== undefined) selectors.push(parser.selector());
  parser.take(blanks);
  parser.end();
  return selectors;
}

const blanks = /[ \t\n]*/y;
const name = /[A-Za-z0-9\-\x80-\xff][A-Za-z0-9\-_\x80-\xff]*/y;
const word = /[A-Za-z0-9\-\x80-\xff][^'\r\n\f\\,)(}{= "]*/y;
const quoted = /'(?:[^'\r\n\f\\]|\\[\s\S])*'|"(?:[^"\r\n\f\\]|\\[\s\S])*"/y;
const maxDepth = 20;

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text.trim();
  }

  selector(): ParsedSelector {
    const extractor = this.#call();
    const method = this.take(/:/y) === undefined ? undefined : this.#call();
    const transforms: Call[] = [];
    while (this.take(/\./y) !== undefined) transforms.push(this.#call());
    return { extractor, method, transforms };
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  end(): void {
    if (this.#at < this.#text.length) this.#fail('its end');
  }

  #call(): Call {
    const called = this.take(name);
    if (called === undefined) return this.#fail('a name');
    this.take(blanks);
    const args: Argument[] = [];
    while (this.take(/\([ \t\n]*/y) !== undefined) {
      args.push(...this.#list(/[ \t\n]*\)/y));
      this.take(blanks);
    }
    return { name: called, args };
  }

  /** Arguments up to what closes them; commas between them may be missing. */
  #list(close: RegExp): Argument[] {
    const list: Argument[] = [];
    while (this.take(close) === undefined) {
      list.push(this.#argument());
      while (this.take(/[ \t\n]*,[ \t\n]*/y) !== undefined);
    }
    return list;
  }

  #argument(): Argument {
    if (this.take(/\{[ \t\n]*/y) !== undefined) return this.#braces();
    return this.#plain();
  }

  #plain(): ByteString {
    return this.take(quoted)?.slice(1, -1) ?? this.take(word) ?? this.#fail('an argument');
  }

  #braces(): Argument {
    if (++this.#depth > maxDepth) this.#fail(`no more than ${maxDepth} levels of braces`);
    const close = /[ \t\n]*\}/y;
    const inside = this.#isNamed() ? this.#named(close) : this.#list(close);
    this.#depth--;
    return inside;
  }

  #named(close: RegExp): Argument {
    const named = new Map<string, Argument>();
    while (this.take(close) === undefined) {
      const key = this.#plain();
      if (this.take(/[ \t\n]*=[ \t\n]*/y) === undefined) this.#fail('=');
      named.set(key, this.#argument());
      while (this.take(/[ \t\n]*,[ \t\n]*/y) !== undefined);
    }
    return Object.fromEntries(named);
  }

  /** Whether `word =` follows. */
  #isNamed(): boolean {
    const at = this.#at;
    const isWord = (this.take(quoted) ?? this.take(word)) !== undefined;
    const isNamed = isWord && this.take(/[ \t\n]*=/y) !== undefined;
    this.#at = at;
    return isNamed;
  }

  #fail(expected: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    throw new Error(
      `selector ${JSON.stringify(this.#text)}: ${expected} is expected ${rest === '' ? 'at its end' : `before ${JSON.stringify(rest)}`}`,
    );
  }
}

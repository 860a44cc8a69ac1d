import type { AtomParser } from '../expression/index.ts';
import { fromText } from '../message/index.ts';
import { compileRegexp, type Regexp } from '../regexp/index.ts';

/** What a match of this atom spares or forces: `-` leaves symbol and weight, `~` the symbol, `^` takes both anyway. */
export interface CompositeAtom {
  readonly name: string;
  /** `g:` any symbol of a group, `g+:` those with a score above zero, `g-:` below. */
  readonly group: 'all' | 'positive' | 'negative' | undefined;
  readonly keepsSymbol: boolean;
  readonly keepsWeight: boolean;
  readonly forces: boolean;
  /** The symbol must have an option for each of them. */
  readonly options: readonly (string | Regexp)[];
}

const endOfName = /[[; \t()><!|&\n]/g;

/** `SYMBOL`, `SYMBOL[option, /regexp/i]` (rspamd: src/libserver/composites/composites.cxx:rspamd_composite_expr_parse). */
export const parseCompositeAtom: AtomParser<CompositeAtom> = (text, at) => {
  endOfName.lastIndex = at;
  const end = endOfName.exec(text)?.index ?? text.length;
  const name = text.slice(at, end);
  if (text[end] !== '[') return { atom: makeAtom(name, []), length: name.length };
  const options: (string | Regexp)[] = [];
  let cursor = end + 1;
  for (;;) {
    while (/\s/.test(text[cursor] ?? '')) cursor++;
    if (text[cursor] === ']') break;
    const read = text[cursor] === '/' ? regexpAt(text, cursor) : plainAt(text, cursor);
    options.push(read.option);
    cursor = read.end;
    if (text[cursor] === ',') cursor++;
    else if (text[cursor] !== ']') throw new Error(`the options of ${name} have no end`);
  }
  return { atom: makeAtom(name, options), length: cursor + 1 - at };
};

function plainAt(text: string, at: number): { readonly option: string; readonly end: number } {
  const end = at + (/^[^,\]]*/.exec(text.slice(at))?.[0].length ?? 0);
  return { option: text.slice(at, end).trim(), end };
}

function regexpAt(text: string, at: number): { readonly option: Regexp; readonly end: number } {
  const found = /^\/((?:[^\\/]|\\.)*)\/([a-zA-Z]*)\s*/s.exec(text.slice(at));
  if (found === null) throw new Error(`a regular expression has no end: ${text.slice(at, at + 40)}`);
  const [whole, pattern = '', flags = ''] = found;
  return { option: compileRegexp({ pattern: fromText(pattern), flags }), end: at + whole.length };
}

function makeAtom(written: string, options: readonly (string | Regexp)[]): CompositeAtom {
  const start = written.search(/[A-Za-z0-9]/);
  if (start < 0) return { ...plain, name: written, options };
  const prefix = written.slice(0, start);
  const bare = written.slice(start);
  const group = /^g([+-]?):/.exec(bare);
  const spares = /^[~^-]*/.exec(prefix)?.[0] ?? '';
  return {
    name: group === null ? bare : bare.slice(group[0].length),
    group: group === null ? undefined : group[1] === '+' ? 'positive' : group[1] === '-' ? 'negative' : 'all',
    keepsSymbol: /[~-]/.test(spares),
    keepsWeight: spares.includes('-'),
    forces: spares.includes('^'),
    options,
  };
}

const plain = { group: undefined, keepsSymbol: false, keepsWeight: false, forces: false } as const;

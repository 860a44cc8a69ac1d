import type { IToken, TokenType } from 'chevrotain';
import { anyByte, BLANK, isByte, NUMBER_START, VALUE_END } from './bytes.ts';
import { createToken, Lexer } from './chevrotain.ts';
import { skipKeyFiller, skipOpening, skipSeparators, skipValueFiller } from './fillers.ts';
import { type KeyLiteral, keyAt, scanKey } from './keys.ts';
import { type MacroPart, scanMacroArguments, scanMacroName, scanMacroValue } from './macros.ts';
import { scanNumber } from './numbers.ts';
import { problem, warning } from './problem.ts';
import { closeContainer, innermost, newScan, openContainer, report, type Scan, type SyntaxOptions } from './scan.ts';
import { endOfStatement, type StringLiteral, scanBare, scanHeredoc, scanQuoted, scanSingleQuoted } from './strings.ts';
import type { BrokenNode, NumberNode, StringNode } from './tree.ts';

/**
 * UCL's tokens. What a byte means depends on what stood before it, so the lexer has a mode for each place:
 *
 * - `document`: the very beginning, and after the closing brace of the top level;
 * - `members`: inside an object, where a key or a macro may come, or after a value;
 * - `elements`: inside an array;
 * - `value`: after a key, or at an element; left after one value or changed for the container it opens;
 * - `macro`: after a macro's name.
 *
 * Mistakes are reported to the scan, and the tokens go on as if they had not been made.
 */
type Match = [image: string] & { payload?: unknown };
type Read = (scan: Scan, offset: number) => { end: number; payload?: unknown } | undefined;

let scan: Scan = newScan('', { included: false, macros: true, timeSuffixes: true });

/** A token that is found by a function. It may have no length when only the place tells that it is there. */
function token(name: string, read: Read, more: { first?: string; push?: string; pop?: boolean; skip?: boolean } = {}) {
  const exec = (text: string, offset: number): Match | null => {
    const found = read(scan, offset);
    if (found === undefined) return null;
    const match: Match = [text.substring(offset, found.end)];
    if (found.payload !== undefined) match.payload = found.payload;
    return match;
  };
  return createToken({
    name,
    pattern: { exec },
    line_breaks: true,
    start_chars_hint: more.first === undefined ? [...anyByte] : [...more.first],
    ...(more.push === undefined ? {} : { push_mode: more.push }),
    ...(more.pop === true ? { pop_mode: true } : {}),
    ...(more.skip === true ? { group: Lexer.SKIPPED } : {}),
  });
}

const spaces = ' \t\n\v\f\r';

/** The rest of a text that is not worth reading, or must not be. */
export const Rest = token('Rest', (s) => (s.stopped ? { end: s.text.length } : undefined), { skip: true });

// --- mode document ---

const Opening = token('Opening', (s, at) => (at === 0 ? nonEmpty(at, skipOpening(s)) : undefined), {
  first: `${spaces}#/`,
  skip: true,
});

/** Everything after the closing brace of the top level: it is never read. */
const Ignored = token(
  'Ignored',
  (s, at) => {
    if (s.after !== 'close' || s.open.length > 0) return undefined;
    const rest = s.text.slice(at).search(/[^\s;,]/);
    if (rest !== -1 && !/^(?:#.*\s*|\/\*[\s\S]*)$/.test(s.text.slice(at + rest))) {
      report(s, warning(at + rest, 'everything after the closing bracket of the top level is ignored'));
    }
    return { end: s.text.length };
  },
  { skip: true },
);

/** The beginning of a text without braces: it has no length. Included texts have it before their braces, too. */
export const BareDocument = token('BareDocument', (s, at) => bareDocument(s, at), { push: 'members' });

function bareDocument(s: Scan, at: number): { end: number } | undefined {
  const first = s.text.charAt(at);
  if (s.options.included) {
    if (first === '[') report(s, problem(at, 'an included text cannot be an array', 'give it keys, or use `.load`'));
    return { end: at };
  }
  return first === '{' || first === '[' ? undefined : { end: at };
}

/** The brace around a whole included text. */
export const IncludeBrace = token(
  'IncludeBrace',
  (s, at) => {
    if (s.begun) return undefined;
    s.begun = true;
    if (!s.options.included || s.text.charAt(at) !== '{') return undefined;
    openContainer(s, 'object', at);
    return { end: at + 1 };
  },
  { push: 'members' },
);

// --- containers ---

function opening(name: string, char: '{' | '[', kind: 'object' | 'array', pop: boolean): TokenType {
  const read: Read = (s, at) => {
    s.after = 'ready';
    s.filledTo = -1;
    openContainer(s, kind, at);
    return { end: at + 1, payload: at };
  };
  return token(name, read, { first: char, push: kind === 'object' ? 'members' : 'elements', pop });
}

export const DocumentBrace = opening('DocumentBrace', '{', 'object', false);
export const DocumentBracket = opening('DocumentBracket', '[', 'array', false);
export const OpenBrace = opening('OpenBrace', '{', 'object', true);
export const OpenBracket = opening('OpenBracket', '[', 'array', true);

function closing(name: string, char: '}' | ']', kind: 'object' | 'array'): TokenType {
  const read: Read = (s, at) => {
    if (innermost(s)?.kind !== kind) return undefined;
    closeContainer(s);
    s.after = 'close';
    return { end: at + 1 };
  };
  return token(name, read, { first: char, pop: true });
}

export const CloseBrace = closing('CloseBrace', '}', 'object');
export const CloseBracket = closing('CloseBracket', ']', 'array');

/** The end of a container that has no closing byte of its own: a named section, or a mistake. It has no length. */
export const End = token(
  'End',
  (s, at) => {
    if (s.unwind === 0) return undefined;
    s.unwind--;
    s.open.pop();
    return { end: at };
  },
  { pop: true },
);

/** A closing bracket that closes nothing, or not what is open: notes it, and arranges what comes instead. */
const WrongClose = token(
  'WrongClose',
  (s, at) => {
    const char = s.text.charAt(at);
    const wanted = char === '}' ? 'object' : 'array';
    const opener = s.open.findLastIndex((one) => one.kind === wanted);
    const top = innermost(s);
    if (top === undefined || (wanted === 'object' && top.kind === 'section')) {
      report(s, problem(at, `object closed with ${char} is not opened with ${char === '}' ? '{' : '['}`, 'remove it'));
    } else {
      const hint = `the \`${s.text.charAt(top.offset)}\` opened before it is not closed yet`;
      report(s, problem(at, 'unexpected terminating symbol detected', opener === -1 ? 'remove it' : hint));
    }
    s.after = 'close';
    if (opener !== -1) s.unwind = s.open.length - 1 - opener;
    return { end: opener === -1 ? at + 1 : at };
  },
  { first: '}]', skip: true },
);

// --- between values ---

/** Blanks, comments and separators after a value. Where none of the last stands before more text, one is missing. */
const Separator = token(
  'Separator',
  (s, at) => {
    if (s.after === 'ready') return undefined;
    const { end, separated } = skipSeparators(s, at);
    const needed = s.after === 'value';
    s.after = 'ready';
    s.filledTo = -1;
    const next = s.text.charAt(end);
    if (separated || !needed || next === '' || next === '}' || next === ']') return nonEmpty(at, end);
    return nonEmpty(at, missingSeparator(s, end));
  },
  { skip: true },
);

/** @returns where to go on: here if a key or element seems to begin, otherwise after the rest of the statement */
function missingSeparator(s: Scan, at: number): number {
  const inArray = innermost(s)?.kind === 'array';
  const begins = inArray ? /["'{[]|<<[A-Z]*\n/y : /(?:[\w./-]+|"[^"\n]*")(?:[ \t]*[=:{]|[ \t]+["'\w])|\.\w+[ (]/y;
  begins.lastIndex = at;
  const mend = `put \`${inArray ? ',' : ';'}\` between the value and what follows`;
  if (begins.test(s.text)) {
    report(s, problem(at, 'delimiter is missing', mend));
    return at;
  }
  report(s, problem(at, 'delimiter is missing', `${mend}, or all of it in quotes`));
  s.after = 'close';
  return endOfStatement(s.text, at);
}

const KeyFiller = token('KeyFiller', (s, at) => nonEmpty(at, skipKeyFiller(s, at)), {
  first: `${spaces}#/`,
  skip: true,
});

/** Before a value. It is tried once for a value: blanks after the comments are part of that. */
const ValueFiller = token(
  'ValueFiller',
  (s, at) => {
    if (s.filledTo !== -1) return undefined;
    const end = skipValueFiller(s, at);
    s.filledTo = end;
    return nonEmpty(at, end);
  },
  { skip: true },
);

function nonEmpty(at: number, end: number): { end: number } | undefined {
  return end > at ? { end } : undefined;
}

// --- mode members ---

let lastKey: { scan: Scan; key: KeyLiteral } | undefined;

function keyFrom(s: Scan, at: number): KeyLiteral | undefined {
  if (!keyAt(s.text, at)) return undefined;
  if (lastKey?.scan !== s || lastKey.key.offset !== at) lastKey = { scan: s, key: scanKey(s, at) };
  return lastKey.key;
}

function takeKey(s: Scan, key: KeyLiteral): { end: number; payload: KeyLiteral } {
  for (const one of key.problems) report(s, one);
  s.filledTo = -1;
  return { end: key.after, payload: key };
}

/** The name of a section: a key that another key follows. */
export const Name = token(
  'Name',
  (s, at) => {
    const key = keyFrom(s, at);
    if (key?.names !== true || key.alone) return undefined;
    openContainer(s, 'section', at);
    return takeKey(s, key);
  },
  { push: 'members' },
);

/** A key with its separator; a value follows. */
export const Key = token(
  'Key',
  (s, at) => {
    const key = keyFrom(s, at);
    return key === undefined || key.alone ? undefined : takeKey(s, key);
  },
  { push: 'value' },
);

/** A bracket where a key is expected: what is in it is read as the value of a key that cannot be used. */
export const MissingKey = token(
  'MissingKey',
  (s, at) => {
    if (s.text.charAt(at) === '{') {
      const hint = 'a section needs a name; after `=` or `:` no second name may stand before `{`';
      report(s, problem(at, 'key must begin with a letter', hint));
    } else if (!badKey(s, at)) {
      return undefined;
    }
    s.filledTo = -1;
    const end = s.text.charAt(at) === '{' ? at : afterBadKey(s.text, at);
    return { end };
  },
  { push: 'value' },
);

const badKeyPattern = /[^\s=:{}[\],;#"]+(?:"[^"\n]*"[^\s=:{}[\],;#"]*)*[ \t]*(?:[=:]|(?=\{))/y;

/** Reports bytes that cannot begin a key, when a separator or a brace shows that they were meant as one. */
function badKey(s: Scan, at: number): boolean {
  badKeyPattern.lastIndex = at;
  if (keyAt(s.text, at) || !badKeyPattern.test(s.text)) return false;
  report(s, problem(at, 'key must begin with a letter', 'put the key in double quotes'));
  return true;
}

function afterBadKey(text: string, at: number): number {
  badKeyPattern.lastIndex = at;
  badKeyPattern.test(text);
  return badKeyPattern.lastIndex;
}

/** Anything else where a key is expected, up to the end of the statement. */
const NoKey = token(
  'NoKey',
  (s, at) => {
    const key = keyFrom(s, at);
    s.after = 'close';
    if (key !== undefined) return { end: Math.max(takeKey(s, key).end, at + 1) };
    const char = s.text.charAt(at);
    const stray = char === ';' || char === ',';
    report(s, problem(at, 'key must begin with a letter', stray ? `remove this \`${char}\`` : undefined));
    return { end: stray ? at + 1 : Math.max(endOfStatement(s.text, at), at + 1) };
  },
  { skip: true },
);

// --- mode elements ---

/** The beginning of an array's element: it has no length. */
export const Item = token('Item', (_s, at) => ({ end: at }), { push: 'value' });

// --- mode value ---

function stringToken(
  name: string,
  style: StringNode['style'],
  first: string | undefined,
  read: (s: Scan, at: number) => StringLiteral | undefined,
) {
  const take: Read = (s, at) => {
    const literal = read(s, at);
    if (literal === undefined) return undefined;
    report(s, literal.problem);
    s.after = 'value';
    const { start, end, escapes, dollar } = literal;
    const node: StringNode | BrokenNode =
      literal.problem === undefined
        ? { kind: 'string', offset: at, style, start, end, escapes, dollar }
        : { kind: 'broken', offset: at };
    return { end: literal.after, payload: node };
  };
  return token(name, take, { pop: true, ...(first === undefined ? {} : { first }) });
}

export const Quoted = stringToken('Quoted', 'quoted', '"', (s, at) => scanQuoted(s.text, at));
export const SingleQuoted = stringToken('SingleQuoted', 'single', "'", (s, at) => scanSingleQuoted(s.text, at));
export const Heredoc = stringToken('Heredoc', 'heredoc', '<', (s, at) => scanHeredoc(s.text, at));

/** A number with its suffix. What only begins like one is a bare value. */
export const NumberToken = token(
  'Number',
  (s, at) => {
    if (!isByte(s.text, at, NUMBER_START)) return undefined;
    const found = scanNumber(s.text, at, s.options.timeSuffixes);
    if (found === undefined) return undefined;
    s.after = 'value';
    if (found !== 'range') {
      const node: NumberNode = { kind: 'number', offset: at, type: found.type, value: found.value };
      return { end: found.end, payload: node };
    }
    report(s, problem(at, 'numeric value out of range', 'put it in quotes if it is meant as text'));
    return { end: scanBare(s.text, at).after, payload: { kind: 'broken', offset: at } };
  },
  { first: '-0123456789', pop: true },
);

/** Any other value: up to the next separator, closing bracket or comment. It cannot be empty. */
export const Bare = stringToken('Bare', 'bare', undefined, (s, at) => {
  const literal = scanBare(s.text, at);
  if (literal.end > literal.start) {
    if (isByte(s.text, at, BLANK)) report(s, leadingBlank(at));
    return literal;
  }
  const next = s.text.charAt(literal.after);
  const hint =
    isByte(next, 0, VALUE_END) && next !== ']' && next !== '}'
      ? `a value must stand before \`${shown(next)}\``
      : undefined;
  return { ...literal, problem: problem(at, 'string value must not be empty', hint) };
});

function shown(char: string): string {
  return ({ '\n': '\\n', '\r': '\\r', '\0': '\\0' } as Record<string, string>)[char] ?? char;
}

function leadingBlank(at: number) {
  const hint = 'put the comment elsewhere: after it, quotes and brackets have no meaning';
  return warning(at, 'the blanks after a comment have become part of this value', hint);
}

// --- mode macro ---

function macroPart(
  name: string,
  read: (s: Scan, at: number) => MacroPart | undefined,
  first: string | undefined,
  pop: boolean,
) {
  const take: Read = (s, at) => {
    const part = read(s, at);
    return part === undefined ? undefined : { end: part.after, payload: part };
  };
  return token(name, take, { pop, ...(first === undefined ? {} : { first }) });
}

function macroArguments(s: Scan, at: number): MacroPart | undefined {
  if (s.argumentsRead) return undefined;
  s.argumentsRead = true;
  return scanMacroArguments(s, at);
}

export const MacroName = token(
  'MacroName',
  (s, at) => {
    if (!s.options.macros) return undefined;
    const part = scanMacroName(s, at);
    s.argumentsRead = false;
    return { end: part.after, payload: part };
  },
  { first: '.', push: 'macro' },
);
export const MacroArguments = macroPart('MacroArguments', macroArguments, '(', false);
export const MacroValue = macroPart('MacroValue', scanMacroValue, undefined, true);

const modes = {
  document: [Rest, Opening, Ignored, BareDocument, DocumentBrace, DocumentBracket],
  members: [
    Rest,
    IncludeBrace,
    End,
    Separator,
    CloseBrace,
    WrongClose,
    KeyFiller,
    MacroName,
    Name,
    Key,
    MissingKey,
    NoKey,
  ],
  elements: [Rest, End, Separator, ValueFiller, CloseBracket, WrongClose, Item],
  value: [Rest, ValueFiller, OpenBrace, OpenBracket, Quoted, SingleQuoted, Heredoc, NumberToken, Bare],
  macro: [Rest, MacroArguments, MacroValue],
};

export const allTokens: TokenType[] = [...new Set(Object.values(modes).flat())];

export function createLexer(skipValidations: boolean): InstanceType<typeof Lexer> {
  return new Lexer(
    { modes, defaultMode: 'document' },
    { ensureOptimizations: true, positionTracking: 'onlyOffset', skipValidations },
  );
}

let lexer: ReturnType<typeof createLexer> | undefined;

/** Reads a text into tokens. Mistakes, unclosed brackets among them, are in the scan. */
export function tokenize(text: string, options: SyntaxOptions): { tokens: IToken[]; scan: Scan } {
  lexer ??= createLexer(true);
  scan = newScan(text, options);
  const { tokens, errors } = lexer.tokenize(text);
  for (const one of errors) report(scan, problem(one.offset, 'unexpected character'));
  if (!scan.stopped) {
    for (const { kind, offset } of scan.open) if (kind !== 'section') report(scan, unclosed(text, offset));
  }
  return { tokens, scan };
}

function unclosed(text: string, offset: number) {
  const close = text.charAt(offset) === '{' ? '}' : ']';
  return problem(offset, 'unmatched open brace', `the closing \`${close}\` is missing`);
}

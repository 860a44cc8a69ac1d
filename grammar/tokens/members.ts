import { type KeyLiteral, keyAt, scanKey } from '../keys.ts';
import { scanMacroArguments, scanMacroName, scanMacroValue } from '../macros.ts';
import { problem } from '../problem.ts';
import { openContainer, report, type Scan } from '../scan.ts';
import { endOfStatement } from '../strings.ts';
import { NONE, token } from './matcher.ts';

/** The key at an offset. It is read once, though several token types ask for it. */
function keyFrom(s: Scan, at: number): KeyLiteral | undefined {
  if (s.lastKey?.offset === at) return s.lastKey;
  if (!keyAt(s.text, at)) return undefined;
  s.lastKey = scanKey(s, at);
  return s.lastKey;
}

function takeKey(s: Scan, key: KeyLiteral): number {
  for (const one of key.problems) report(s, one);
  s.filledTo = -1;
  s.found = key;
  return key.after;
}

/** The name of a section: a key that another key follows. */
export const Name = token(
  'Name',
  (s, at) => {
    const key = keyFrom(s, at);
    if (key?.names !== true || key.alone) return NONE;
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
    return key === undefined || key.alone ? NONE : takeKey(s, key);
  },
  { push: 'value' },
);

/** A bracket where a key is expected: what is in it is read as the value of a key that cannot be used. */
export const MissingKey = token(
  'MissingKey',
  (s, at) => {
    const brace = s.text.charAt(at) === '{';
    const end = brace ? at : badKeyEnd(s.text, at);
    if (end === NONE) return NONE;
    report(
      s,
      problem(at, 'key must begin with a letter', brace ? braceHint(s.text, at) : 'put the key in double quotes'),
    );
    s.filledTo = -1;
    s.inNames = false;
    return end;
  },
  { push: 'value' },
);

/** Why a brace stands where a key should: its name is on the line before, or a `=` is. */
function braceHint(text: string, at: number): string {
  const line = text.lastIndexOf('\n', at - 1);
  if (line !== -1 && text.slice(line, at).trim() === '' && /[\w"]\s*$/.test(text.slice(Math.max(0, line - 80), line))) {
    return 'put `{` on the same line as the name of the section';
  }
  return 'a section needs a name; after `=` or `:` no second name may stand before `{`';
}

const badKey = /[^\s=:{}[\],;#"]+(?:"[^"\n]*"[^\s=:{}[\],;#"]*)*[ \t]*(?:[=:]|(?=\{))/y;

/** Where bytes end that cannot be a key, when a separator or a brace shows that they were meant as one. */
function badKeyEnd(text: string, at: number): number {
  badKey.lastIndex = at;
  return !keyAt(text, at) && badKey.test(text) ? badKey.lastIndex : NONE;
}

/** Anything else where a key is expected, up to the end of the statement. */
export const NoKey = token(
  'NoKey',
  (s, at) => {
    const key = keyFrom(s, at);
    s.after = 'close';
    if (key !== undefined) {
      const end = takeKey(s, key);
      s.found = undefined;
      return Math.max(s.text.charAt(end) === ',' ? endOfStatement(s.text, end) : end, at + 1);
    }
    const stray = isStray(s.text.charAt(at));
    report(s, problem(at, 'key must begin with a letter', noKeyHint(s.text, at)));
    return stray ? at + 1 : Math.max(endOfStatement(s.text, at), at + 1);
  },
  { skip: true },
);

function isStray(char: string): boolean {
  return char === ';' || char === ',';
}

function noKeyHint(text: string, at: number): string | undefined {
  const char = text.charAt(at);
  if (isStray(char)) return `remove this \`${char}\``;
  const after = text.charAt(at - 1);
  const bracket = after === ']' ? '[' : after === '}' ? '{' : undefined;
  return bracket === undefined
    ? undefined
    : `a value that begins with \`${bracket}\` must be in quotes if more follows it`;
}

export const MacroName = token(
  'MacroName',
  (s, at) => {
    if (!s.options.macros) return NONE;
    const part = scanMacroName(s, at);
    s.argumentsRead = false;
    s.found = part;
    return part.after;
  },
  { first: '.', push: 'macro' },
);

export const MacroArguments = token(
  'MacroArguments',
  (s, at) => {
    if (s.argumentsRead) return NONE;
    s.argumentsRead = true;
    const part = scanMacroArguments(s, at);
    s.found = part;
    return part?.after ?? NONE;
  },
  { first: '(' },
);

export const MacroValue = token(
  'MacroValue',
  (s, at) => {
    const part = scanMacroValue(s, at);
    s.found = part;
    return part.after;
  },
  { pop: true },
);

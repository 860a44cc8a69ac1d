import type { ByteString } from '../message/index.ts';
import { compileRegexp, PatternError, type Regexp } from '../regexp/index.ts';

/** What an expression is tried on. */
export type TextKind =
  | 'header'
  | 'rawHeader'
  | 'mimeHeader'
  | 'allHeaders'
  | 'part'
  | 'rawPart'
  | 'message'
  | 'url'
  | 'email'
  | 'saBody'
  | 'saRawBody'
  | 'words'
  | 'rawWords'
  | 'stemWords'
  | 'selector';

/** An operand of a rule: an expression with what it looks at, or a function. */
export type Atom =
  | {
      readonly type: 'regexp';
      readonly kind: TextKind;
      /** Of headers their name, of a selector its text. */
      readonly name: ByteString;
      /** The spelling of the header's name counts. */
      readonly strong: boolean;
      /** Each match counts. */
      readonly multiple: boolean;
      readonly regexp: Regexp;
    }
  | { readonly type: 'function'; readonly name: string; readonly args: readonly Argument[] };

export interface Argument {
  readonly text: ByteString;
  /** Undefined for plain text. */
  readonly regexp: Regexp | undefined;
}

const kindsByFlag: Readonly<Record<string, TextKind>> = {
  H: 'header',
  R: 'allHeaders',
  B: 'mimeHeader',
  C: 'saBody',
  D: 'saRawBody',
  M: 'message',
  P: 'part',
  Q: 'rawPart',
  U: 'url',
  X: 'rawHeader',
  $: 'selector',
};

const kindsByName: Readonly<Record<string, TextKind>> = {
  body: 'message',
  part: 'part',
  mime: 'part',
  raw_part: 'rawPart',
  raw_mime: 'rawPart',
  mime_raw: 'rawPart',
  header: 'header',
  mime_header: 'mimeHeader',
  header_mime: 'mimeHeader',
  raw_header: 'rawHeader',
  header_raw: 'rawHeader',
  all_header: 'allHeaders',
  header_all: 'allHeaders',
  all_headers: 'allHeaders',
  url: 'url',
  email: 'email',
  sa_body: 'saBody',
  sa_raw_body: 'saRawBody',
  sa_body_raw: 'saRawBody',
  words: 'words',
  raw_words: 'rawWords',
  stem_words: 'stemWords',
  selector: 'selector',
};

const needName: ReadonlySet<TextKind> = new Set(['header', 'rawHeader', 'mimeHeader', 'selector']);

/**
 * Reads one operand: `Header=/re/flags`, `/re/{type}flags`, `function(a, b)` (rspamd: src/libmime/mime_expressions.c,
 * rspamd_mime_expr_parse).
 * @returns the atom and how many characters it takes
 * @throws Error that says what is wrong with it
 */
export function parseAtom(text: string, at: number): { readonly atom: Atom; readonly length: number } {
  const called = sticky(/([A-Za-z_]\w*)\(/y, text, at);
  if (called !== undefined) {
    const end = closingBracket(text, at + called[0].length);
    const name = called[1] as string;
    const args = splitArguments(text.slice(at + called[0].length, end)).map(readArgument);
    return { atom: { type: 'function', name, args }, length: end + 1 - at };
  }
  const start = regexpStart(text, at);
  const end = regexpEnd(text, start);
  const { flags, kinds, length } = readFlags(text, end + 1);
  const prefix = text.slice(at, start).trim();
  const name = prefix.endsWith('=') ? prefix.slice(0, -1).trim() : prefix;
  const kind = kinds.at(-1) ?? (name === '' ? undefined : 'header');
  const whole = text.slice(at, end + 1 + length);
  if (kind === undefined)
    throw new Error(`${whole} does not say what it looks at: write Header=${whole} or a type flag`);
  if (needName.has(kind) && name === '') throw new Error(`${whole} has no name of a header before its equals sign`);
  const atom: Atom = {
    type: 'regexp',
    kind,
    name,
    strong: flags.includes('S'),
    multiple: flags.includes('A'),
    regexp: compile(text.slice(start + 1, end), flags.replace(/[^imsxurOL]/g, ''), whole),
  };
  return { atom, length: whole.length };
}

function sticky(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at;
  return expression.exec(text) ?? undefined;
}

function compile(pattern: ByteString, flags: string, whole: string): Regexp {
  try {
    return compileRegexp({ pattern, flags });
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    throw new Error(`in ${whole}: ${cause.message} at character ${cause.offset}`);
  }
}

/** A selector may have slashes in its own right: the expression begins behind the last `=` before the first slash. */
function regexpStart(text: string, at: number): number {
  const found = sticky(/(?:[\w-]+\s*=\s*)?\//y, text, at) ?? sticky(/[^/]*?=\s*\//y, text, at);
  if (found === undefined) {
    const [word] = sticky(/\S+/y, text, at) ?? [''];
    throw new Error(`${JSON.stringify(word)} is neither an expression (Header=/…/) nor a function`);
  }
  return at + found[0].length - 1;
}

function regexpEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '/') return at;
  }
  throw new Error(`the expression ${text.slice(start, start + 40)} has no slash at its end`);
}

function readFlags(text: string, at: number): { flags: string; kinds: readonly TextKind[]; length: number } {
  const [whole = ''] = sticky(/(?:[A-Za-z$]|\{\w*\})*/y, text, at) ?? [];
  const kinds: TextKind[] = [];
  let flags = '';
  for (const [, long, flag = ''] of whole.matchAll(/\{(\w*)\}|(.)/g)) {
    const kind = long === undefined ? kindsByFlag[flag] : kindsByName[long.toLowerCase()];
    if (long !== undefined && kind === undefined) throw new Error(`{${long}} is no type of expressions`);
    if (kind !== undefined) kinds.push(kind);
    else if (/[imsxurOLoTSA]/.test(flag)) flags += flag;
    else throw new Error(`"${flag}" is no flag of expressions`);
  }
  return { flags, kinds, length: whole.length };
}

/** Of a function; brackets may stand in it, and escaped ones do not count. */
function closingBracket(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    const c = text[at];
    if (c === '\\') at++;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return at;
  }
  throw new Error(`a bracket of ${text.slice(Math.max(0, start - 20), start + 20)} is not closed`);
}

/** At commas that stand in no expression and in no quotes. */
function splitArguments(text: string): string[] {
  if (text.trim() === '') return [];
  const parts = [''];
  let within = '';
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (c === '\\') {
      parts[parts.length - 1] += c + (text[++at] ?? '');
      continue;
    }
    if (within !== '') within = c === within ? '' : within;
    else if (c === "'" || c === '"') within = c;
    else if (c === '/' && (parts.at(-1) as string).trim() === '') within = c;
    if (c === ',' && within === '') parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts.map((part) => part.trim());
}

function readArgument(text: string): Argument {
  const [, pattern, flags = ''] = /^\/(.*)\/([A-Za-z]*)$/s.exec(text) ?? [];
  if (pattern !== undefined) return { text, regexp: compile(pattern, flags.replace(/[^imsxurOL]/g, ''), text) };
  return { text: /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text, regexp: undefined };
}

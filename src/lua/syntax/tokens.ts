/** Token kinds: reserved words and operators stand for themselves, the rest as LuaJIT names them in messages. */
export type Token = string;

export const reservedWords: ReadonlySet<string> = new Set([
  'and',
  'break',
  'do',
  'else',
  'elseif',
  'end',
  'false',
  'for',
  'function',
  'goto',
  'if',
  'in',
  'local',
  'nil',
  'not',
  'or',
  'repeat',
  'return',
  'then',
  'true',
  'until',
  'while',
]);

export const NAME = '<name>';
export const STRING = '<string>';
export const NUMBER = '<number>';
export const EOF = '<eof>';

/** How a token is shown in `'x' expected` and `near 'x'` when it has no text of its own. */
export function tokenText(token: Token): string {
  if (token.length !== 1) return token;
  const code = token.charCodeAt(0);
  return code < 32 || code === 127 ? `char(${code})` : token;
}

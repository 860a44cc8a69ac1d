import type { Random } from './random.ts';
import { statementProgram } from './statements.ts';

const junk = [
  'end',
  'then',
  'do',
  '=',
  '==',
  ')',
  '(',
  '}',
  '{',
  ']',
  '[',
  ',',
  ';',
  '..',
  '...',
  'local',
  'function',
  'return',
  'break',
  'goto x',
  '::l::',
  '"',
  "'",
  '[[',
  '0x',
  '3x',
  '1e',
  '~',
  '&',
  '//',
  '\\',
  'nil',
  'x',
  '5',
  'until',
  'else',
  'elseif',
  'in',
  'for',
  '\\xzz',
  '"\\q"',
  '--[[',
  '#',
  '@',
  ':',
  '.',
];

/** A program with a token put in, taken out or doubled: whether it compiles, and the message, are compared. */
export function brokenProgram(r: Random): string {
  const tokens: string[] = statementProgram(r).match(/"(?:[^"\\]|\\.)*"|[\w.]+|\s+|[^\s\w]/g) ?? [];
  for (let i = r.int(1, 2); i > 0; i--) {
    const at = r.int(0, tokens.length - 1);
    switch (r.int(0, 3)) {
      case 0:
        tokens.splice(at, 1);
        break;
      case 1:
        tokens.splice(at, 0, ` ${r.pick(junk)} `);
        break;
      case 2:
        tokens.splice(at, 1, ` ${r.pick(junk)} `);
        break;
      default:
        tokens.length = at;
    }
  }
  // what still compiles is not run: a lost token can make a loop endless
  return `return function() end, (function(...)\n${tokens.join('')}`;
}

import { expressionProgram } from './expressions.ts';
import { coroutineProgram, metatableProgram } from './metatables.ts';
import { Random } from './random.ts';
import { statementProgram } from './statements.ts';
import { formatProgram, patternProgram } from './strings.ts';
import { brokenProgram } from './syntax.ts';
import { tableProgram } from './tables.ts';

/**
 * Errors that are caught come with the traceback of where they were raised, but for the part outside the program.
 * Functions that LuaJIT has in Lua (string.len, say) are functions of the host here.
 */
const traced = `local xpcall, trace = xpcall, debug.traceback
local function pcall(f, ...)
  local run = xpcall
  return run(f, function(m) return (trace(tostring(m)):gsub("\\n[^\\n]*harness.*", ""):gsub("0x%x+", ""):gsub("%[builtin:%w+%]", "[C]")) end, ...)
end
`;

/** Kinds of random programs; each is a chunk that returns text or fails. */
export const kinds = {
  expression: expressionProgram,
  statement: statementProgram,
  pattern: patternProgram,
  format: formatProgram,
  table: tableProgram,
  metatable: metatableProgram,
  coroutine: coroutineProgram,
  syntax: brokenProgram,
  traceback: (r: Random) => traced + r.pick([statementProgram, coroutineProgram])(r),
} as const;

export type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];

export interface Program {
  readonly seed: number;
  readonly kind: Kind;
  readonly source: string;
}

/** The program of a seed. */
export function program(seed: number, only?: Kind): Program {
  const kind = only ?? (names[seed % names.length] as Kind);
  return { seed, kind, source: kinds[kind](new Random(seed)) };
}

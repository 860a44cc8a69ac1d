import { type LuaValue, runtimeError } from '../../lua/index.ts';

/** Line ends by the names that functions take. */
const lineEnds: Readonly<Record<string, string>> = { cr: '\r', lf: '\n', crlf: '\r\n' };

/** The line end that an argument names; CRLF where it is no string. */
export function lineEnd(name: LuaValue): string {
  if (typeof name !== 'string') return '\r\n';
  const known = lineEnds[name.toLowerCase()];
  if (known === undefined) throw runtimeError(`invalid newline style: ${name}`);
  return known;
}

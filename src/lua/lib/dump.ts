import { compileChunk } from '../emit/compile.ts';
import { isBoxed } from '../emit/variables.ts';
import { closureOf } from '../runtime/closures.ts';
import { Box } from '../runtime/prototype.ts';
import { R } from '../runtime/registers.ts';
import { LuaError } from '../values/error.ts';
import type { LuaFunction } from '../values/types.ts';

/** First byte of a dump, as of LuaJIT's bytecode. */
export const ESCAPE = '\x1b';

const mark = `${ESCAPE}Lua source\n`;

/**
 * `string.dump`: the text of the function's chunk and which function of it is meant. undefined for functions written
 * in JavaScript.
 */
export function dumpFunction(fn: LuaFunction): string | undefined {
  const prototype = closureOf(fn)?.prototype;
  if (prototype === undefined) return undefined;
  const { name, source } = prototype.chunk;
  return `${mark}${prototype.id} ${name.length}\n${name}${source}`;
}

/** A function from its dump; its upvalues are nil. @throws LuaError for anything else */
export function loadDump(dump: string): LuaFunction {
  const header = /^(\d{1,9}) (\d{1,9})\n/.exec(dump.slice(mark.length, mark.length + 24));
  if (!dump.startsWith(mark) || header === null) throw new LuaError('cannot load incompatible bytecode');
  const [all, id, length] = header;
  const body = dump.slice(mark.length + all.length);
  const { chunk, functions } = compileChunk(body.slice(Number(length)), body.slice(0, Number(length)));
  const node = functions[Number(id)];
  const factory = chunk.factories[Number(id)];
  if (node === undefined || factory === undefined) throw new LuaError('cannot load malformed bytecode');
  const upvalues = node.upvalues.map((one) => (isBoxed(one) ? new Box(undefined) : undefined));
  return factory(R.state.current.environment, ...upvalues);
}

import { library } from '../runtime/library.ts';
import { checkTime } from '../runtime/limits.ts';
import { type Chunk, type Factory, type GeneratorForm, makePrototype } from '../runtime/prototype.ts';
import { R } from '../runtime/registers.ts';
import type { FunctionNode } from '../syntax/ast.ts';
import { shortChunkName } from '../syntax/errors.ts';
import { type ChunkTree, parseChunk } from '../syntax/parser.ts';
import { LuaError } from '../values/error.ts';
import type { LuaTable } from '../values/table.ts';
import type { LuaFunction } from '../values/types.ts';
import { emitChunk } from './chunk.ts';
import type { Form } from './writer.ts';

const names = Object.keys(library);

/** Characters of code that V8 is given at once: it cannot be interrupted while it reads them. */
const longestCode = 1 << 26;

const pausesBetweenChecks = 1024;
let pauses = 0;

/** Gives up compiling when the time of the running program is over. */
function pause(): void {
  if (++pauses % pausesBetweenChecks === 0) checkTime();
}

/** Evaluates the code of one form of a chunk's functions. */
function instantiate<F>(chunk: Chunk, tree: ChunkTree, form: Form): F[] {
  const { code, constants } = emitChunk(tree, form, names, chunk.sites, pause);
  if (code.length > longestCode) throw new LuaError('not enough memory');
  const { prototypes, factories, generators } = chunk;
  const resumable = (id: number): GeneratorForm => {
    if (generators.length === 0) {
      generators.push(...instantiate<GeneratorForm>(chunk, parseChunk(chunk.source, chunk.name, pause), 'generator'));
    }
    return generators[id] as GeneratorForm;
  };
  // the code is made here from a parsed tree; nothing of the source gets into it but escaped literals
  const make = new Function('R', 'L', 'P', 'F', 'G', 'K', 'resumable', code);
  return make(R, library, prototypes, factories, generators, constants, resumable) as F[];
}

/** Compiles a chunk and keeps its tree of functions. @throws LuaSyntaxError */
export function compileChunk(
  start: string,
  name: string,
  more?: () => string | undefined,
): { chunk: Chunk; functions: readonly FunctionNode[] } {
  let source = start;
  const next = (): string | undefined => {
    const piece = more?.();
    source += piece ?? '';
    return piece;
  };
  const tree = parseChunk(start, name, pause, more === undefined ? undefined : next);
  const chunk: Chunk = {
    name,
    shortName: shortChunkName(name),
    source,
    sites: [],
    prototypes: [],
    factories: [],
    generators: [],
  };
  for (const node of tree.functions) chunk.prototypes.push(makePrototype(chunk, node));
  chunk.factories.push(...instantiate<Factory>(chunk, tree, 'plain'));
  return { chunk, functions: tree.functions };
}

/**
 * Compiles a chunk of Lua.
 * @param source its text as a byte string
 * @param name chunk name, with LuaJIT's `=` or `@` mark where it is not the text itself
 * @param more gives further pieces of the text, undefined at its end
 * @returns a function that makes the chunk's main function for an environment
 * @throws LuaSyntaxError
 */
export function compile(
  source: string,
  name: string,
  more?: () => string | undefined,
): (environment: LuaTable) => LuaFunction {
  return compileChunk(source, name, more).chunk.factories[0] as Factory;
}

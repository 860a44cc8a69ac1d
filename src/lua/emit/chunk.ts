import type { Site } from '../runtime/prototype.ts';
import type { ChunkTree } from '../syntax/parser.ts';
import type { LuaTable } from '../values/table.ts';
import type { LuaValue } from '../values/types.ts';
import { condition, value } from './expressions.ts';
import { closure, functionCode } from './functions.ts';
import { stringLiteral } from './literals.ts';
import { block } from './statements.ts';
import { ChunkWriter, type Form } from './writer.ts';

export interface EmittedChunk {
  /**
   * Body of a JavaScript function of `R, L, P, F, G, K, resumable`: registers, library, prototypes, plain factories,
   * generator forms, constants, and a function that makes the generator forms. It returns those of its own form.
   */
  readonly code: string;
  readonly constants: readonly (LuaTable | LuaValue)[];
}

/**
 * Writes all functions of a chunk.
 * @param library names that the code may use
 * @param sites places are added here; both forms of a chunk share the list
 * @param pause called again and again; what it throws comes through
 */
export function emitChunk(
  tree: ChunkTree,
  form: Form,
  library: readonly string[],
  sites: Site[],
  pause: () => void,
): EmittedChunk {
  const chunk = new ChunkWriter(form, { value, condition, block, closure }, sites, pause);
  const functions = tree.functions.map((node) => `/*${node.id}*/${functionCode(chunk, node)}`);
  const caches = chunk.caches.map((key, i) => `c${i}=new FieldCache(${stringLiteral(key)})`);
  const constants = chunk.constants.map((_, i) => `k${i}=K[${i}]`);
  const names = [`{${library.join(',')}}=L`, ...caches, ...constants];
  const code = `"use strict";const ${names.join(',')};return[\n${functions.join(',\n')}];`;
  return { code, constants: chunk.constants };
}

import { LuaError } from './values.ts';

/** Bounds for what templates may do, so that none can hang the load or eat the memory. */
export const luaLimits = {
  /** Expressions evaluated, loop rounds, and steps of pattern matching. */
  steps: 2_000_000,
  /** Bytes of any one string, and of all text that is made. */
  bytes: 16 * 1024 * 1024,
  /** Parentheses, tables and operators inside each other (LuaJIT: 200). */
  syntax: 200,
  /** Results of one call (LuaJIT: LUAI_MAXCSTACK). */
  results: 8000,
  /** Operators or suffixes in one row. */
  row: 1000,
  /** Calls, tags and macros inside each other. */
  depth: 150,
} as const;

/** Counts what one text's templates have used. */
export class Budget {
  #steps = 0;
  #bytes = 0;
  #depth = 0;

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > luaLimits.steps) throw new LuaError('the template takes too many steps');
  }

  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > luaLimits.bytes) throw new LuaError(`the template makes more than ${luaLimits.bytes} bytes`);
  }

  /** Runs something that may contain itself. */
  nested<T>(run: () => T): T {
    if (++this.#depth > luaLimits.depth) throw new LuaError('stack overflow');
    try {
      return run();
    } finally {
      this.#depth--;
    }
  }
}

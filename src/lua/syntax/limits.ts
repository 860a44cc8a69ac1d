/** Limits of a chunk, the same as LuaJIT's (luajit: src/lj_def.h). */
export const limits = {
  /** Local variables of a function. */
  locals: 200,
  upvalues: 60,
  /** Nesting of syntax: expressions, blocks. */
  levels: 200,
  /** Registers of a function. */
  slots: 250,
  /** String constants of a function that an instruction can name directly. */
  namedConstants: 255,
} as const;

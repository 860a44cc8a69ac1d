import type { Lua, LuaTable } from '../lua/index.ts';
import type { Logger } from '../message/log.ts';
import type { PublicSuffixes } from '../scan/index.ts';
import type { Zstd } from '../wire/zstd/index.ts';

/** Directories as Rspamd names them: `CONFDIR`, `LUALIBDIR`, … */
export type Paths = Readonly<Record<string, string>>;

/** What the modules of one Lua state share. */
export interface World {
  readonly lua: Lua;
  readonly logger: Logger;
  readonly paths: Paths;
  /** Undefined where the program has not loaded it. */
  readonly zstd: Zstd | undefined;
  /** Loaded when it is first asked for. */
  readonly suffixes: () => PublicSuffixes;
  /** Metatables of the classes used so far, by class name. */
  readonly metatables: Map<string, LuaTable>;
}

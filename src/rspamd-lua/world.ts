import type { Lua, LuaTable } from '../lua/index.ts';
import type { Logger } from '../message/log.ts';

/** Directories as Rspamd names them: `CONFDIR`, `LUALIBDIR`, … */
export type Paths = Readonly<Record<string, string>>;

/** What the modules of one Lua state share. */
export interface World {
  readonly lua: Lua;
  readonly logger: Logger;
  readonly paths: Paths;
  /** Metatables of the classes used so far, by class name. */
  readonly metatables: Map<string, LuaTable>;
}

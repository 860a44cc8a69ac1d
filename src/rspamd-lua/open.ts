import { type Lua, type LuaTable, native } from '../lua/index.ts';
import type { Logger } from '../message/log.ts';
import { loggerModule } from './logger/module.ts';
import { uclModule } from './ucl/module.ts';
import type { Paths, World } from './world.ts';

export interface RspamdOptions {
  /** Where the lines of `rspamd_logger` go. */
  readonly logger: Logger;
  /** Directories other than the standard ones. */
  readonly paths?: Paths;
}

/** Modules by name; each is made when a script first requires it. */
const modules: Readonly<Record<string, (world: World) => LuaTable>> = {
  rspamd_logger: loggerModule,
  ucl: uclModule,
};

/** Gives a Lua state Rspamd's modules and globals. */
export function openRspamd(lua: Lua, options: RspamdOptions): World {
  const world: World = { lua, logger: options.logger, paths: options.paths ?? {}, metatables: new Map() };
  for (const [name, make] of Object.entries(modules)) {
    lua.preload.set(
      name,
      native(name, () => make(world)),
    );
  }
  return world;
}

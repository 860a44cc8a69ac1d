import { type Lua, type LuaTable, native } from '../lua/index.ts';
import type { Logger } from '../message/log.ts';
import { type PublicSuffixes, readKnowledge } from '../scan/index.ts';
import type { Zstd } from '../wire/zstd/index.ts';
import { loggerModule } from './logger/module.ts';
import { lpegModule } from './lpeg/module.ts';
import { regexpModule } from './regexp/module.ts';
import { textModule } from './text/module.ts';
import { uclModule } from './ucl/module.ts';
import { utilModule } from './util/module.ts';
import type { Paths, World } from './world.ts';

export interface RspamdOptions {
  /** Where the lines of `rspamd_logger` go. */
  readonly logger: Logger;
  /** Directories other than the standard ones. */
  readonly paths?: Paths;
  /** For scripts that compress; `sharedZstd()` gives it. */
  readonly zstd?: Zstd;
}

/** Modules by name; each is made when a script first requires it. */
const modules: Readonly<Record<string, (world: World) => LuaTable>> = {
  lpeg: lpegModule,
  rspamd_logger: loggerModule,
  rspamd_regexp: regexpModule,
  rspamd_text: textModule,
  rspamd_util: utilModule,
  ucl: uclModule,
};

/** Gives a Lua state Rspamd's modules and globals. */
export function openRspamd(lua: Lua, options: RspamdOptions): World {
  const paths = options.paths ?? {};
  let suffixes: PublicSuffixes | undefined;
  const world: World = {
    lua,
    logger: options.logger,
    paths,
    zstd: options.zstd,
    suffixes: () => {
      suffixes ??= readKnowledge(paths['SHAREDIR'] ?? '/usr/share/rspamd').suffixes;
      return suffixes;
    },
    metatables: new Map(),
  };
  for (const [name, make] of Object.entries(modules)) {
    lua.preload.set(
      name,
      native(name, () => make(world)),
    );
  }
  return world;
}

import type { LuaTable } from '../../lua/index.ts';
import { wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import type { World } from '../world.ts';
import { Pool, poolClass } from './pool.ts';

/** The module `rspamd_mempool` (rspamd: src/lua/lua_mempool.c). */
export function poolModule(world: World): LuaTable {
  return moduleTable({ create: () => wrap(world, poolClass, new Pool()) });
}

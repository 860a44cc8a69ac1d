import { type LuaResult, type LuaTable, type LuaValue, toText } from '../../lua/index.ts';
import { moduleTable } from '../modules.ts';
import type { World } from '../world.ts';
import { fromLua, uclTypes } from './convert.ts';
import { emit, type Format, formatNamed, sortKeys } from './emit.ts';
import { newParser } from './parser.ts';

/** Formats by the numbers of libucl (`ucl_emitter_t`). */
const numbered: readonly Format[] = ['json', 'json-compact', 'config'];

/** The module `ucl` (rspamd: contrib/libucl/lua_ucl.c). */
export function uclModule(world: World): LuaTable {
  const convert = (value: LuaValue, format: Format, sort = false): LuaResult => {
    const ucl = fromLua(world, value);
    return ucl === undefined ? undefined : emit(sort ? sortKeys(ucl) : ucl, format);
  };
  const table = moduleTable({
    parser: (flags) => newParser(world, flags),
    to_json: (value, compact) => convert(value, truthy(compact) ? 'json-compact' : 'json'),
    to_config: (value) => convert(value, 'config'),
    to_format: (value, format, sort) => {
      if (typeof format !== 'number') return convert(value, formatNamed(toText(format) ?? '') ?? 'json', sort === true);
      const known = numbered[Math.trunc(format)];
      return known === undefined ? undefined : convert(value, known, sort === true);
    },
  });
  table.set('null', uclTypes(world).null);
  return table;
}

const truthy = (value: LuaValue): boolean => value !== undefined && value !== false;

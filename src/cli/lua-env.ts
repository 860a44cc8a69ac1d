import { Lua, LuaTable, type LuaValue, typeName } from '../lua/index.ts';
import { bytes, text } from '../ucl/index.ts';

const limits = { time: 10_000, memory: 256 << 20 };
/** Tables inside each other; more is a table that holds itself. */
const deepest = 32;

/**
 * Runs the files of `--lua-env`: each returns a table whose keys become names for templates, the later file winning
 * (rspamd: src/lua/lua_common.c:rspamd_lua_load_env). Templates get tables, strings, numbers and booleans; functions
 * stay behind.
 *
 * @throws Error that names the file
 */
export function luaEnvironment(files: readonly string[]): ReadonlyMap<string, unknown> {
  const lua = new Lua({ limits });
  return new Map(files.flatMap((file) => [...environmentOf(lua, file)]));
}

function environmentOf(lua: Lua, file: string): Map<string, unknown> {
  let returned: LuaValue;
  try {
    [returned] = lua.call(lua.loadFile(bytes(file)));
  } catch (cause) {
    throw new Error(`cannot load lua file ${file}: ${text((cause as Error).message)}`);
  }
  if (!(returned instanceof LuaTable))
    throw new Error(`invalid return type when loading env from ${file}: ${typeName(returned)} instead of a table`);
  try {
    return fields(lua, returned, 1);
  } catch (cause) {
    throw new Error(`cannot use what lua file ${file} returns: ${(cause as Error).message}`);
  }
}

function fields(lua: Lua, table: LuaTable, depth: number): Map<string, unknown> {
  if (depth > deepest) throw new Error(`tables are nested more than ${deepest} deep`);
  const next = lua.globals.get('next');
  const found = new Map<string, unknown>();
  for (let [key, value] = lua.call(next, table); key !== undefined; [key, value] = lua.call(next, table, key)) {
    if (typeof key === 'string' || typeof key === 'number') found.set(String(key), plain(lua, value, depth));
  }
  return found;
}

/** A list stays a list where it has nothing but items. */
function plain(lua: Lua, value: LuaValue, depth: number): unknown {
  if (!(value instanceof LuaTable)) return typeof value === 'function' ? undefined : value;
  const entries = fields(lua, value, depth + 1);
  const length = value.length();
  return length > 0 && entries.size === length ? [...entries.values()] : entries;
}

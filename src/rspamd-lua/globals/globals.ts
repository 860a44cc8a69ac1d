import { hostname } from 'node:os';
import { call, type LuaResult, LuaTable, type LuaValue, later, native } from '../../lua/index.ts';
import type { UclObject } from '../../ucl/index.ts';
import { configValue } from '../config/config.ts';
import { record } from '../tables.ts';
import type { World } from '../world.ts';
import { luaPath } from './paths.ts';
import { rspamdVersion, version } from './version.ts';

/** Numbers of the actions (rspamd: src/libserver/cfg_file.h:rspamd_action_type). */
const actions = {
  reject: 0,
  'soft reject': 1,
  'rewrite subject': 2,
  'add header': 3,
  greylist: 4,
  'no action': 5,
};

const emptyTables = [
  'classifiers',
  'composites',
  'config',
  'metrics',
  'rspamd_classifiers',
  'rspamd_plugins',
  'rspamd_plugins_state',
];

/** The prefix of what the environment defines for scripts and templates. */
const prefix = 'RSPAMD_';

/** Sets the globals that scripts find, and where modules are looked for. */
export function setGlobals(
  world: World,
  config: UclObject | undefined,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const { globals } = world.lua;
  const library = globals.get('package') as LuaTable;
  library.set('path', luaPath(world.paths, String(library.get('path'))));
  library.set('cpath', `${world.paths['LIBDIR']}/?.so;${String(library.get('cpath'))}`);
  for (const name of emptyTables) globals.set(name, new LuaTable());
  globals.set('rspamd_actions', record(actions));
  globals.set('rspamd_config', configValue(world, config));
  globals.set('rspamd_env', environment(env));
  globals.set('rspamd_paths', record(world.paths));
  globals.set('rspamd_version', rspamdVersion);
  setTemplateGlobals(world);
}

function environment(env: Readonly<Record<string, string | undefined>>): LuaTable {
  const table = record({
    hostname: hostname(),
    version: version.full,
    ver_major: String(version.major),
    ver_minor: String(version.minor),
    ver_id: version.id,
    ver_num: rspamdVersion('num') as LuaValue,
  });
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    table.set(name.slice(prefix.length), Buffer.from(value).toString('latin1'));
  }
  return table;
}

/** What the template library leaves in the globals when a configuration is read: it is loaded when it is wanted. */
function setTemplateGlobals({ lua }: World): void {
  const { globals } = lua;
  const table = globals.get('table') as LuaTable;
  table.set('unpack', globals.get('unpack'));
  globals.set(
    'load',
    native('load', (source, _name, _mode, env): LuaResult => {
      if (env === undefined) return later(globals.get('loadstring'), [source]);
      const loaded = call(globals.get('loadstring'), source);
      return typeof loaded === 'function' ? later(globals.get('setfenv'), [loaded, env]) : loaded;
    }),
  );
  for (const name of ['range', 'cycler']) {
    const stand: LuaValue = native(name, (...args): LuaResult => {
      call(globals.get('require'), 'lupa');
      const real = globals.get(name);
      return real === stand ? undefined : later(real, args);
    });
    globals.set(name, stand);
  }
}

import type { Paths } from '../world.ts';

/** Where Debian's packages have things (rspamd: CMakeLists.txt, src/libserver/cfg_utils.cxx). */
const standard: Paths = {
  CONFDIR: '/etc/rspamd',
  LOCAL_CONFDIR: '/etc/rspamd',
  DBDIR: '/var/lib/rspamd',
  LIBDIR: '/usr/lib/rspamd',
  LOGDIR: '/var/log/rspamd',
  LUALIBDIR: '/usr/share/rspamd/lualib',
  PLUGINSDIR: '/usr/share/rspamd/plugins',
  PREFIX: '/usr',
  RULESDIR: '/usr/share/rspamd/rules',
  RUNDIR: '/run/rspamd',
  SHAREDIR: '/usr/share/rspamd',
  WWWDIR: '/usr/share/rspamd/www',
};

/** Directories below SHAREDIR move with it. */
const below: Paths = { LUALIBDIR: 'lualib', PLUGINSDIR: 'plugins', RULESDIR: 'rules', WWWDIR: 'www' };

/** All directories, those given among them. */
export function allPaths(given: Paths): Paths {
  const share = given['SHAREDIR'];
  const moved = Object.entries(below).map(([name, folder]) => [name, `${share}/${folder}`]);
  return { ...standard, ...(share === undefined ? {} : Object.fromEntries(moved)), ...given };
}

/** `package.path` as Rspamd extends it (rspamd: src/lua/lua_common.c:rspamd_lua_set_path). */
export function luaPath(paths: Paths, before: string): string {
  const { CONFDIR, RULESDIR, LUALIBDIR } = paths;
  return `${CONFDIR}/lua/?.lua;${RULESDIR}/?.lua;${LUALIBDIR}/?.lua;${LUALIBDIR}/?/init.lua;${before}`;
}

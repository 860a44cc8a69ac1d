import { dirname } from 'node:path';

/** The release whose configuration this program understands; stock files and templates ask for it. */
const version = '4.1.6';
const [major, minor] = ['4', '1'] as const;
/** 0x04, 0x01, a zero byte and the release id (rspamd: config.h.in). */
const versionNumber = 0x4010000000000;

export interface World {
  /** UCL variables in the order in which the original registers them; names are found by prefix, so order counts. */
  readonly variables: ReadonlyArray<readonly [name: string, value: string]>;
  readonly template: {
    readonly env: ReadonlyMap<string, unknown>;
    readonly paths: ReadonlyMap<string, string>;
  };
}

export interface WorldSources {
  readonly confdir: string;
  /** `--var NAME=VALUE`, in their order. */
  readonly vars: ReadonlyArray<readonly [name: string, value: string]>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  /** Names for templates that win over all others (`--lua-env`). */
  readonly templateEnv?: ReadonlyMap<string, unknown>;
}

/** Paths a package is compiled with (Debian's; a tree under PREFIX/etc/rspamd has its share folder under PREFIX). */
function packagePaths(confdir: string): Array<readonly [string, string]> {
  const local = confdir === '/usr/local/etc/rspamd';
  const prefix = local ? dirname(dirname(confdir)) : '/usr';
  const share = `${prefix}/share/rspamd`;
  return [
    ['CONFDIR', confdir],
    ['LOCAL_CONFDIR', confdir],
    ['RUNDIR', local ? '/var/run/rspamd' : '/run/rspamd'],
    ['DBDIR', local ? '/var/db/rspamd' : '/var/lib/rspamd'],
    ['LOGDIR', '/var/log/rspamd'],
    ['PLUGINSDIR', `${share}/plugins`],
    ['SHAREDIR', share],
    ['RULESDIR', `${share}/rules`],
    ['WWWDIR', `${share}/www`],
    ['PREFIX', prefix],
  ];
}

/** Paths that the process environment may change, for templates only. */
const fromEnvironment = [
  'CONFDIR',
  'LOCAL_CONFDIR',
  'RUNDIR',
  'DBDIR',
  'LOGDIR',
  'PLUGINSDIR',
  'SHAREDIR',
  'RULESDIR',
  'WWWDIR',
  'LUALIBDIR',
] as const;

/**
 * What configuration files see of their surroundings (rspamd: src/libserver/cfg_utils.cxx:rspamd_ucl_add_conf_variables,
 * src/lua/lua_common.c:rspamd_lua_set_env).
 */
export function makeWorld(sources: WorldSources): World {
  const paths = packagePaths(sources.confdir);
  const own = new Map(mergeCase(sources.vars));
  const release: Array<readonly [string, string]> = [
    ['VERSION', version],
    ['VERSION_MAJOR', major],
    ['VERSION_MINOR', minor],
    ['BRANCH_VERSION', major],
    ['HOSTNAME', sources.hostname],
  ];
  const builtin = new Map([...paths, ...release]);
  return {
    variables: [...new Map([...builtin, ...own])],
    template: { env: templateEnv(own, sources), paths: templatePaths(new Map(paths), own, sources.env) },
  };
}

/** Names that differ in case only are one variable: the spelling of the first, the value of the last. */
function mergeCase(vars: WorldSources['vars']): Array<readonly [string, string]> {
  const merged = new Map<string, readonly [string, string]>();
  for (const [name, value] of vars) {
    const key = name.toLowerCase();
    merged.set(key, [merged.get(key)?.[0] ?? name, value]);
  }
  return [...merged.values()];
}

function templateEnv(own: ReadonlyMap<string, string>, sources: WorldSources): Map<string, unknown> {
  const env = new Map<string, unknown>([
    ...own,
    ['hostname', sources.hostname],
    ['version', version],
    ['ver_major', major],
    ['ver_minor', minor],
    ['ver_id', 'release'],
    ['ver_num', versionNumber],
  ]);
  for (const [name, value] of Object.entries(sources.env)) {
    if (value !== undefined && name.startsWith('RSPAMD_')) env.set(name.slice('RSPAMD_'.length), toBytes(value));
  }
  for (const [name, value] of sources.templateEnv ?? []) env.set(name, value);
  return env;
}

function templatePaths(
  paths: Map<string, string>,
  own: ReadonlyMap<string, string>,
  env: WorldSources['env'],
): Map<string, string> {
  paths.set('LUALIBDIR', `${paths.get('SHAREDIR')}/lualib`);
  const named = new Map([...own].map(([name, value]) => [name.toUpperCase(), value]));
  for (const name of fromEnvironment) {
    const value = named.get(name) ?? (env[name] === undefined ? undefined : toBytes(env[name]));
    if (value !== undefined) paths.set(name, value);
  }
  return paths;
}

/** Text from outside becomes the byte string that configuration text is. */
export function toBytes(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}

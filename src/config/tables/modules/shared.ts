import type { Status } from '../../option.ts';

/** Options that several modules have. */

export const enabled = {
  kind: 'flag',
  default: true,
  status: 'honoured',
  help: 'False switches the module off',
} as const;

/** rspamd: lualib/lua_util.lua:config_check_local_or_authed */
export const clients = {
  check_local: {
    kind: 'flag',
    defaultText: 'that of section options, else false',
    status: 'honoured',
    help: 'Look at messages of clients in local_addrs too',
  },
  check_authed: {
    kind: 'flag',
    defaultText: 'that of section options, else false',
    status: 'honoured',
    help: 'Look at messages of clients that authenticated too',
  },
} as const;

export const symbol = (name: string, help: string) =>
  ({ kind: 'string', default: name, status: 'honoured', help: `Symbol: ${help}` }) as const;

export const onOff = (usual: boolean, help: string) =>
  ({ kind: 'flag', default: usual, status: 'honoured', help }) as const;

export const map = (help: string) => ({ kind: 'map', status: 'honoured', help }) as const;

export const special = (type: 'object' | 'string' | 'string list', help: string, status: Status = 'honoured') =>
  ({ kind: 'special', type, status, help }) as const;

/** Where Redis is (rspamd: lualib/lua_redis.lua); read by code of its own. */
export const redisServers = (status: Status) =>
  ({
    redis: special('object', 'Redis of this module, where it is not the one of section redis', status),
    servers: special('string list', 'Servers of Redis, where they are not those of section redis', status),
    server: special('string list', 'The same', status),
    read_servers: special('string list', 'Servers of Redis that are only read', status),
    write_servers: special('string list', 'Servers of Redis that are written to', status),
    db: special('string', 'Number of the database', status),
    database: special('string', 'The same', status),
    dbname: special('string', 'The same', status),
    username: special('string', 'Name at Redis', status),
    password: special('string', 'Password at Redis', status),
    timeout: special('string', 'Seconds that Redis may take', status),
  }) as const;

/** A number of entries of a cache that we have not. */
export const cacheSize = (usual: number) =>
  ({
    kind: 'integer',
    default: usual,
    status: { later: 'the one cache of DNS serves all' },
    help: 'Entries of a cache',
  }) as const;

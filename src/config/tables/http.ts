import type { Table } from '../option.ts';

const stage = (help: string) =>
  ({
    kind: 'time',
    default: 0,
    min: 0,
    since: '3.13.0',
    status: 'honoured',
    help,
  }) as const;

/** rspamd: src/libserver/http/http_context.c:rspamd_http_context_create */
export const httpClientTable = {
  path: 'http.client',
  help: 'Connections to scanners',
  lenient: true,
  options: {
    user_agent: {
      kind: 'string',
      defaultText: 'rspamd- and the version',
      since: '1.9.0',
      status: 'honoured',
      help: 'User-Agent header of requests to scanners; empty for none',
    },
    server_hdr: {
      kind: 'string',
      defaultText: 'rspamd/ and the version',
      since: '2.4',
      status: 'honoured',
      help: 'Server header of answers to clients',
    },
    keepalive_interval: {
      kind: 'time',
      default: 65_000,
      min: 0,
      since: '1.9.0',
      status: 'honoured',
      help: 'Time that an idle connection is kept open',
    },
    cache_size: {
      kind: 'integer',
      type: 'uint',
      default: 1024,
      min: 0,
      since: '1.9.0',
      status: 'honoured',
      help: 'Shared secrets of encrypted connections that are remembered',
    },
    rotate_time: {
      kind: 'time',
      default: 120_000,
      min: 0,
      since: '1.9.0',
      status: 'honoured',
      help: 'Time after which a new key pair for encrypted connections is made',
    },
    http_proxy: {
      kind: 'string',
      since: '1.9.1',
      status: {
        later: 'an HTTP proxy for requests of Lua scripts; connections to scanners are direct, as in the original',
      },
      help: 'HTTP proxies for requests of Lua scripts; the port is 3128 where it is left out. Scanners are asked directly',
    },
    connect_timeout: stage('Time for connecting; 0 for no limit of its own'),
    ssl_timeout: stage('Time for the TLS handshake; 0 for no limit of its own'),
    write_timeout: stage('Time for sending a request; 0 for no limit of its own'),
    read_timeout: stage('Time for receiving an answer; 0 for no limit of its own'),
    pool_size: {
      kind: 'integer',
      type: 'uint',
      default: 0,
      min: 0,
      since: '3.13.0',
      status: 'honoured',
      help: 'Idle connections that are kept; 0 for no limit',
    },
    connection_ttl: {
      kind: 'time',
      default: 0,
      min: 0,
      since: '3.13.0',
      status: 'honoured',
      help: 'Time after which a connection is not used again; 0 for no limit',
    },
    idle_timeout: {
      kind: 'time',
      default: 0,
      min: 0,
      since: '3.13.0',
      status: 'honoured',
      help: 'Time that an idle connection is kept; 0 for keepalive_interval',
    },
    max_reuse: {
      kind: 'integer',
      type: 'uint',
      default: 0,
      min: 0,
      since: '3.13.0',
      status: 'honoured',
      help: 'Requests on one connection; 0 for no limit',
    },
    eviction_policy: {
      kind: 'choice',
      choices: { lru: 'lru', lifo: 'lifo' },
      otherwise: 'lru',
      default: 'lru',
      since: '3.13.0',
      status: 'honoured',
      help: 'Which idle connection goes when there are too many: lru or lifo',
    },
  },
} as const satisfies Table;

export const httpServerTable = {
  path: 'http.server',
  help: 'Connections from clients',
  lenient: true,
  options: {
    cache_size: {
      kind: 'integer',
      type: 'uint',
      default: 1024,
      min: 0,
      since: '1.9.0',
      status: 'honoured',
      help: 'Shared secrets of encrypted clients that are remembered',
    },
  },
} as const satisfies Table;

export const httpTable = {
  path: 'http',
  help: 'HTTP towards scanners and clients',
  lenient: true,
  options: {
    client: { kind: 'section', table: httpClientTable, status: 'honoured', help: httpClientTable.help },
    server: { kind: 'section', table: httpServerTable, status: 'honoured', help: httpServerTable.help },
  },
} as const satisfies Table;

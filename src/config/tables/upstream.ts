import type { Option, Table } from '../option.ts';
import { logTags } from './log-tag.ts';

const hostsHelp =
  'Scanners, separated by commas, semicolons or blanks: HOST, HOST:PORT, HOST:PORT:WEIGHT, [IPV6]:PORT, /PATH of a unix ' +
  'socket, service=NAME+DOMAIN for SRV records; the port is 11333 where it is left out. In front of them how one is chosen: ' +
  'round-robin: (the default), random:, master-slave: or hash:';

/** Options that mean the same in `upstream` and `mirror`. */
const shared = {
  name: {
    kind: 'special',
    type: 'string',
    since: '0.9',
    status: 'honoured',
    help: 'Name by which requests choose it (Host header, upper and lower case are the same); the name of the block where it is left out',
  },
  timeout: {
    kind: 'time',
    min: 0,
    since: '1.3',
    defaultText: 'the timeout of the worker, where that stands before this block; else 120s',
    status: 'honoured',
    help: 'Time for one try: connecting, sending and the whole answer',
  },
  key: {
    kind: 'publicKey',
    since: '0.9',
    status: 'honoured',
    help: 'Public key of the scanner in base32; with it the connection is encrypted',
  },
  compress: {
    kind: 'strictFlag',
    aliases: ['compression'],
    since: '1.6',
    status: 'honoured',
    help: 'Send messages compressed (zstd)',
  },
  ssl: {
    kind: 'strictFlag',
    since: '3.12',
    status: 'honoured',
    help: 'Use TLS on the connection to the scanner',
  },
  keepalive: {
    kind: 'strictFlag',
    aliases: ['keep_alive'],
    since: '3.12',
    status: 'honoured',
    help: 'Keep connections to the scanner open for further messages. Where the scanner agrees: the workers of Rspamd do not',
  },
  local: {
    kind: 'strictFlag',
    since: '1.3',
    status: 'honoured',
    help:
      'The scanner runs on this machine under the same user: messages are handed over to it in shared memory, uncompressed, ' +
      'unless the connection is encrypted with a key. Without this they are sent, where Rspamd may hand them over all the same',
  },
  settings_id: {
    kind: 'string',
    aliases: ['settings'],
    aliasesFirst: true,
    since: '1.3',
    status: 'honoured',
    help: 'Id of the settings that the scanner shall apply; replaces the Settings-ID of the client',
  },
  log_tag: {
    kind: 'choice',
    choices: logTags,
    otherwise: 'session',
    aliases: ['log_tag_type'],
    since: '3.12',
    defaultText: 'log_tag_type of the worker, where that stands before this block; else session',
    status: 'honoured',
    help: 'What the scanner is told as Log-Tag: session, queue_id or none',
  },
  parser: {
    kind: 'chunk',
    type: 'string',
    since: '1.3',
    status: 'honoured',
    help:
      'Lua chunk that returns a function (or a table with the function from). It is called with the body of every answer ' +
      'of this scanner and returns the result that is in it; HTTP clients get the answer as it came',
    example:
      "parser = <<EOD\nlocal ucl = require 'ucl'\nreturn function(body)\n  local parser = ucl.parser()\n" +
      '  parser:parse_string(body)\n  return parser:get_object().default\nend\nEOD',
  },
  enabled: {
    kind: 'special',
    type: 'boolean',
    since: '3.3',
    status: 'honoured',
    help: 'Whether the block is used at all; true where it is left out',
  },
  disabled: { kind: 'special', type: 'boolean', since: '3.3', status: 'honoured', help: 'The opposite of enabled' },
} as const satisfies Record<string, Option>;

/** rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_upstream, token bucket part */
export const tokenBucketTable = {
  path: 'workers.rspamd_proxy.upstream.token_bucket',
  help: 'Choice of a host by the size of the messages it is busy with; even an empty block turns it on',
  lenient: true,
  options: {
    max_tokens: {
      kind: 'integer',
      type: 'uint',
      default: 10_000,
      min: 1,
      since: '4.0',
      status: 'honoured',
      help: 'Tokens that a host has when it is idle',
    },
    scale: {
      kind: 'integer',
      type: 'uint',
      default: 1024,
      min: 1,
      since: '4.0',
      status: 'honoured',
      help: 'Bytes of a message that cost one token',
    },
    min_tokens: {
      kind: 'integer',
      type: 'uint',
      default: 1,
      min: 0,
      since: '4.0',
      status: 'honoured',
      help: 'Tokens a host needs to be chosen; the original never looks at it',
    },
    base_cost: {
      kind: 'integer',
      type: 'uint',
      default: 10,
      min: 0,
      since: '4.0',
      status: 'honoured',
      help: 'Tokens that every message costs beside those for its size',
    },
  },
} as const satisfies Table;

/** rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_upstream */
export const upstreamTable = {
  path: 'workers.rspamd_proxy.upstream',
  help: 'One upstream: a set of scanners among which a message finds its own',
  lenient: true,
  options: {
    ...shared,
    hosts: {
      kind: 'special',
      type: 'string list',
      since: '0.9',
      status: 'honoured',
      help: `${hostsHelp}. Required unless self_scan is set`,
      example: 'hosts = "master-slave:10.0.0.1,10.0.0.2:11333:5";',
    },
    default: {
      kind: 'strictFlag',
      since: '0.9',
      status: 'honoured',
      defaultText: 'true with self_scan, otherwise false',
      help: 'Takes the requests that name no upstream, or one that does not exist; the last one that says so counts',
    },
    self_scan: {
      kind: 'strictFlag',
      since: '1.6',
      status: 'honoured',
      help: 'Scan messages in this process instead of sending them anywhere',
    },
    extra_headers: {
      kind: 'special',
      type: 'object',
      since: '3.12',
      status: 'honoured',
      help: 'Headers for the scanner; each replaces those of the same name that the client sent',
      example: 'extra_headers {\n  "X-Site" = "mx1";\n}',
    },
    token_bucket: {
      kind: 'special',
      type: 'object',
      since: '4.0',
      table: tokenBucketTable,
      status: 'honoured',
      help: 'Choose hosts by the size of the messages they are busy with, instead of in turn',
    },
  },
} as const satisfies Table;

/** rspamd: src/rspamd_proxy.c:rspamd_proxy_parse_mirror */
export const mirrorTable = {
  path: 'workers.rspamd_proxy.mirror',
  help: 'One mirror: scanners that get copies of messages',
  lenient: true,
  options: {
    ...shared,
    hosts: { kind: 'special', type: 'string list', required: true, since: '1.3', status: 'honoured', help: hostsHelp },
    probability: {
      kind: 'double',
      aliases: ['prob'],
      default: 1,
      min: 0,
      since: '1.3',
      status: 'honoured',
      help: 'Share of the messages that is copied, from 0 to 1',
    },
    follow_master: {
      kind: 'strictFlag',
      since: '4.0',
      status: 'honoured',
      help: 'Give up waiting for the mirror as soon as the client has its answer; timeout is then that of the worker',
    },
    extra_headers: {
      kind: 'special',
      type: 'object',
      since: 'rspamd-proxy 0.1',
      status: 'honoured',
      help:
        'Headers for the scanner; each replaces those of the same name that the client sent. Rspamd has this for ' +
        'upstreams only and passes over it here',
      example: 'extra_headers {\n  "X-Site" = "test";\n}',
    },
  },
} as const satisfies Table;

import type { Table } from '../option.ts';
import { keypairTable } from './keypair.ts';
import { logTags } from './log-tag.ts';
import { mirrorTable, upstreamTable } from './upstream.ts';

/** Options of every worker type (rspamd: src/libserver/cfg_rcl.cxx:rspamd_rcl_worker_handler). */
export const workerTable = {
  path: 'worker',
  help: 'Options that every worker has, whatever its type',
  options: {
    bind_socket: {
      kind: 'special',
      type: 'string list',
      aliases: ['listen', 'bind'],
      since: '0.6.0',
      status: 'honoured',
      help:
        'Where the worker listens; may be repeated or an array. HOST:PORT, [IPV6]:PORT, *:PORT (IPv4 and IPv6), *v4:PORT, ' +
        '*v6:PORT, /PATH with optional mode=, owner= and group=, systemd:NUMBER or systemd:NAME; the port is 11333 where ' +
        'it is left out. The word ssl at the end asks for TLS',
      example:
        'bind_socket = "localhost:11332";\nbind_socket = "/run/rspamd/milter.sock mode=0660 owner=rspamd group=postfix";',
    },
    count: {
      kind: 'integer',
      type: 'int16',
      since: '0.6.0',
      defaultText: 'number of CPUs less 2, at least 1 and at most 4',
      status: 'honoured',
      help: 'Processes of this worker; 0 or less turns it off',
    },
    max_files: {
      kind: 'integer',
      type: 'int64',
      since: '0.6.0',
      status: 'honoured',
      help: 'Open files that a process of this worker may have (RLIMIT_NOFILE)',
    },
    max_core: {
      kind: 'integer',
      type: 'int64',
      since: '0.6.0',
      status: 'honoured',
      help: 'Largest core file that a process of this worker may leave, in bytes (RLIMIT_CORE)',
    },
    enabled: {
      kind: 'flag',
      since: '1.0.0',
      default: true,
      status: 'honoured',
      help: 'Whether the worker is started at all',
    },
  },
} as const satisfies Table;

/** Options of the proxy itself (rspamd: src/rspamd_proxy.c:init_rspamd_proxy). */
export const proxyTable = {
  path: 'workers.rspamd_proxy',
  help: 'Options of the proxy worker, beside those that every worker has',
  options: {
    timeout: {
      kind: 'time',
      default: 120_000,
      min: 0,
      since: '0.9',
      status: 'honoured',
      help:
        'Time for a client to deliver its request, and for each try of an upstream or mirror that stands after this line ' +
        'and has no timeout of its own',
    },
    keypair: {
      kind: 'keypair',
      since: '0.9',
      repeatable: true,
      status: 'honoured',
      table: keypairTable,
      help:
        'Key pair of the server, for clients that encrypt. May be repeated while clients change from one to another: each of ' +
        'them is served; Rspamd knows only one',
      example: 'keypair {\n  pubkey = "52 letters and digits";\n  privkey = "52 letters and digits";\n}',
    },
    encrypted_only: {
      kind: 'flag',
      default: false,
      since: '3.8',
      status: 'honoured',
      help: 'Refuse requests that are not encrypted, unless they come from this machine',
    },
    allow_file_and_shm_inputs: {
      kind: 'flag',
      default: true,
      since: '4.1.5',
      status: 'honoured',
      help:
        'Let TCP clients name a file of this machine (headers File and Path) instead of sending the message. Turn it off ' +
        'where clients are not trusted; clients on a unix socket may always do it',
    },
    max_connections: {
      kind: 'integer',
      type: 'uint',
      default: 0,
      min: 0,
      since: '4.1.5',
      status: 'honoured',
      help: 'Connections that a process serves at the same time; 0 for no limit',
    },
    max_connections_per_source: {
      kind: 'integer',
      type: 'uint',
      default: 0,
      min: 0,
      since: '4.1.5',
      status: 'honoured',
      help: 'Connections that one client address may have at the same time; 0 for no limit; unix sockets are not counted',
    },
    ssl_cert: {
      kind: 'path',
      since: '4.0',
      status: 'honoured',
      help: 'File with the certificate chain for bind_socket lines that end in ssl',
    },
    ssl_key: {
      kind: 'path',
      since: '4.0',
      status: 'honoured',
      help: 'File with the private key for bind_socket lines that end in ssl',
    },
    upstream: {
      kind: 'special',
      type: 'object',
      since: '0.9',
      status: 'honoured',
      table: upstreamTable,
      help:
        'Where messages are scanned. One block with a child for each upstream, or one block with a name; of several blocks ' +
        'side by side in one file only the first counts. A request goes to the upstream that its Host header names, ' +
        'otherwise to the default one',
      example:
        'upstream {\n  scanners { default = yes; hosts = "round-robin:10.0.0.1:11333,10.0.0.2:11333"; }\n' +
        '  local { self_scan = yes; default = no; }\n}',
    },
    mirror: {
      kind: 'special',
      type: 'object',
      since: '1.3',
      status: 'honoured',
      table: mirrorTable,
      help: 'Scanners that get a copy of the messages and whose answers never reach the client; may be repeated',
      example: 'mirror "test" {\n  hosts = "test.example.com";\n  probability = 0.1;\n}',
    },
    comparison_log: {
      kind: 'path',
      since: 'rspamd-proxy 0.1',
      status: 'honoured',
      help:
        'File to which a line of JSON is added for every message that mirrors got: what they made of it beside what the ' +
        'upstream did. An option of this program: Rspamd warns about it and goes on',
      example: 'comparison_log = "/var/log/rspamd/comparison.jsonl";',
    },
    script: {
      kind: 'chunk',
      repeatable: true,
      since: '1.3',
      status: 'honoured',
      help:
        'Lua chunk, or the name of a file with one, that returns a function. It is called with the results of upstream and ' +
        'mirrors (a table by name, master for the upstream) and the tag of the session after every message whose upstream ' +
        'gave a result; may be repeated',
      example:
        'script = <<EOD\nlocal logger = require "rspamd_logger"\nreturn function(results, tag)\n' +
        '  for name, result in pairs(results) do\n' +
        '    logger.infox("%s: %s", name, type(result) == "table" and result.score or result)\n  end\nend\nEOD',
    },
    script_timeout: {
      kind: 'time',
      default: 5_000,
      min: 1,
      since: 'rspamd-proxy 0.1',
      status: 'honoured',
      help:
        'Time that script or parser may take for one message before it is stopped. An option of this program: Rspamd warns ' +
        'about it and goes on',
    },
    scan_threads: {
      kind: 'integer',
      type: 'uint',
      default: 0,
      min: 0,
      since: 'rspamd-proxy 0.1',
      defaultText: 'one less than the processors',
      status: 'honoured',
      help:
        'Threads of each process that scan messages for upstreams with self_scan. An option of this program: Rspamd ' +
        'warns about it and goes on',
      example: 'scan_threads = 4;',
    },
    max_retries: {
      kind: 'integer',
      type: 'uint',
      default: 5,
      min: 0,
      since: '1.5.3',
      status: 'honoured',
      help: 'Tries in all that a message gets when hosts cannot be reached or fail in the middle of an answer',
    },
    milter: {
      kind: 'flag',
      default: false,
      since: '1.6',
      status: 'honoured',
      help: 'Speak the milter protocol on the sockets of this worker instead of HTTP',
    },
    discard_on_reject: {
      kind: 'flag',
      default: false,
      since: '1.6.2',
      status: 'honoured',
      help: 'Milter: take messages that are to be rejected and drop them without a word; wins over quarantine_on_reject',
    },
    quarantine_on_reject: {
      kind: 'flag',
      default: false,
      since: '1.7.0',
      status: 'honoured',
      help: 'Milter: let the MTA put messages that are to be rejected into its quarantine',
    },
    spam_header: {
      kind: 'string',
      default: 'X-Spam',
      since: '1.6',
      status: 'honoured',
      help: 'Milter: name of the header that marks spam',
    },
    client_ca_name: {
      kind: 'string',
      since: '1.7.1',
      status: 'honoured',
      help: 'Milter: clients whose certificate this CA issued count as logged in under the name in their certificate',
    },
    reject_message: {
      kind: 'string',
      defaultText: 'Spam message rejected',
      since: '1.7.3',
      status: 'honoured',
      help: 'Milter: text of the reply to a message that is rejected',
    },
    quarantine_message: {
      kind: 'string',
      defaultText: 'Spam message quarantined',
      since: '3.9',
      status: 'honoured',
      help: 'Milter: reason that the MTA is given with a message for its quarantine',
    },
    tempfail_message: {
      kind: 'string',
      defaultText: 'Try again later',
      since: '3.9',
      status: 'honoured',
      help: 'Milter: text of the reply to a message that shall be sent again later',
    },
    milter_header_space: {
      kind: 'flag',
      default: false,
      since: 'rspamd-proxy 0.1',
      status: 'honoured',
      help:
        'Milter: where the MTA offers it, have header values with the blanks behind the colon as they are. DKIM ' +
        'signatures with simple canonicalisation of headers need it where a header has no blank or two there. An option ' +
        'of this program: Rspamd warns about it and goes on',
    },
    log_tag_type: {
      kind: 'choice',
      choices: logTags,
      otherwise: 'session',
      strict: true,
      default: 'session',
      since: '3.12',
      status: 'honoured',
      help: 'What upstreams and mirrors are told as Log-Tag: session (our session id), queue_id (of the MTA) or none',
    },
  },
} as const satisfies Table;

import type { Table } from '../option.ts';

const facilities = ['auth', 'cron', 'daemon', 'mail', 'user', ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `local${n}`)];

/** Spellings of a syslog facility, lower case (rspamd: src/libserver/cfg_rcl.cxx:rspamd_rcl_logging_handler). */
const facilityChoices: Readonly<Record<string, string>> = Object.fromEntries(
  facilities.flatMap((name) => [
    [name, name],
    [`log_${name}`, name],
  ]),
);

/** What a proxy needs of the `logging` section. */
export const loggingTable = {
  path: 'logging',
  help: 'Where log lines go and what they look like',
  options: {
    type: {
      kind: 'choice',
      choices: { file: 'file', syslog: 'syslog', console: 'console', stderr: 'console' },
      complaint: 'invalid log type',
      defaultText: 'console',
      since: '0.6.0',
      status: 'honoured',
      help: 'Where lines go: file (needs filename), syslog, or console for standard error',
    },
    filename: {
      kind: 'path',
      since: '0.6.0',
      status: 'honoured',
      help: 'File that lines are appended to, for type = "file"',
    },
    facility: {
      kind: 'choice',
      choices: facilityChoices,
      complaint: 'invalid log facility',
      default: 'daemon',
      since: '0.6.0',
      status: 'honoured',
      help: 'Syslog facility: auth, cron, daemon, mail, user, local0 to local7',
    },
    level: {
      kind: 'choice',
      choices: {
        error: 'error',
        warning: 'warning',
        info: 'info',
        message: 'notice',
        notice: 'notice',
        silent: 'silent',
        debug: 'debug',
      },
      complaint: 'invalid log level',
      default: 'warning',
      since: '0.6.0',
      status: 'honoured',
      help: 'Least important lines that are written: error, warning, notice, info or debug; silent is notice in workers',
    },
    color: {
      kind: 'strictFlag',
      aliases: ['log_color'],
      since: '0.6.0',
      status: 'honoured',
      help: 'Colour lines by their level',
    },
    severity: {
      kind: 'strictFlag',
      aliases: ['log_severity'],
      since: '3.0',
      status: 'honoured',
      help: 'Show the level in square brackets',
    },
    systemd: {
      kind: 'strictFlag',
      aliases: ['log_systemd'],
      since: '1.0.0',
      status: 'honoured',
      help: 'Leave out the time and the process id, which the journal of systemd adds itself',
    },
    json: {
      kind: 'strictFlag',
      aliases: ['log_json'],
      since: '3.8.0',
      status: 'honoured',
      help: 'Write every line as a JSON object',
    },
    usec: {
      kind: 'strictFlag',
      aliases: ['log_usec'],
      since: '1.7.0',
      status: 'honoured',
      help: 'Show the time with fractions of a second',
    },
    debug_modules: {
      kind: 'list',
      default: [],
      since: '1.0.0',
      status: 'honoured',
      help: 'Modules whose debug lines are written whatever the level is',
    },
    max_tag_len: {
      kind: 'integer',
      type: 'uint',
      default: 6,
      min: 1,
      since: '3.12.0',
      status: 'honoured',
      help: 'Letters of a session id that a line shows, at most 32',
    },
    tag_strip_policy: {
      kind: 'choice',
      choices: { right: 'right', left: 'left', middle: 'middle' },
      otherwise: 'right',
      default: 'right',
      since: '3.12.0',
      status: 'honoured',
      help: 'Where longer ids are cut: right, left or middle',
    },
  },
  foreign: {
    debug_ip: 'any',
    encryption_key: 'any',
    error_elts: 'uint',
    error_maxlen: 'uint',
    log_buffer: 'int32',
    log_format: 'string',
    log_re_cache: 'any',
    log_urls: 'bool',
    task_max_elts: 'uint',
  },
} as const satisfies Table;

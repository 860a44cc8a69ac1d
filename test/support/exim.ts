import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from './free-port.ts';

/** The package does not go with Postfix: test/run.mjs unpacks it here. */
const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
const program = join(cache, 'rspamd-proxy-tests/exim4-daemon-heavy/usr/sbin/exim4');

/** Why tests with Exim cannot run here; false where they can. */
export const noExim: string | false = !existsSync(program)
  ? `exim4 is not unpacked: npm test does it (${program})`
  : process.getuid?.() !== 0
    ? 'Exim can be started by root only'
    : spawnSync(program, ['-C', '/dev/null', '-bV']).status === 0
      ? false
      : 'exim4 does not run here: a library or the user Debian-exim is missing';

export interface Exim {
  readonly port: number;
  /** Main and panic log. */
  log(): string;
  /** Header lines of the message with that id, as kept in the queue. */
  queued(id: string): string;
}

/**
 * An Exim of our own that keeps what it takes in its queue. Its ACL says in a header, or in the refusal, what came out of
 * `spam = nobody`.
 *
 * @param spamd value of `spamd_address`
 */
export async function startExim(t: Pick<TestContext, 'after'>, spamd: string): Promise<Exim> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-exim-'));
  chmodSync(folder, 0o755);
  for (const name of ['spool', 'log']) mkdirSync(join(folder, name));
  execFileSync('chown', ['Debian-exim:Debian-exim', join(folder, 'spool'), join(folder, 'log')]);
  const port = await freePort();
  const config = join(folder, 'exim.conf');
  writeFileSync(config, configuration(folder, port, spamd), { mode: 0o644 });
  const child = spawn(program, ['-C', config, '-bdf'], { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  let output = '';
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const read = (name: string): string => {
    const file = join(folder, 'log', name);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const log = () => read('mainlog') + read('paniclog') + output;
  t.after(async () => {
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  });
  await started(child, log);
  const input = join(folder, 'spool/input');
  return {
    port,
    log,
    queued: (id) => {
      const name = readdirSync(input).find((file) => file === `${id}-H`);
      if (name === undefined) throw new Error(`no message ${id} in the queue:\n${log()}`);
      return readFileSync(join(input, name), 'latin1');
    },
  };
}

async function started(child: ChildProcess, log: () => string): Promise<void> {
  const until = performance.now() + 60_000;
  while (!/daemon started/.test(log())) {
    if (child.exitCode !== null) throw new Error(`Exim ended with status ${child.exitCode}:\n${log()}`);
    if (performance.now() > until) throw new Error(`Exim does not start:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

function configuration(folder: string, port: number, spamd: string): string {
  return `
exim_path = ${program}
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
pid_file_path = ${folder}/spool/exim.pid
primary_hostname = mx.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
disable_ipv6
tls_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
queue_only
keep_environment =
spamd_address = ${spamd}
acl_smtp_rcpt = recipient
acl_smtp_data = message
begin acl
recipient:
  accept
message:
  warn   spam = nobody:true
         add_header = X-Spam-Score: $spam_score $spam_action
         add_header = X-Spam-Report: $spam_report
  deny   spam = nobody
         message = spam: $spam_score $spam_action
  deny   condition = \${if eq{$spam_action}{reject}}
         message = refused: $spam_score $spam_action
  accept
`;
}

import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** Why tests with a real MTA cannot run here; false where they can. */
export const noPostfix: string | false = !existsSync('/usr/sbin/postfix')
  ? 'postfix is not installed'
  : process.getuid?.() !== 0
    ? 'postfix can be started by root only'
    : false;

export interface PostfixOptions {
  /** `inet:127.0.0.1:PORT` or `unix:PATH`; undefined for none. */
  readonly milter?: string;
  /** Port on 127.0.0.1 that accepted mail is delivered to. */
  readonly relayPort: number;
  /** Further lines of main.cf. */
  readonly settings?: string;
}

export interface QueuedMessage {
  readonly queue: string;
  readonly sender: string;
  readonly reason: string;
}

/** A Postfix of our own: configuration, queue and ports apart from the system's. */
export interface Postfix {
  readonly port: number;
  /** Messages in its queues. */
  queue(): Promise<QueuedMessage[]>;
  /** Tries to deliver what waits. */
  flush(): Promise<void>;
  log(): string;
  /** Waits until the log, which comes a little behind, has what is looked for. */
  logged(text: RegExp): Promise<void>;
}

/** Starts Postfix in a folder of its own, ends it with the test. */
export async function startPostfix(t: Pick<TestContext, 'after'>, options: PostfixOptions): Promise<Postfix> {
  // Postfix drops privileges: its folders must be reachable for its own user.
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-postfix-'));
  chmodSync(folder, 0o755);
  const config = join(folder, 'config');
  for (const name of ['config', 'queue', 'data']) mkdirSync(join(folder, name));
  execFileSync('chown', ['postfix', join(folder, 'data')]);
  const port = await freePort();
  writeFileSync(join(config, 'main.cf'), mainCf(folder, options));
  writeFileSync(join(config, 'master.cf'), masterCf(port));
  const control = (command: string) => run('/usr/sbin/postfix', ['-c', config, command]);
  const log = () => (existsSync(join(folder, 'mail.log')) ? readFileSync(join(folder, 'mail.log'), 'utf8') : '');
  t.after(async () => {
    await control('stop').catch(() => control('abort').catch(() => {}));
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await control('start');
  } catch (cause) {
    throw new Error(`postfix does not start: ${(cause as Error).message}\n${log()}`, { cause });
  }
  return {
    port,
    log,
    logged: async (text) => {
      while (!text.test(log())) await new Promise((resolve) => setTimeout(resolve, 50));
    },
    queue: async () => {
      const { stdout } = await run('/usr/sbin/postqueue', ['-c', config, '-j']);
      return stdout.split('\n').filter(Boolean).map(readQueued);
    },
    flush: async () => {
      await run('/usr/sbin/postqueue', ['-c', config, '-f']);
    },
  };
}

function readQueued(line: string): QueuedMessage {
  const entry = JSON.parse(line) as {
    queue_name: string;
    sender: string;
    recipients: Array<{ delay_reason?: string }>;
  };
  return { queue: entry.queue_name, sender: entry.sender, reason: entry.recipients[0]?.delay_reason ?? '' };
}

function mainCf(folder: string, { milter = '', relayPort, settings = '' }: PostfixOptions): string {
  return `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${folder}/mail.log
maillog_file_prefixes = ${folder}
myhostname = mx.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
local_transport = error:there is no local delivery
relayhost = [127.0.0.1]:${relayPort}
smtp_dns_support_level = disabled
smtp_line_length_limit = 0
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
message_size_limit = 104857600
smtputf8_enable = yes
strict_smtputf8 = no
smtpd_milters = ${milter}
milter_protocol = 6
milter_default_action = tempfail
milter_connect_timeout = 30s
milter_command_timeout = 30s
milter_content_timeout = 60s
minimal_backoff_time = 300s
queue_run_delay = 300s
debug_peer_list =
${settings}
`;
}

/** The services that take mail in, keep it and deliver it by SMTP; nothing runs chrooted. */
function masterCf(port: number): string {
  const unix = (name: string, rest: string) => `${name} unix ${rest}`;
  return [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    unix('pickup', 'n - n 60 1 pickup'),
    unix('cleanup', 'n - n - 0 cleanup'),
    unix('qmgr', 'n - n 300 1 qmgr'),
    unix('rewrite', '- - n - - trivial-rewrite'),
    unix('bounce', '- - n - 0 bounce'),
    unix('defer', '- - n - 0 bounce'),
    unix('trace', '- - n - 0 bounce'),
    unix('flush', 'n - n 1000? 0 flush'),
    unix('proxymap', '- - n - - proxymap'),
    unix('smtp', '- - n - - smtp'),
    unix('showq', 'n - n - - showq'),
    unix('error', '- - n - - error'),
    unix('retry', '- - n - - error'),
    unix('discard', '- - n - - discard'),
    unix('anvil', '- - n - 1 anvil'),
    unix('scache', '- - n - 1 scache'),
    'postlog unix-dgram n - n - 1 postlogd',
    '',
  ].join('\n');
}

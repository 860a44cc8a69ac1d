import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { type Postfix, startPostfix } from '../support/postfix.ts';
import { type ProxyProcess, startProxyProcess } from '../support/proxy-process.ts';
import { type RunningRspamd, startRspamd } from '../support/rspamd.ts';
import { type Delivered, type SmtpSink, startSink } from '../support/smtp.ts';

/** Put together here so that this file is no test spam itself. */
export const gtube = `${'XJS*C4JDBQADN1.NSBN3*2IDNEN*'}GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n`;

/** A message with all the usual headers, the given ones first. */
export function mail(more: Readonly<Record<string, string>> = {}, body = 'Hello there.\r\n'): string {
  const fields = {
    ...more,
    From: 'Sender <sender@example.org>',
    To: 'rcpt@example.net',
    Subject: 'greetings',
    Date: new Date().toUTCString().replace('GMT', '+0000'),
    'Message-ID': `<${Math.random().toString(36).slice(2)}@example.org>`,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${lines.join('')}\r\n${body}`;
}

/** Rules of our own for the real scanner: a message says in X-Want what is to become of it. */
const rules = `
rspamd_config:register_symbol({
  name = 'WANTED', type = 'prefilter',
  callback = function(task)
    local want = task:get_header('X-Want')
    if want == 'slow' then
      os.execute('sleep 3')
    elseif want == 'headers' then
      task:set_milter_reply({
        add_headers = { ['X-Scanned'] = 'yes', ['X-Many'] = { { value = 'one', order = 1 }, { value = 'two', order = 1 } } },
        remove_headers = { ['X-Remove'] = 0 },
      })
    elseif want == 'soft reject' then
      task:set_pre_result('soft reject', 'Come back later')
    elseif want == 'quarantine' then
      task:set_pre_result('quarantine', 'Look at this one')
    elseif want and want ~= '' then
      task:set_pre_result(want)
    end
  end,
})
`;

/** Debian's Rspamd with our rules. */
export async function startScanner(t: TestContext, port?: number): Promise<RunningRspamd> {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'rules.lua'), rules);
  const sections = `
actions { subject = "[SPAM] %s"; ${ownActions} }
lua = "${folder}/rules.lua";
worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }
`;
  return startRspamd(t, { sections, ready: '/ping', ...(port !== undefined && { port }) });
}

/** The section of a milter proxy in front of scanners; Debian's own proxy understands it as well as ours. */
export function proxySection(milterPort: number | string, hosts: string, worker = ''): string {
  return `
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${milterPort}";
  milter = true;
  count = 1;
  timeout = 20s;
  reject_message = "No spam here, please";
  ${worker}
  upstream "scanner" { default = yes; hosts = "${hosts}"; }
}
`;
}

/** The same as a whole configuration. */
export function proxyConfig(milterPort: number, hosts: string, worker = ''): string {
  return `
logging { type = "console"; level = "info"; }
actions { reject = 15; add_header = 6; greylist = 4; ${ownActions} }
${proxySection(milterPort, hosts, worker)}
`;
}

export const ownActions = 'discard { flags = ["no_threshold"]; } quarantine { flags = ["no_threshold"]; }';

export interface Site {
  readonly postfix: Postfix;
  readonly proxy: ProxyProcess;
  readonly sink: SmtpSink;
}

/** Postfix, our proxy and what it asks, connected; accepted mail goes to the sink. */
export async function startSite(t: TestContext, hosts: string, worker = ''): Promise<Site> {
  const sink = await startSink(t);
  const milterPort = await freePort();
  const proxy = await startProxyProcess(t, proxyConfig(milterPort, hosts, worker));
  const postfix = await startPostfix(t, { milter: `inet:127.0.0.1:${milterPort}`, relayPort: sink.port });
  return { postfix, proxy, sink };
}

/** The message without the lines that Postfix put on top. */
export function asSent({ bytes }: Delivered): string {
  return bytes.toString('latin1').replace(/^(Received: [^\n]*\n(?:[ \t][^\n]*\n)*)+/, '');
}

/** The header lines, unfolded. */
export function headersOf({ bytes }: Delivered): string[] {
  const [block = ''] = bytes.toString('latin1').split('\r\n\r\n');
  return block.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
}

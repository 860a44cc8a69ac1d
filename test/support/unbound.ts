import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { stockDnsSettings } from '../../src/scan/dns/index.ts';
import { Resolver } from '../../src/scan/index.ts';
import { freePort } from './free-port.ts';

const program = '/usr/sbin/unbound';

/** Why tests with a validating resolver cannot run here; false where they can. */
export const noUnbound: string | false = !existsSync(program)
  ? 'unbound is not installed'
  : !existsSync('/usr/bin/ldns-signzone')
    ? 'ldnsutils are not installed'
    : false;

export interface SignedZone {
  /** Below `test`. */
  readonly name: string;
  /** Lines of a zone file, for names relative to the zone. */
  readonly records: readonly string[];
  /** A change after the zone was signed. */
  readonly forge?: readonly [from: string, to: string] | undefined;
}

/**
 * Unbound, which has the keys of the zones and checks what it answers by them.
 * @returns its address, as for options of nameservers
 */
export async function startUnbound(t: Pick<TestContext, 'after'>, zones: readonly SignedZone[]): Promise<string> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), 'rspamd-proxy-unbound-')), await freePort()];
  const sections = zones.map((zone) => sign(folder, zone));
  writeFileSync(
    join(folder, 'unbound.conf'),
    `server:
  interface: 127.0.0.1@${port}
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  module-config: "validator iterator"
  local-zone: "test." nodefault
${sections.map(({ key }) => `  trust-anchor-file: "${key}"`).join('\n')}
remote-control:
  control-enable: no
${sections
  .map(
    ({ name, file }) => `auth-zone:
  name: "${name}"
  zonefile: "${file}"
  for-downstream: no
  for-upstream: yes
  fallback-enabled: no`,
  )
  .join('\n')}
`,
  );
  const child = spawn(program, ['-c', join(folder, 'unbound.conf')], { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  const server = `127.0.0.1:${port}`;
  const resolver = new Resolver({ ...stockDnsSettings, servers: [server], retransmits: 1 });
  t.after(() => resolver.close());
  while ((await resolver.query('localhost', 'A')).status !== 'ok') {
    if (child.exitCode !== null) throw new Error(`unbound ended with ${child.exitCode}`);
    await sleep(50);
  }
  return server;
}

function sign(folder: string, { name, records, forge }: SignedZone): { name: string; key: string; file: string } {
  const tool = (command: string, args: readonly string[]): string =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
  const plain = join(folder, `${name}.zone`);
  const soa = ['@ IN SOA ns root 1 3600 600 86400 60', '@ IN NS ns', 'ns IN A 127.0.0.1'];
  writeFileSync(plain, [`$ORIGIN ${name}.`, '$TTL 60', ...soa, ...records, ''].join('\n'));
  const key = tool('ldns-keygen', ['-a', 'ECDSAP256SHA256', '-r', '/dev/urandom', name]).trim();
  const file = `${plain}.signed`;
  tool('ldns-signzone', ['-f', file, plain, key]);
  if (forge !== undefined) writeFileSync(file, readFileSync(file, 'utf8').replace(...forge));
  return { name: `${name}.`, key: join(folder, `${key}.key`), file };
}

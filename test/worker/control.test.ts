import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { noRspamd } from '../support/rspamd.ts';
import { scriptedScanner } from '../support/scripted-scanner.ts';

const timeout = 120_000;

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-control-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Told {
  readonly workers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly total?: Readonly<Record<string, number>>;
  readonly error?: string;
}

async function command(path: string, target: string): Promise<{ status: number; reason: string; told: Told }> {
  const { status, reason, body } = await new RawClient(path).send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`).reply();
  return { status, reason, told: JSON.parse(body.toString()) as Told };
}

const config = (socket: string, port: number, hosts: string): string => `
options { control_socket = "${socket} mode=0600"; }
logging { type = "console"; level = "info"; }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}"; count = 2;
  upstream "scanner" { default = yes; hosts = "${hosts}"; }
  mirror "copy" { hosts = "${hosts}"; }
}`;

test('commands to the running program', { timeout }, async (t) => {
  const scanner = await scriptedScanner(t);
  const path = join(temporary(t), 'control.sock');
  const port = await freePort();
  const proxy = await startProxyProcess(t, config(path, port, scanner.hosts));
  await proxy.until('has started');
  assert.equal(statSync(path).mode & 0o777, 0o600);

  const stat = await command(path, '/stat');
  assert.equal(stat.status, 200);
  assert.equal(Object.keys(stat.told.workers).length, 2);
  for (const worker of Object.values(stat.told.workers)) {
    assert.deepEqual(Object.keys(worker), ['type', 'conns', 'utime', 'systime', 'uptime', 'maxrss']);
    assert.equal(worker['type'], 'rspamd_proxy');
  }
  assert.deepEqual(Object.keys(stat.told.total ?? {}), ['conns', 'utime', 'systime']);

  const { told } = await command(path, '/upstreams');
  for (const worker of Object.values(told.workers)) {
    const upstreams = worker['upstreams'] as Readonly<Record<string, ReadonlyArray<{ name: string; state: string }>>>;
    assert.deepEqual(Object.keys(upstreams), ['scanner', 'copy']);
    assert.deepEqual([upstreams['scanner']?.[0]?.name, upstreams['scanner']?.[0]?.state], [scanner.hosts, 'alive']);
  }

  const statuses = Object.values((await command(path, '/reresolve')).told.workers);
  assert.deepEqual(
    statuses,
    Array.from({ length: 2 }, () => ({ type: 'rspamd_proxy', status: 0 })),
  );
  const unknown = await command(path, '/nonsense');
  assert.deepEqual(
    [unknown.status, unknown.reason, unknown.told.error],
    [404, ...Array(2).fill('Command not defined')],
  );

  const before = Object.keys(stat.told.workers);
  const reloaded = await command(path, '/reload');
  assert.equal(reloaded.status, 200);
  assert.match(proxy.output(), /configuration reloaded/);
  assert.ok(Object.keys(reloaded.told.workers).some((pid) => !before.includes(pid)));
  writeFileSync(proxy.configFile, 'worker "rspamd_proxy" {');
  const refused = await command(path, '/reload');
  assert.equal(refused.status, 500);
  assert.notEqual(refused.told.error ?? '', '');

  assert.equal(await proxy.stop(), 0);
  assert.equal(existsSync(path), false);
});

test('rspamadm understands the answers', { timeout, skip: noRspamd }, async (t) => {
  const scanner = await scriptedScanner(t);
  const path = join(temporary(t), 'control.sock');
  const proxy = await startProxyProcess(t, config(path, await freePort(), scanner.hosts));
  await proxy.until('has started');
  const asked = spawnSync('rspamadm', ['control', '-j', '-t', '20', '-s', path, 'stat'], { encoding: 'utf8' });
  assert.equal(asked.status, 0, asked.stderr);
  assert.equal(Object.keys((JSON.parse(asked.stdout) as Told).workers).length, 2);
});

test('a socket on which another program listens is left to it; one that is left over is not', {
  timeout,
}, async (t) => {
  const scanner = await scriptedScanner(t);
  const folder = temporary(t);
  const path = join(folder, 'control.sock');
  const other = createServer().listen(path);
  await once(other, 'listening');
  const first = await startProxyProcess(t, config(path, await freePort(), scanner.hosts));
  await first.until(`control_socket takes no commands: ${path} belongs to another program that runs`);
  await first.until('has started');
  await first.stop();
  assert.equal(existsSync(path), true);
  other.close();
  // Somebody ended without taking it away.
  const relic = spawnSync(process.execPath, [
    '-e',
    `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  assert.equal(relic.signal, 'SIGKILL');
  assert.equal(existsSync(path), true);
  const second = await startProxyProcess(t, config(path, await freePort(), scanner.hosts));
  await second.until('has started');
  assert.equal((await command(path, '/stat')).status, 200);
});

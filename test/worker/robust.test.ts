import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemAccounts } from '../../src/config/index.ts';
import { freePort } from '../support/free-port.ts';
import { type ProxyProcess, startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { scriptedScanner } from '../support/scripted-scanner.ts';

const timeout = 120_000;
const notRoot = process.getuid?.() === 0 ? false : 'only root can become somebody else';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-robust-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Process ids of the workers. */
function workersOf({ pid }: ProxyProcess): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return list.filter((one) => readFileSync(`/proc/${one}/cmdline`, 'latin1').startsWith('rspamd-proxy:'));
}

/** A field of /proc/PID/status, as words. */
function statusOf(pid: number, field: string): string[] {
  const [, words = ''] = new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return words.split(/\s+/).filter(Boolean);
}

const request = post('/checkv2', []);
const selfScan = 'upstream "local" { default = yes; self_scan = yes; }';
const log = 'logging { type = "console"; level = "info"; }';

test('workers give root up, the main process holds what needs it', { timeout, skip: notRoot }, async (t) => {
  const folder = temporary(t);
  const [port, path] = [await freePort(), join(folder, 'proxy.sock')];
  const nobody = systemAccounts.user('nobody');
  const group = systemAccounts.group('nogroup') ?? nobody?.gid;
  if (nobody === undefined || group === undefined) return t.skip('this system has no user nobody');
  const file = join(folder, 'rspamd.log');
  const proxy = await startProxyProcess(
    t,
    `logging { type = "file"; filename = "${file}"; level = "info"; }
    worker "rspamd_proxy" {
      bind_socket = "127.0.0.1:${port}"; bind_socket = "${path} mode=0620 owner=nobody";
      count = 1; ${selfScan}
    }`,
    ['-u', 'nobody', '-g', `${group}`],
  );
  const [worker = 0] = workersOf(proxy);
  assert.deepEqual(
    statusOf(worker, 'Uid'),
    Array.from({ length: 4 }, () => `${nobody.uid}`),
  );
  assert.deepEqual(
    statusOf(worker, 'Gid'),
    Array.from({ length: 4 }, () => `${group}`),
  );
  assert.equal(statusOf(worker, 'Groups').includes('0'), false);
  assert.equal(BigInt(`0x${statusOf(worker, 'CapEff')[0]}`), 0n);
  assert.equal(statusOf(proxy.pid, 'Uid')[0], '0');
  const socket = statSync(path);
  assert.deepEqual([socket.mode & 0o777, socket.uid], [0o620, nobody.uid]);
  assert.equal(statSync(file).uid, nobody.uid);
  const reply = await new RawClient(path).send(request).reply();
  assert.equal(reply.status, 200);
});

test('a worker that dies takes its own sessions with it and no others, and is replaced', { timeout }, async (t) => {
  const scanner = await scriptedScanner(t);
  const port = await freePort();
  const upstream = `upstream "scanner" { default = yes; hosts = "${scanner.hosts}"; }`;
  const proxy = await startProxyProcess(
    t,
    `${log} worker "rspamd_proxy" { bind_socket = "127.0.0.1:${port}"; count = 2; ${upstream} }`,
  );
  const before = workersOf(proxy);
  assert.equal(before.length, 2);
  // Connections until both workers have some.
  const clients = new Map<number, RawClient[]>(before.map((pid) => [pid, []]));
  while ([...clients.values()].some(({ length }) => length === 0)) {
    const client = new RawClient(port);
    await client.send(request).reply();
    clients.get(ownerOf(client.socket, before))?.push(client);
  }
  const [victim = 0, survivor = 0] = before;
  process.kill(victim, 'SIGKILL');
  await Promise.all((clients.get(victim) ?? []).map(({ closed }) => closed));
  for (const client of clients.get(survivor) ?? []) assert.equal((await client.send(request).reply()).status, 200);
  await proxy.until(/died \(signal SIGKILL\); starting another one at once/);
  while (workersOf(proxy).length < 2) await sleep(20);
  assert.equal(workersOf(proxy).includes(survivor), true);
  assert.equal((await new RawClient(port).send(request).reply()).status, 200);
});

/** Which of these processes holds the other end of a connection. */
function ownerOf({ localPort }: Socket, pids: readonly number[]): number {
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1);
  const port = (localPort ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const inode = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, , remote = '']) => remote.endsWith(`:${port}`))?.[9];
  const holds = (pid: number): boolean =>
    execFileSync('ls', ['-l', `/proc/${pid}/fd`], { encoding: 'latin1' }).includes(`socket:[${inode}]`);
  return pids.find(holds) ?? 0;
}

test('a worker without a free descriptor serves whom it has, and everybody when there is room', {
  timeout,
}, async (t) => {
  const scanner = await scriptedScanner(t);
  const port = await freePort();
  const upstream = `upstream "scanner" { default = yes; hosts = "${scanner.hosts}"; keepalive = yes; }`;
  const proxy = await startProxyProcess(
    t,
    `${log} worker "rspamd_proxy" { bind_socket = "127.0.0.1:${port}"; count = 1; max_files = 64; ${upstream} }`,
  );
  const [worker = 0] = workersOf(proxy);
  while (!/Max open files +64 +64 /.test(readFileSync(`/proc/${worker}/limits`, 'utf8'))) await sleep(10);
  const steady = new RawClient(port);
  assert.equal((await steady.send(request).reply()).status, 200);
  const crowd = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(crowd.map((socket) => once(socket, 'connect').catch(() => {})));
  for (let round = 0; round < 5; round++) assert.equal((await steady.send(request).reply()).status, 200);
  for (const socket of crowd) socket.destroy();
  // Who comes before the worker has let go of them is turned away.
  const served = async (): Promise<boolean> => {
    const reply = await new RawClient(port)
      .send(request)
      .reply()
      .catch(() => undefined);
    return reply?.status === 200;
  };
  while (!(await served())) await sleep(20);
  assert.deepEqual(workersOf(proxy), [worker]);
});

test('the pid file holds the main process while it runs', { timeout }, async (t) => {
  const folder = temporary(t);
  const path = join(folder, 'rspamd.pid');
  const config = `${log} worker "rspamd_proxy" { bind_socket = "127.0.0.1:${await freePort()}"; count = 1; ${selfScan} }`;
  const proxy = await startProxyProcess(t, config, ['-p', path]);
  assert.equal(readFileSync(path, 'utf8'), `${proxy.pid}`);
  assert.equal(statSync(path).mode & 0o777, 0o644);
  assert.equal(await proxy.stop(), 0);
  assert.equal(existsSync(path), false);
});

test('the end has a limit: a message whose scanner hangs is cut off', { timeout }, async (t) => {
  const scanner = await scriptedScanner(t, ['hang']);
  const port = await freePort();
  const upstream = `upstream "scanner" { default = yes; hosts = "${scanner.hosts}"; timeout = 60s; }`;
  const proxy = await startProxyProcess(
    t,
    `options { task_timeout = 1s; } ${log}
    worker "rspamd_proxy" { bind_socket = "127.0.0.1:${port}"; count = 1; ${upstream} }`,
  );
  const client = new RawClient(port).send(request);
  await scanner.seen(1);
  const began = performance.now();
  assert.equal(await proxy.stop(), 0);
  const took = performance.now() - began;
  assert.ok(took > 9_000 && took < 40_000, `it took ${took} ms`);
  await client.closed;
  assert.match(proxy.output(), /messages are still under way after 10 s; ending them/);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { freePort } from '../support/free-port.ts';
import { executable, startProxyProcess } from '../support/proxy-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { noRspamd, startRspamd } from '../support/rspamd.ts';
import { scriptedScanner } from '../support/scripted-scanner.ts';
import { gtube, mail } from './support.ts';

const timeout = 180_000;

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-statistics-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const alone = 'upstream "local" { default = yes; self_scan = yes; }';

const config = (folder: string, port: number, upstreams = alone): string => `
options {
  control_socket = "${folder}/control.sock mode=0600"; stats_file = "${folder}/stats.ucl";
  dns { nameserver = ["127.0.0.1:1"]; timeout = 0.05s; retransmits = 1; }
}
logging { type = "console"; level = "info"; }
actions { reject = 15; add_header = 6; }
classifier "bayes" {
  tokenizer { name = "osb"; }
  min_learns = 100;
  path = "${folder}/bayes.db";
  statfile { symbol = "BAYES_HAM"; spam = false; }
  statfile { symbol = "BAYES_SPAM"; spam = true; }
}
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}"; count = 2; scan_threads = 2;
  ${upstreams}
}`;

interface Stat {
  readonly workers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly total: Readonly<Record<string, unknown>>;
  readonly scanned: number;
  readonly actions: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly learned_messages: unknown;
  readonly requests: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly upstreams: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly mirrors: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly hosts: Readonly<Record<string, unknown>>;
  readonly dns: Readonly<Record<string, number>>;
  readonly scan_threads: Readonly<Record<string, number>>;
}

type Counter = Readonly<Record<string, unknown>> & { readonly symbol: string; readonly hits: number };

async function asked(t: TestContext, socketPath: string, target: string, headers = {}): Promise<string> {
  const dispatcher = new Agent({ connect: { socketPath } });
  t.after(() => dispatcher.destroy());
  const { body } = await request(`http://localhost${target}`, { dispatcher, headers });
  return body.text();
}

/** What replies said, to be compared with what was counted. */
class Sent {
  readonly actions = new Map<string, number>();
  readonly symbols = new Map<string, number>();
  all = 0;

  async send(port: number, message: string): Promise<void> {
    const reply = await request(`http://127.0.0.1:${port}/checkv2`, { method: 'POST', body: message });
    const { action, symbols } = (await reply.body.json()) as { action: string; symbols: object };
    this.all++;
    for (const [counts, name] of [
      [this.actions, action] as const,
      ...Object.keys(symbols).map((one) => [this.symbols, one] as const),
    ])
      counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

async function program(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [executable, ...args], { timeout: 60_000 });
    return { code: 0, out: stdout, err: stderr };
  } catch (cause) {
    const { code, stdout, stderr } = cause as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

test('what is counted is what was sent; it outlives workers, reloads and the program', { timeout }, async (t) => {
  const [folder, port] = [temporary(t), await freePort()];
  const socket = join(folder, 'control.sock');
  const proxy = await startProxyProcess(t, config(folder, port));
  await proxy.until('has started');
  const stat = async (): Promise<Stat> => JSON.parse(await asked(t, socket, '/stat')) as Stat;
  const sent = new Sent();
  const send = async (ham: number, spam: number): Promise<void> => {
    const all = [...Array(ham).fill('Hello there.\r\n'), ...Array(spam).fill(gtube)] as string[];
    await Promise.all(all.map((body) => sent.send(port, mail({}, body))));
  };
  const agrees = async (): Promise<Stat> => {
    const now = await stat();
    assert.equal(now.scanned, sent.all);
    assert.deepEqual(new Map(Object.entries(now.actions).filter(([, count]) => count > 0)), sent.actions);
    const counters = JSON.parse(await asked(t, socket, '/counters')) as Counter[];
    const hits = new Map(counters.filter(({ hits }) => hits > 0).map((one) => [one.symbol, one.hits]));
    assert.deepEqual([...hits].sort(), [...sent.symbols].sort());
    return now;
  };

  await send(12, 5);
  const first = await agrees();
  assert.deepEqual([first.actions['reject'], first.connections >= 17], [5, true]);
  assert.deepEqual(first.requests, { http: 17 });
  assert.equal(first.upstreams['local']?.['attempts'], 17);
  assert.equal(first.scan_threads['running'], 0);
  // Some threads may still begin to work.
  while ((await stat()).scan_threads['threads'] !== 4) await sleep(100);
  assert.ok((first.dns['requests'] ?? 0) > 0 && first.dns['failures'] === first.dns['requests']);

  // A worker that crashes takes nothing with it that was told.
  const [victim] = Object.keys(first.workers).map(Number);
  assert.ok(victim !== undefined);
  process.kill(victim, 'SIGKILL');
  await proxy.until(/died \(signal SIGKILL\)/);
  while (Object.values((await stat()).workers).filter(({ uptime }) => uptime !== undefined).length < 2)
    await sleep(100);
  await agrees();
  await send(3, 2);
  await agrees();

  proxy.child.kill('SIGHUP');
  await proxy.until('configuration reloaded');
  await agrees();
  await send(2, 1);
  const last = await agrees();

  const learned = join(folder, 'spam.eml');
  writeFileSync(learned, mail({}, 'Buy many cheap watches and handbags at once.\r\n'));
  assert.equal((await program('learn', 'spam', '-c', proxy.configFile, learned)).code, 0);
  assert.deepEqual((await stat()).learned_messages, { spam: 1, ham: 0 });

  const text = await asked(t, socket, '/metrics');
  assert.match(text, new RegExp(`^rspamd_scanned_total ${sent.all}$`, 'm'));
  assert.match(text, /^rspamd_actions_total\{type="reject"\} 8$/m);
  assert.match(text, /^rspamd_proxy_symbol_hits_total\{symbol="GTUBE"\} 8$/m);

  // A scanner tells what it counted to its clients too, but nothing of the proxy.
  const { body } = await request(`http://127.0.0.1:${port}/metrics`);
  const open = await body.text();
  assert.match(open, new RegExp(`^rspamd_scanned_total ${sent.all}$`, 'm'));
  assert.doesNotMatch(open, /rspamd_proxy_/);

  const human = await program('stat', '-c', proxy.configFile);
  assert.match(human.out, new RegExp(`^Messages scanned: ${sent.all}\nMessages with action reject: 8, 32.00%\n`));
  assert.match(human.out, /^Messages learned: 1$/m);
  assert.match(human.out, /^Upstream "local": tries: 26, failed: 0, average time: \d+\.\d{3} sec$/m);
  const table = await program('counters', '-s', socket, '--found', '--sort', 'hits');
  assert.match(table.out, /^\| \d+ +\| GTUBE +\| +0\.0 +\| +[\d.]+\([\d.]+\) +\| +8 +\| +0\.00 +\| +[\d.]+ +\|$/m);
  assert.doesNotMatch(table.out, /\| BAYES_SPAM /);
  for (const [flag, form] of [
    ['-c', /^\{"workers":\{/],
    ['-j', /^\{\n {4}"workers": \{\n/],
    ['-u', /^workers \{\n/],
  ] as const)
    assert.match((await program('control', flag, '-s', socket, 'stat')).out, form);

  assert.equal(await proxy.stop(), 0);
  await startProxyProcess(t, config(folder, port));
  const again = await agrees();
  // And the one for metrics.
  assert.equal(again.requests['http'], (last.requests['http'] ?? 0) + 1);
  assert.equal((await program('stat', '-s', socket, '--reset')).code, 0);
  assert.equal((await stat()).scanned, 0);
});

test('upstreams and mirrors: tries, copies, failures, hosts', { timeout }, async (t) => {
  const [folder, port] = [temporary(t), await freePort()];
  const [scanner, dead] = [await scriptedScanner(t), await freePort()];
  const proxy = await startProxyProcess(
    t,
    config(
      folder,
      port,
      `max_retries = 2;
  upstream {
    remote { default = yes; hosts = "${scanner.hosts}"; }
    gone { hosts = "127.0.0.1:${dead}"; }
  }
  mirror {
    copy { hosts = "${scanner.hosts}"; }
    lost { hosts = "127.0.0.1:${dead}"; }
  }`,
    ),
  );
  await proxy.until('has started');
  const ask = async (host: string): Promise<number> => {
    const head = `POST /checkv2 HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\n\r\n`;
    return (await new RawClient(port).send(`${head}\r\n\r\n`).reply()).status;
  };
  for (let n = 0; n < 3; n++) assert.equal(await ask('remote'), 200);
  assert.notEqual(await ask('gone'), 200);
  const stat = async (): Promise<Stat> => JSON.parse(await asked(t, join(folder, 'control.sock'), '/stat')) as Stat;
  // Nobody waits for what becomes of copies.
  while ((await stat()).mirrors['lost']?.['failures'] !== 4) await sleep(50);
  const { upstreams, mirrors, failures, hosts, requests } = await stat();
  assert.deepEqual(requests, { http: 4 });
  assert.deepEqual([upstreams['remote']?.['attempts'], upstreams['remote']?.['failures']], [3, 0]);
  assert.ok((upstreams['gone']?.['attempts'] ?? 0) >= 1);
  assert.equal(upstreams['gone']?.['failures'], upstreams['gone']?.['attempts']);
  assert.deepEqual(mirrors, {
    copy: { sent: 4, failures: 0, skipped: 0 },
    lost: { sent: 4, failures: 4, skipped: 0 },
  });
  assert.equal(
    Object.values(failures).reduce((sum, one) => sum + one, 0),
    1,
  );
  assert.deepEqual(Object.keys(hosts).sort(), ['copy', 'gone', 'lost', 'remote']);
  const { out } = await program('stat', '-c', proxy.configFile);
  assert.match(out, /^Mirror "lost": copies sent: 4, failed: 4, not sent: 0$/m);
  assert.match(out, new RegExp(`^Host ${scanner.hosts} of "remote": alive$`, 'm'));
});

test('commands say what is wrong', { timeout }, async (t) => {
  const folder = temporary(t);
  const socket = join(folder, 'control.sock');
  for (const command of [['stat'], ['counters'], ['control', 'stat']]) {
    const { code, err } = await program(...command, '-s', socket);
    assert.equal(code, 1);
    assert.match(err, new RegExp(`^no program listens on ${socket}: start it`));
  }
  const bare = join(folder, 'bare.conf');
  writeFileSync(
    bare,
    'worker "rspamd_proxy" { bind_socket = "127.0.0.1:1"; upstream "local" { default = yes; self_scan = yes; } }',
  );
  assert.match((await program('stat', '-c', bare)).err, /has no control_socket: write options \{ control_socket = /);
  assert.match((await program('control', '-s', socket)).err, /^command required\n\nSupported commands:\n {2}stat /);
  assert.match((await program('control', '-s', socket, 'statt')).err, /^unknown command: statt\n/);
  const scanner = await scriptedScanner(t);
  const remote = `
options { control_socket = "${socket}"; }
logging { type = "console"; }
worker "rspamd_proxy" { bind_socket = "127.0.0.1:${await freePort()}"; count = 1; upstream "s" { default = yes; hosts = "${scanner.hosts}"; } }`;
  await startProxyProcess(t, remote);
  const refused = await program('control', '-s', socket, 'fuzzy_stat');
  assert.deepEqual([refused.code, refused.out], [1, '']);
  assert.match(refused.err, /^fuzzy_stat: this program runs no fuzzy storage/);
  // Without a scan of its own there is nothing to be said of symbols.
  assert.equal(await asked(t, socket, '/counters'), '[]');
});

test('the forms are those of Debian’s Rspamd', { timeout, skip: noRspamd }, async (t) => {
  const [folder, port, controller, milter] = [temporary(t), await freePort(), await freePort(), await freePort()];
  await startRspamd(t, {
    ready: '/ping',
    sections: `options { control_socket = "${folder}/rspamd.sock"; }
worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; }
worker "controller" { bind_socket = "127.0.0.1:${controller}"; count = 1; secure_ip = "127.0.0.1"; }
worker "rspamd_proxy" { bind_socket = "127.0.0.1:${milter}"; count = 1; upstream "l" { default = yes; self_scan = yes; } }`,
  });
  const proxy = await startProxyProcess(t, config(folder, port));
  await proxy.until('has started');
  const theirs = async (target: string): Promise<string> => {
    for (;;) {
      const reply = await request(`http://127.0.0.1:${controller}${target}`).catch(() => undefined);
      if (reply?.statusCode === 200) return reply.body.text();
      await sleep(100);
    }
  };
  const ours = (target: string): Promise<string> => asked(t, join(folder, 'control.sock'), target);
  for (const to of [milter, port]) await new Sent().send(to, mail({}, gtube));

  const [their, our] = [JSON.parse(await theirs('/stat')), JSON.parse(await ours('/stat'))] as [object, object];
  const pools = /^(pools|bytes|chunks|shared_chunks)_|^fragmented$|^statfiles$/;
  assert.deepEqual(
    Object.keys(their).filter((key) => !pools.test(key) && !(key in our)),
    [],
  );
  assert.deepEqual((our as Stat).actions, (their as Stat).actions);

  const types = (text: string): string[] => [...text.matchAll(/^# TYPE (.*)$/gm)].map(([, one = '']) => one);
  const known = new Set(types(await ours('/metrics')));
  const memory = /^rspamd_(pools|chunks|shared_chunks|allocated|fragmented)|^rspamd_learns_total/;
  assert.deepEqual(
    types(await theirs('/metrics')).filter((type) => !memory.test(type) && !known.has(type)),
    [],
  );

  const theirControl = JSON.parse(await asked(t, join(folder, 'rspamd.sock'), '/stat')) as Stat;
  const { workers, total } = our as Stat;
  const members = (one: Stat['workers']): string[] => Object.keys(Object.values(one)[0] ?? {});
  assert.deepEqual(members(workers), members(theirControl.workers));
  assert.deepEqual(Object.keys(total), Object.keys(theirControl.total));

  // Their own client understands ours.
  const rspamc = await promisify(execFile)('rspamc', ['-h', join(folder, 'control.sock'), 'stat'], { timeout: 60_000 });
  assert.match(rspamc.stdout, /^Messages scanned: 1\nMessages with action reject: 1, 100\.00%$/m);

  // Whoever asks the wrong one is told so.
  const { code, err } = await program('stat', '-s', join(folder, 'rspamd.sock'));
  assert.equal(code, 1);
  assert.match(err, /^an Rspamd listens on that socket/);
});

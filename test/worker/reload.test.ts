import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from '../../src/wire/milter/index.ts';
import { freePort } from '../support/free-port.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { scriptedScanner } from '../support/scripted-scanner.ts';

const config = (port: number, hosts: string, serial: number): string => `
logging { type = "console"; level = "notice"; }
http { client { server_hdr = "proxy-${serial}"; } }
worker "rspamd_proxy" {
  bind_socket = "127.0.0.1:${port}";
  count = 1;
  upstream "scanner" { default = yes; hosts = "${hosts}"; }
}
`;

const rate = 200;
const reloads = 10;

test('200 requests a second while the configuration changes ten times: none fails', { timeout: 180_000 }, async (t) => {
  const scanner = await scriptedScanner(t);
  const port = await freePort();
  const proxy = await startProxyProcess(t, config(port, scanner.hosts, 0));
  const seen = new Map<string, number>();
  const failures: string[] = [];
  let going = true;
  // Half of the clients keep their connection, the others come anew each time.
  const client = async (keeps: boolean): Promise<void> => {
    let connection: RawClient | undefined;
    for (let at = performance.now(); going; at += 1000 / (rate / 20)) {
      await sleep(Math.max(0, at - performance.now()));
      try {
        connection ??= new RawClient(port);
        const reply = await connection.send(post('/checkv2', keeps ? [] : ['Connection: close'])).reply();
        if (reply.status !== 200) failures.push(`status ${reply.status}`);
        const server = reply.header('Server') ?? '';
        seen.set(server, (seen.get(server) ?? 0) + 1);
        if (reply.header('Connection') === 'close') {
          connection.socket.destroy();
          connection = undefined;
        }
      } catch (cause) {
        failures.push((cause as Error).message);
        connection = undefined;
      }
    }
    connection?.socket.destroy();
  };
  const clients = Array.from({ length: 20 }, (_, index) => client(index % 2 === 0));
  for (let serial = 1; serial <= reloads; serial++) {
    writeFileSync(proxy.configFile, config(port, scanner.hosts, serial));
    proxy.child.kill('SIGHUP');
    while (!seen.has(`proxy-${serial}`)) await sleep(5);
  }
  going = false;
  await Promise.all(clients);
  assert.deepEqual(failures, []);
  assert.equal(seen.has(`proxy-${reloads}`), true, [...seen.keys()].join());
  const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
  t.diagnostic(`${total} requests over ${seen.size} configurations`);
});

test('a broken configuration changes nothing', { timeout: 90_000 }, async (t) => {
  const scanner = await scriptedScanner(t);
  const port = await freePort();
  const proxy = await startProxyProcess(t, config(port, scanner.hosts, 0));
  writeFileSync(proxy.configFile, 'worker "rspamd_proxy" { bind_socket = "nonsense:port:port"; upstream {');
  proxy.child.kill('SIGHUP');
  await proxy.until(/cannot parse new config file, revert to old one/);
  const reply = await new RawClient(port).send(post('/checkv2', ['Connection: close'])).reply();
  assert.equal(reply.header('Server'), 'proxy-0');
});

test('a listener that the new configuration has no more refuses connections', { timeout: 90_000 }, async (t) => {
  const scanner = await scriptedScanner(t);
  const [old, fresh] = [await freePort(), await freePort()];
  const proxy = await startProxyProcess(t, config(old, scanner.hosts, 0));
  writeFileSync(proxy.configFile, config(fresh, scanner.hosts, 1));
  proxy.child.kill('SIGHUP');
  await proxy.until('configuration reloaded');
  await new RawClient(fresh).send(post('/checkv2', ['Connection: close'])).reply();
  const refused = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(old, '127.0.0.1');
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
      socket.once('connect', () => socket.destroy());
    });
  while (!(await refused())) await sleep(20);
});

test('a milter session outlives a reload', { timeout: 90_000 }, async (t) => {
  const scanner = await scriptedScanner(t);
  const port = await freePort();
  const milter = config(port, scanner.hosts, 0).replace('count = 1;', 'count = 1; milter = yes;');
  const proxy = await startProxyProcess(t, milter);
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  const packet = (letter: number, payload: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(payload.length + 1);
    head[4] = letter;
    return Buffer.concat([head, payload]);
  };
  const offer = Buffer.from('00000006000001ff001fffff', 'hex');
  socket.write(packet(command.negotiate, offer));
  await once(socket, 'data');
  proxy.child.kill('SIGHUP');
  await proxy.until('configuration reloaded');
  socket.write(packet(command.header, Buffer.from('Subject\0hello\0')));
  socket.write(packet(command.endOfHeaders, Buffer.alloc(0)));
  socket.write(packet(command.endOfMessage, Buffer.alloc(0)));
  const [verdict] = (await once(socket, 'data')) as [Buffer];
  assert.equal(verdict.toString('latin1'), '\0\0\0\x01a');
});

test('after a reload every process writes where the new configuration says', { timeout: 90_000 }, async (t) => {
  const scanner = await scriptedScanner(t);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-reload-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const logged = (file: string): string =>
    config(port, scanner.hosts, 1).replace(/logging \{.*\}/, () => {
      return `logging { type = "file"; filename = "${join(folder, file)}"; level = "info"; }`;
    });
  const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const proxy = await startProxyProcess(t, logged('old.log'));
  while (!text('old.log').includes('(main) main; run: rspamd-proxy')) await sleep(20);
  writeFileSync(proxy.configFile, logged('new.log'));
  proxy.child.kill('SIGHUP');
  while (!existsSync(join(folder, 'new.log')) || !text('new.log').includes('configuration reloaded')) await sleep(20);
  await new RawClient(port).send(post('/checkv2', ['Connection: close'])).reply();
  while (!/\(rspamd_proxy\) .*finished master connection/.test(text('new.log'))) await sleep(20);
  assert.doesNotMatch(text('old.log'), /finished master connection|configuration reloaded/);
});

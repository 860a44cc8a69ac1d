import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { freePort } from '../support/free-port.ts';
import { projectRoot } from '../support/project.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';

const timeout = 90_000;

const worker = (lines: string): string => `
worker "rspamd_proxy" {
  count = 1;
  ${lines}
  upstream "local" { default = yes; self_scan = yes; }
}
`;
const log = 'logging { type = "console"; level = "info"; }';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-worker-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function actionOf(where: number | string): Promise<string> {
  const client = new RawClient(where);
  const reply = await client
    .send(post('/checkv2', [], readFileSync(join(projectRoot, 'fixtures/messages/gtube.eml'), 'latin1')))
    .reply();
  client.socket.destroy();
  return (JSON.parse(reply.body.toString()) as { action: string }).action;
}

test('several workers of one tree serve TCP and unix sockets side by side', { timeout }, async (t) => {
  const folder = temporary(t);
  const [first, second, milter] = [await freePort(), await freePort(), await freePort()];
  const socket = join(folder, 'proxy.sock');
  const config = `${log}
${worker(`bind_socket = ["127.0.0.1:${first}", "${socket} mode=0660"];`)}
${worker(`bind_socket = "127.0.0.1:${second}";`)}
${worker(`bind_socket = "127.0.0.1:${milter}"; milter = yes;`)}`;
  const proxy = await startProxyProcess(t, config);
  for (const where of [first, second, socket]) assert.equal(await actionOf(where), 'reject');
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  const pinging = connect(milter, '127.0.0.1');
  pinging.write('GET /ping HTTP/1.0\r\n\r\n');
  const [answer] = (await once(pinging, 'data')) as [Buffer];
  assert.match(answer.toString(), /pong/);
  pinging.destroy();
  assert.equal(await proxy.stop(), 0);
  assert.equal(existsSync(socket), false);
});

test('a port that is taken is named, and nothing is left running', { timeout }, async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  await assert.rejects(
    startProxyProcess(t, log + worker(`bind_socket = "127.0.0.1:${port}";`)),
    new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: address already in use \\(EADDRINUSE\\)`),
  );
});

test('a worker with one usable socket of two runs', { timeout }, async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const free = await freePort();
  const sockets = `bind_socket = "127.0.0.1:${port}"; bind_socket = "127.0.0.1:${free}";`;
  await startProxyProcess(t, log + worker(sockets));
  assert.equal(await actionOf(free), 'reject');
});

test('SIGUSR1 opens the log file anew in every process', { timeout }, async (t) => {
  const folder = temporary(t);
  const port = await freePort();
  const path = join(folder, 'rspamd.log');
  const config = `logging { type = "file"; filename = "${path}"; level = "info"; }`;
  const proxy = await startProxyProcess(t, config + worker(`bind_socket = "127.0.0.1:${port}";`));
  await actionOf(port);
  renameSync(path, `${path}.1`);
  proxy.child.kill('SIGUSR1');
  const logged = () => existsSync(path) && /accepted http connection/.test(readFileSync(path, 'utf8'));
  while (!logged()) await actionOf(port);
  assert.match(readFileSync(`${path}.1`, 'utf8'), /\(main\) main; run: rspamd-proxy \S+ has started/);
});

test('scan shows the verdict of a running proxy', { timeout }, async (t) => {
  const port = await freePort();
  await startProxyProcess(t, log + worker(`bind_socket = "127.0.0.1:${port}";`));
  const run = async (...args: string[]) => {
    let [out, err, code] = ['', '', 0];
    const io = {
      stdout: { write: (text: string | Uint8Array) => (out += text.toString()) },
      stderr: { write: (text: string | Uint8Array) => (err += text.toString()) },
      env: {},
      setExitCode: (given: number) => (code = given),
    };
    code = await main(['scan', ...args], io);
    return { out, err, code };
  };
  const spam = await run('--connect', `127.0.0.1:${port}`, 'fixtures/messages/gtube.eml');
  assert.equal(spam.code, 0, spam.err);
  assert.match(spam.out, /^fixtures\/messages\/gtube\.eml: reject, score 15\.00 of 15\.00, \d+ ms\n {2}GTUBE {2}/);
  const json = await run('--connect', `127.0.0.1:${port}`, '--json', 'fixtures/messages/gtube.eml');
  assert.equal((JSON.parse(json.out) as { action: string }).action, 'reject');
  const nowhere = await run('--connect', `127.0.0.1:${await freePort()}`, 'fixtures/messages/gtube.eml');
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /nothing listens on 127\.0\.0\.1:\d+; start the proxy/);
  const missing = await run('--connect', `127.0.0.1:${port}`, 'nosuch.eml');
  assert.equal(missing.code, 1);
  assert.match(missing.err, /nosuch\.eml: no such file or directory/);
});

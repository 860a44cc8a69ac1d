import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { executable, startProxyProcess } from '../support/proxy-process.ts';

const timeout = 60_000;
const isRoot = process.getuid?.() === 0;

const config = (port: number | string): string => `
logging { type = "console"; level = "info"; }
options { pidfile = "$RUNDIR/proxy.pid"; }
worker "rspamd_proxy" {
  count = 1;
  bind_socket = "127.0.0.1:${port}";
  upstream "local" { default = yes; self_scan = yes; }
}
`;

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-flags-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  return folder;
}

/** The program to its end. */
async function ended(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [executable, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** Processes that a process has started. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => {
      try {
        return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1]) === pid;
      } catch {
        return false; // it has ended
      }
    });
}

test('variables come with --var and as plain words; -p and pidfile name the pid file', { timeout }, async (t) => {
  const folder = temporary(t);
  const port = await freePort();
  const pidFile = join(folder, 'named.pid');
  const proxy = await startProxyProcess(t, config('$PORT'), [
    '-p',
    pidFile,
    '--var',
    `RUNDIR=${folder}`,
    `PORT=${port}`,
  ]);
  assert.match(proxy.output(), new RegExp(`HTTP +127\\.0\\.0\\.1:${port}\\n`));
  assert.equal(readFileSync(pidFile, 'utf8'), String(proxy.pid));
  assert.equal(await proxy.stop(), 0);
  assert.equal(existsSync(pidFile), false);
  assert.equal(existsSync(join(folder, 'proxy.pid')), false);
});

test('-u and -g say who the workers are', {
  timeout,
  skip: isRoot ? false : 'only root can become someone else',
}, async (t) => {
  const proxy = await startProxyProcess(t, config(await freePort()), ['-u', 'nobody', '-g', 'nogroup']);
  const [worker = 0] = childrenOf(proxy.pid);
  const status = readFileSync(`/proc/${worker}/status`, 'utf8');
  const group = /^nogroup:[^:]*:(\d+)/m.exec(readFileSync('/etc/group', 'utf8'))?.[1];
  const user = /^nobody:[^:]*:(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1];
  const four = (id: string | undefined) => Array(4).fill(id).join('\t');
  assert.match(status, new RegExp(`^Uid:\\t${four(user)}$`, 'm'));
  assert.match(status, new RegExp(`^Gid:\\t${four(group)}$`, 'm'));
  assert.match(status, new RegExp(`^Groups:\\s*${group}\\s*$`, 'm'));
});

test('as root nothing runs without -u, -g or -i', { timeout, skip: isRoot ? false : 'not root' }, async (t) => {
  const file = join(temporary(t), 'rspamd.conf');
  writeFileSync(file, config(await freePort()));
  const refused = await ended('-c', file);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /cannot run workers as root: name a user with -u/);
  const unknown = await ended('run', '-c', file, '-u', 'nosuchuser');
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /user nosuchuser does not exist/);
});

test('-t judges the configuration and runs nothing', { timeout }, async (t) => {
  const folder = temporary(t);
  const [good, bad] = [join(folder, 'good.conf'), join(folder, 'bad.conf')];
  writeFileSync(good, config(11332));
  writeFileSync(bad, config(11332).replace('11332"', '11332'));
  assert.deepEqual(pick(await ended('-t', '-c', good)), [0, 'syntax OK\n']);
  assert.deepEqual(pick(await ended('run', '-t', '-c', bad)), [1, 'syntax BAD\n']);
});

test('what is no command and no variable is named', { timeout }, async () => {
  const { code, err } = await ended('confgtest');
  assert.equal(code, 1);
  assert.match(err, /there is no command confgtest/);
});

function pick({ code, out }: { code: number | null; out: string }): [number | null, string] {
  return [code, out];
}

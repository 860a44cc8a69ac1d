import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../../support/free-port.ts';

/** Whether a program of a Debian package can be run here; the tests that need it skip without. */
export function installed(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 10_000 }).error === undefined;
}

/** A folder that goes away with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a real scanner with nothing but the C core; `section` is put into its worker section. Returns its port. */
export async function startScanner(t: TestContext, section: string): Promise<number> {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const config = join(folder, 'rspamd.conf');
  writeFileSync(
    config,
    `options { pidfile = "${folder}/pid"; control_socket = "${folder}/control"; filters = ""; max_message = 8mb;
      dns { nameserver = ["127.0.0.1:9"]; } }
    logging { type = "console"; level = "warning"; }
    metric { name = "default"; actions { reject = 15; } }
    worker { type = "normal"; bind_socket = "127.0.0.1:${port}"; count = 1; ${section} }`,
  );
  const child = spawn('rspamd', ['-f', '-i', '-c', config], { stdio: 'ignore' });
  t.after(() => ended(child));
  await listening(port, child);
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (child.exitCode !== null) throw new Error(`rspamd ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('rspamd did not begin to listen');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exit;
  clearTimeout(patience);
}

/** Sends one HTTP request and returns head and body of the reply; both empty where the peer just closed. */
export async function exchange(
  port: number,
  head: readonly string[],
  body: Buffer,
): Promise<{ head: string; body: Buffer }> {
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf('\r\n\r\n');
  return { head: bytes.toString('latin1', 0, Math.max(end, 0)), body: bytes.subarray(end < 0 ? 0 : end + 4) };
}

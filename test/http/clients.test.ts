import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy-rig.ts';
import { noRspamd, scannerSections, startRspamd } from '../support/rspamd.ts';
import { scriptedScanner } from '../support/scripted-scanner.ts';

const spam = { action: 'add header', score: 7.5, required_score: 15, symbols: { A: { name: 'A', score: 7.5 } } };
const noSpamc = existsSync('/usr/bin/spamc') ? false : 'spamc is not installed';

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

function run(program: string, args: readonly string[], input: string): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, output })));
}

const mail = 'From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n';

test('spamc: verdict, exit status and symbols', { timeout: 60_000, skip: noSpamc }, async (t) => {
  const scanner = await scriptedScanner(t, [{ json: spam }]);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const spamc = (...args: string[]): Promise<Ended> =>
    run('/usr/bin/spamc', ['-d', '127.0.0.1', '-p', String(port), ...args], mail);
  assert.deepEqual(await spamc('-c'), { status: 1, output: '7.5/15.0\n' });
  assert.match((await spamc('-y')).output, /A/);
  assert.equal(scanner.requests[0]?.body.toString(), mail);
  scanner.play({ json: { ...spam, action: 'no action', score: 1 } });
  assert.deepEqual(await spamc('-c'), { status: 0, output: '1.0/15.0\n' });
});

test('spamc: reports, in full and of spam only', { timeout: 60_000, skip: noSpamc }, async (t) => {
  const scanner = await scriptedScanner(t, [{ json: spam }]);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const spamc = (...args: string[]): Promise<Ended> =>
    run('/usr/bin/spamc', ['-d', '127.0.0.1', '-p', String(port), ...args], mail);
  const report = 'Action: add header\r\nSymbol: A(7.50)\r\nX-Symbol: A(7.50)\r\n';
  assert.equal((await spamc('-R')).output.replace(/^7\.5\/15\.0\n/, ''), report);
  assert.equal((await spamc('-r')).output.replace(/^7\.5\/15\.0\n/, ''), report);
  assert.equal(scanner.requests[0]?.header('User'), undefined);
  scanner.play({ json: { ...spam, action: 'no action', score: 1 } });
  assert.doesNotMatch((await spamc('-r')).output, /Symbol/);
  // What asks for a changed message gets its own back, as from a server that is no spamd.
  assert.equal((await spamc()).output, mail);
});

test('spamc: a scanner that cannot be reached is a fault that it tells', {
  timeout: 60_000,
  skip: noSpamc,
}, async (t) => {
  const { port } = await startProxy(t, { upstreams: [{ hosts: `127.0.0.1:${await freePort()}` }], maxTries: 2 });
  const { status } = await run('/usr/bin/spamc', ['-d', '127.0.0.1', '-p', String(port), '-x', '-c'], mail);
  assert.equal(status, 74);
});

test('rspamc through the proxy to a real scanner', { timeout: 60_000, skip: noRspamd }, async (t) => {
  const scanner = await startRspamd(t, { sections: scannerSections, ready: '/ping' });
  const { port } = await startProxy(t, { upstreams: [{ hosts: `127.0.0.1:${scanner.port}` }] });
  const args = ['-h', `127.0.0.1:${port}`, '--from', 'a@b.example', '--rcpt', 'c@d.example', '--json'];
  const { status, output } = await run('/usr/bin/rspamc', args, mail);
  assert.equal(status, 0, output);
  assert.equal(JSON.parse(output.slice(output.indexOf('{'))).action, 'no action');
});

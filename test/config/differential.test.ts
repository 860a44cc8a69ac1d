import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isUsable, readConfiguration } from '../../src/cli/configuration.ts';
import { slow } from '../support/project.ts';
import { accounts } from './support.ts';

const values = ['"abc"', '"5"', '5', '1.5', '3s', 'true', 'null', '[1, 2]', '{ a = 1 }', '""'];
const bind = 'bind_socket = "localhost:11332";';
const worker = (body: string) => `worker "rspamd_proxy" { ${body} }`;
const upstream = (body: string) => worker(`${bind} upstream "u" { default = yes; ${body} }`);

/** Where a value is tried, as text around it. */
const places: ReadonlyArray<(value: string) => string> = [
  ...[
    'timeout',
    'keypair',
    'max_retries',
    'milter',
    'spam_header',
    'reject_message',
    'count',
    'enabled',
    'upstream',
  ].map((option) => (value: string) => worker(`${bind} ${option} = ${value};`)),
  ...['self_scan', 'timeout', 'compress', 'enabled', 'disabled', 'default', 'settings'].map(
    (option) => (value: string) => upstream(`hosts = "127.0.0.1"; ${option} = ${value};`),
  ),
  ...['max_message', 'task_timeout', 'soft_reject_on_timeout', 'pidfile', 'filters', 'one_shot', 'max_urls'].map(
    (option) => (value: string) => `options { ${option} = ${value}; }`,
  ),
  ...['level', 'color', 'log_urls', 'error_elts'].map(
    (option) => (value: string) => `logging { type = "console"; ${option} = ${value}; }`,
  ),
  (value) => `options { dns { timeout = ${value}; } }`,
  (value) => `logging { type = "file"; filename = ${value}; }`,
  (value) => `actions { reject = ${value}; }`,
  (value) => `worker = ${value};`,
];

const lines = [
  ...['*', '*:1', '*v6:1', '[::1]:1', '[::1]', '::1:1', '[x', '/tmp/x mode=0660', '/tmp/x mode=0', '/tmp/x mode=rw'],
  ...['/tmp/x owner=root group=root', '/tmp/x owner=no-such-user', 'systemd:1', 'systemd:', 'localhost', 'localhost:x'],
  ...['127.0.0.1:1:2', '127.0.0.1:1:x', ':1', '127.0.0.1:0x10', '127.0.0.1: 5', '/tmp/x foo=bar', '*:x'],
].map((line) => worker(`bind_socket = "${line}";`));

const cases = [...lines, ...places.flatMap((place) => values.map(place))];
/** A share of the cases in the fast suite: every so manieth. */
const chosen = cases.filter((_, index) => slow || index % 11 === 0);

const installed = spawnSync('rspamadm', ['--version']).error === undefined;

test("what Debian's rspamadm accepts we accept, what it refuses we refuse", {
  timeout: 300_000,
  skip: !installed && 'no rspamadm here',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'differential-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rspamd.conf');
  const own = { user: (name: string) => (name === 'root' ? { uid: 0, gid: 0 } : accounts.user(name)), group: () => 0 };
  const different: string[] = [];
  for (const content of chosen) {
    writeFileSync(file, content);
    const { status } = spawnSync('rspamadm', ['configtest', '-q', '-c', file], { timeout: 60_000 });
    const ours = await readConfiguration({ file }, { accounts: own, resolves: async () => true });
    const messages = ours.findings.map(({ message }) => message).join('; ');
    if (isUsable(ours) !== (status === 0)) different.push(`${content} exit ${status}, we say: ${messages}`);
  }
  assert.deepEqual(different, []);
});

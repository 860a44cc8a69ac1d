import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Connections, SharedMemoryConnections, type WireRequest } from '../../src/backends/index.ts';
import { ScanError } from '../../src/message/errors.ts';
import { Headers } from '../../src/message/headers.ts';
import type { Peer } from '../../src/message/peer.ts';
import { freePort } from '../support/free-port.ts';
import { startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { noRspamd, scannerSections, startRspamd } from '../support/rspamd.ts';

const bounded = { timeout: 60_000 };
const here: Peer = { kind: 'inet', address: '127.0.0.1', port: 11333 };
const elsewhere: Peer = { kind: 'inet', address: '192.0.2.1', port: 11333 };
const limits = { until: Number.POSITIVE_INFINITY, signal: { aborted: false } };
const wire: WireRequest = { target: '/checkv2', host: 'h', fields: ['From', 'a'], body: Buffer.from('a mail') };
const reply = { status: 200, reason: 'OK', headers: new Headers(), body: Buffer.alloc(0) };

/** Connections that keep what they are asked to send, and the segments that are there meanwhile. */
function recording(folder: string, fails = false) {
  const seen: WireRequest[] = [];
  const segments: string[][] = [];
  const inner: Connections = {
    exchange: async (_, request) => {
      seen.push(request);
      const names = existsSync(folder) ? readdirSync(folder) : [];
      segments.push(names.map((name) => readFileSync(join(folder, name), 'latin1')));
      for (const name of names) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
      if (fails) throw new ScanError('UPSTREAM_BROKEN');
      return reply;
    },
    close: async () => {},
  };
  return { seen, segments, connections: new SharedMemoryConnections(inner, folder) };
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-shm-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a message is there for as long as the scanner works, and gone afterwards', bounded, async (t) => {
  const folder = temporary(t);
  const { seen, segments, connections } = recording(folder);
  await connections.exchange(here, wire, limits);
  const [request] = seen;
  const [, , , name, ...rest] = request?.fields ?? [];
  assert.deepEqual([request?.method, request?.body.length, segments], ['GET', 0, [['a mail']]]);
  assert.match(name ?? '', /^\/rhm\.[0-9a-f]{20}$/);
  assert.deepEqual(rest, ['Shm-Offset', '0', 'Shm-Length', '6']);
  assert.deepEqual(readdirSync(folder), []);
});

test('nothing is left of a message whose scan failed', bounded, async (t) => {
  const folder = temporary(t);
  const { connections } = recording(folder, true);
  await assert.rejects(connections.exchange(here, wire, limits), { code: 'UPSTREAM_BROKEN' });
  assert.deepEqual(readdirSync(folder), []);
});

test(
  'scanners elsewhere, empty messages and machines without shared memory: the message is sent',
  bounded,
  async (t) => {
    const folder = temporary(t);
    const { seen, connections } = recording(folder);
    await connections.exchange(elsewhere, wire, limits);
    await connections.exchange(here, { ...wire, body: Buffer.alloc(0) }, limits);
    const missing = recording(join(folder, 'missing'));
    await missing.connections.exchange(here, wire, limits);
    assert.deepEqual([...seen, ...missing.seen], [wire, { ...wire, body: Buffer.alloc(0) }, wire]);
  },
);

test('a real scanner judges what it is handed', { ...bounded, skip: noRspamd }, async (t) => {
  const scanner = await startRspamd(t, { sections: scannerSections, ready: '/ping' });
  const port = await freePort();
  await startProxyProcess(
    t,
    `logging { type = "console"; level = "info"; }
    worker "rspamd_proxy" {
      bind_socket = "127.0.0.1:${port}"; count = 1;
      upstream "scanner" { default = yes; hosts = "127.0.0.1:${scanner.port}"; local = yes; compress = yes; }
    }`,
  );
  const body = 'Message-ID: <handed@example.org>\r\nSubject: x\r\n\r\ntext\r\n';
  const answer = await new RawClient(port).send(post('/checkv2', [], body)).reply();
  const verdict = JSON.parse(answer.body.toString()) as { action: string; 'message-id': string };
  assert.deepEqual([answer.status, verdict.action, verdict['message-id']], [200, 'no action', 'handed@example.org']);
  assert.match(scanner.log(), /loaded message from shared memory/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connections, RequestWriter, UpstreamBackend } from '../../src/backends/index.ts';
import { Headers } from '../../src/message/headers.ts';
import { createLookup, limitsOf, parseHosts, UpstreamGroup } from '../../src/upstreams/index.ts';
import { scanRequest } from '../support/requests.ts';

const bounded = { timeout: 60_000 };

/** Two hosts that are held for dead and work again; where the clock of their health stands still, for ever. */
function site(patience: number, now?: () => number) {
  const lookup = createLookup();
  const hosts = new UpstreamGroup({
    name: 'up',
    hosts: parseHosts(['192.0.2.1,192.0.2.2']),
    limits: limitsOf({ maxErrors: 1 }),
    lookup,
    now,
  });
  for (let host = 0; host < 2; host++) {
    const attempt = hosts.pick();
    if (attempt !== undefined) hosts.report(attempt, 'fail');
  }
  const exchanges: number[] = [];
  const connections: Connections = {
    exchange: async () => {
      exchanges.push(performance.now());
      return { status: 200, reason: 'OK', headers: new Headers(), body: Buffer.alloc(0) };
    },
    close: async () => {},
  };
  const writer = new RequestWriter({ extraHeaders: [], logTag: 'none', userAgent: '' });
  const backend = new UpstreamBackend({ name: 'up', hosts, connections, writer, timeout: 0, maxReply: 1, patience });
  const scan = (signal = { aborted: false }) => {
    return backend.scan(scanRequest({ signal }), { hosts: [], last: false, begun: () => {} });
  };
  return { scan, exchanges, hosts };
}

test('a message that finds all hosts dead waits for one to come back', bounded, async (t) => {
  const { scan, exchanges, hosts } = site(10_000);
  t.after(() => hosts.close());
  const replies = await Promise.all(Array.from({ length: 20 }, () => scan()));
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  assert.equal(exchanges.length, 20);
});

test('it does not wait longer than it may, nor without patience, nor for nobody', bounded, async (t) => {
  const { scan, exchanges, hosts } = site(150, () => 0);
  t.after(() => hosts.close());
  await assert.rejects(scan(), { code: 'NO_LIVE_HOST' });
  const impatient = site(0, () => 0);
  t.after(() => impatient.hosts.close());
  await assert.rejects(impatient.scan(), { code: 'NO_LIVE_HOST' });
  const gone = site(60_000, () => 0);
  t.after(() => gone.hosts.close());
  await assert.rejects(gone.scan({ aborted: true }), { code: 'NO_LIVE_HOST' });
  assert.deepEqual([...exchanges, ...impatient.exchanges, ...gone.exchanges], []);
});

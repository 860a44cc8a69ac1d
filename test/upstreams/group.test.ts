import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Logger } from '../../src/message/log.ts';
import {
  type Attempt,
  createLookup,
  type GroupSettings,
  limitsOf,
  parseHosts,
  tokenBucketOf,
  UpstreamGroup,
} from '../../src/upstreams/index.ts';
import { type DnsServer, type DnsZone, startDnsServer } from '../support/dns-server.ts';

const limit = { timeout: 60_000 };

class Lines implements Logger {
  readonly lines: string[] = [];

  enabled(level: string): boolean {
    return level !== 'debug';
  }

  log(level: string, module: string, _fn: string, _id: string, message: string): void {
    this.lines.push(`${level} ${module} ${message}`);
  }
}

interface Started {
  readonly group: UpstreamGroup;
  readonly dns: DnsServer;
  readonly log: Lines;
}

async function start(
  t: TestContext,
  hosts: string,
  zone: DnsZone,
  more: Partial<GroupSettings> = {},
): Promise<Started> {
  const dns = await startDnsServer(t, zone);
  const lookup = createLookup({ servers: [dns.address], timeout: 2_000, retransmits: 1, hostsFiles: [] });
  const log = new Lines();
  const group = new UpstreamGroup({ name: 'scanners', hosts: parseHosts([hosts]), lookup, log, ...more });
  t.after(() => {
    group.close();
    lookup.close();
  });
  return { group, dns, log };
}

function labels(group: UpstreamGroup, count: number): string[] {
  return Array.from({ length: count }, () => {
    const attempt = group.pick() as Attempt;
    group.report(attempt, 'ok');
    return attempt.label;
  });
}

/** Waits until the condition holds; the test's own limit bounds it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('numeric hosts and sockets are there at once', limit, async (t) => {
  const { group, dns } = await start(t, '127.0.0.1:1, [::1]:2, /run/x.sock', {});
  assert.deepEqual(labels(group, 3), ['127.0.0.1:1', '::1 ([::1]:2)', '/run/x.sock']);
  await group.ready;
  assert.equal(dns.queries.length, 0);
});

test('what an attempt tells', limit, async (t) => {
  const { group } = await start(t, 'scanner.test:11334', { 'scanner.test': { A: ['127.0.0.2'] } });
  assert.equal(group.pick(), undefined, 'not before the name is resolved');
  await group.ready;
  const { name, host, endpoint, label, probe } = group.pick() as Attempt;
  assert.deepEqual(
    { name, host, endpoint, label, probe },
    {
      name: 'scanner.test:11334',
      host: 'scanner.test',
      endpoint: { kind: 'inet', address: '127.0.0.2', port: 11334 },
      label: 'scanner.test:11334 (127.0.0.2:11334)',
      probe: false,
    },
  );
});

test('a name that does not resolve at the start is found later', limit, async (t) => {
  const { group, dns, log } = await start(t, 'scanner.test, 127.0.0.1:1', {});
  await group.ready;
  assert.deepEqual(labels(group, 2), ['127.0.0.1:1', '127.0.0.1:1']);
  assert.match(
    log.lines[0] ?? '',
    /^warning upstream cannot resolve scanner\.test of upstream scanners \(.*ENOTFOUND.*\); it gets no/,
  );
  dns.zone = { 'scanner.test': { A: ['127.0.0.2'] } };
  await until(() => group.status()[0]?.state === 'alive');
  assert.equal(log.lines.at(-1), 'info upstream scanner.test of upstream scanners resolved: +127.0.0.2');
  assert.deepEqual(labels(group, 2).sort(), ['127.0.0.1:1', 'scanner.test (127.0.0.2:11333)']);
});

test(
  'a name is looked up again when its TTL is over; the old addresses outlive a failing nameserver',
  limit,
  async (t) => {
    const { group, dns } = await start(t, 'scanner.test', { 'scanner.test': { A: ['127.0.0.2'], ttl: 1 } });
    await group.ready;
    assert.deepEqual(labels(group, 1), ['scanner.test (127.0.0.2:11333)']);
    dns.zone = { 'scanner.test': { A: ['127.0.0.3'], ttl: 1 } };
    await until(() => group.status()[0]?.addresses[0] === '127.0.0.3:11333');
    dns.zone = { 'scanner.test': { failure: 'SERVFAIL' } };
    const asked = dns.queries.length;
    await until(() => dns.queries.length >= asked + 4);
    assert.deepEqual(labels(group, 1), ['scanner.test (127.0.0.3:11333)']);
  },
);

test('a service: targets and their addresses, ready together', limit, async (t) => {
  const srv = (priority: number, target: string) => ({ priority, weight: 1, port: 1, target });
  const { group } = await start(t, 'service=rspamd+one.test', {
    '_rspamd._tcp.one.test': { SRV: [srv(10, 'a.test'), srv(10, 'b.test'), srv(20, 'c.test')] },
    'a.test': { A: ['127.0.0.2'] },
    'b.test': { A: ['127.0.0.3'] },
    'c.test': { A: ['127.0.0.4'] },
  });
  await group.ready;
  assert.deepEqual(labels(group, 2), ['a.test (127.0.0.2:1)', 'b.test (127.0.0.3:1)']);
  assert.deepEqual(
    group.status().map(({ name, priority, state }) => [name, priority, state]),
    [
      ['a.test', 10, 'alive'],
      ['b.test', 10, 'alive'],
      ['c.test', 20, 'alive'],
    ],
  );
});

test('a service that cannot be looked up any more keeps its targets', limit, async (t) => {
  const { group, dns, log } = await start(t, 'service=rspamd+one.test', {
    '_rspamd._tcp.one.test': { SRV: [{ priority: 10, weight: 1, port: 1, target: '127.0.0.2' }] },
  });
  await group.ready;
  dns.zone = {};
  group.resolveNow();
  await until(() => log.lines.some((line) => line.includes('what was known of it stays in use')));
  assert.deepEqual(labels(group, 1), ['127.0.0.2 (127.0.0.2:1)']);
});

test('names can be looked up on demand', limit, async (t) => {
  const { group, dns } = await start(t, 'scanner.test', { 'scanner.test': { A: ['127.0.0.2'], ttl: 3600 } });
  await group.ready;
  dns.zone = { 'scanner.test': { A: ['127.0.0.3'] } };
  group.resolveNow();
  await until(() => group.status()[0]?.addresses[0] === '127.0.0.3:11333');
});

test('a failure has the name looked up again', limit, async (t) => {
  const limits = limitsOf({ resolveMinInterval: 1 });
  const { group, dns } = await start(
    t,
    'scanner.test',
    { 'scanner.test': { A: ['127.0.0.2'], ttl: 3600 } },
    { limits },
  );
  await group.ready;
  dns.zone = { 'scanner.test': { A: ['127.0.0.3'] } };
  group.report(group.pick() as Attempt, 'fail');
  await until(() => group.status()[0]?.addresses[0] === '127.0.0.3:11333');
});

test('the log hears when a host goes down and when it is back', limit, async (t) => {
  let now = 0;
  const clock = { now: () => now, random: () => 0 };
  const { group, log } = await start(t, '127.0.0.1:1,127.0.0.1:2', {}, clock);
  for (let message = 0; message < 8; message++) {
    const attempt = group.pick() as Attempt;
    now += 100;
    group.report(attempt, attempt.name.endsWith(':1') ? 'fail' : 'ok', 'connect ECONNREFUSED');
  }
  assert.deepEqual(
    group.status().map(({ state }) => state),
    ['dead', 'alive'],
  );
  now += 60_000;
  const probe = group.pick() as Attempt;
  assert.equal(probe.probe, true);
  group.report(probe, 'ok');
  assert.deepEqual(log.lines, [
    'info upstream host 127.0.0.1:1 of upstream scanners is down after 4 failures in 0.6 s: connect ECONNREFUSED',
    'info upstream host 127.0.0.1:1 of upstream scanners is back after 60.1 s',
  ]);
  assert.deepEqual(
    group.status().map(({ state }) => state),
    ['easing', 'alive'],
  );
});

test('the status tells how hosts stand', limit, async (t) => {
  let now = 0;
  const { group } = await start(t, 'scanner.test:1:3, 127.0.0.1:1:2', {}, { now: () => now });
  const attempt = group.pick() as Attempt;
  now = 40;
  group.report(attempt, 'ok');
  group.pick();
  const rest = { deadFor: undefined, priority: undefined, errors: 0 };
  assert.deepEqual(group.status(), [
    {
      ...rest,
      name: 'scanner.test:1',
      state: 'unresolved',
      weight: 3,
      addresses: [],
      inflight: 0,
      latency: undefined,
      picked: 0,
      passed: 0,
      failed: 0,
    },
    {
      ...rest,
      name: '127.0.0.1:1',
      state: 'alive',
      weight: 2,
      addresses: ['127.0.0.1:1'],
      inflight: 1,
      latency: 40,
      picked: 2,
      passed: 1,
      failed: 0,
    },
  ]);
});

test('a token_bucket block replaces the rotation', limit, async (t) => {
  const { group } = await start(t, 'hash:127.0.0.1:1,127.0.0.1:2', {}, { tokenBucket: tokenBucketOf({}) });
  assert.deepEqual(labels(group, 3), ['127.0.0.1:1', '127.0.0.1:1', '127.0.0.1:1']);
});

test('a closed group asks nothing more', limit, async (t) => {
  const { group, dns } = await start(t, 'scanner.test', { 'scanner.test': { A: ['127.0.0.2'], ttl: 1, delay: 50 } });
  await until(() => dns.queries.length === 2);
  group.close();
  await group.ready;
  assert.equal(group.pick(), undefined);
  group.resolveNow();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(dns.queries.length, 2);
});

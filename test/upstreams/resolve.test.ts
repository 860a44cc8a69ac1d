import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLookup, type Lookup, type ResolverSettings } from '../../src/upstreams/index.ts';
import { type DnsServer, type DnsZone, startDnsServer } from '../support/dns-server.ts';

const zone: DnsZone = {
  'both.test': { A: ['127.0.0.2', '127.0.0.3'], AAAA: ['::2'], ttl: 7 },
  'four.test': { A: ['127.0.0.4'], ttl: 300 },
  'six.test': { AAAA: ['2001:db8::6'] },
  'alias.test': { CNAME: 'Both.test', ttl: 3 },
  'large.test': { A: Array.from({ length: 200 }, (_, at) => `10.0.0.${at}`) },
  'cut.test': { A: ['127.0.0.5'], failure: 'TRUNCATED' },
  'half.test': { A: ['127.0.0.6'], failure: { AAAA: 'SERVFAIL' } },
  'other-half.test': { AAAA: ['::7'], failure: { A: 'SILENT' } },
  'late.test': { A: ['127.0.0.8'], delay: 60 },
  'broken.test': { failure: 'SERVFAIL' },
  'silent.test': { failure: 'SILENT' },
  'empty.test': {},
  'dangling.test': { CNAME: 'missing.test' },
  '_rspamd._tcp.test': {
    SRV: [
      { priority: 10, weight: 3, port: 11333, target: 'four.test' },
      { priority: 20, weight: 0, port: 11334, target: 'both.test' },
    ],
  },
  '_off._tcp.test': { SRV: [{ priority: 0, weight: 0, port: 0, target: '.' }] },
};

const limit = { timeout: 60_000 };

async function start(t: TestContext, settings: ResolverSettings = {}): Promise<{ dns: DnsServer; lookup: Lookup }> {
  const dns = await startDnsServer(t, zone);
  const lookup = createLookup({ servers: [dns.address], timeout: 250, retransmits: 2, hostsFiles: [], ...settings });
  t.after(() => lookup.close());
  return { dns, lookup };
}

test('addresses of both families with the smaller TTL', limit, async (t) => {
  const { lookup } = await start(t);
  const none = { unanswered: undefined };
  assert.deepEqual(await lookup.addresses('both.test'), {
    addresses: ['127.0.0.2', '127.0.0.3', '::2'],
    ttl: 7_000,
    ...none,
  });
  assert.deepEqual(await lookup.addresses('FOUR.test.'), { addresses: ['127.0.0.4'], ttl: 300_000, ...none });
  assert.deepEqual(await lookup.addresses('six.test'), { addresses: ['2001:db8::6'], ttl: 60_000, ...none });
  const alias = await lookup.addresses('alias.test');
  assert.deepEqual([...alias.addresses].sort(), ['127.0.0.2', '127.0.0.3', '::2']);
  assert.deepEqual((await lookup.addresses('late.test')).addresses, ['127.0.0.8']);
});

test('answers that do not fit come by TCP', limit, async (t) => {
  const { dns, lookup } = await start(t);
  assert.equal((await lookup.addresses('large.test')).addresses.length, 200);
  assert.deepEqual((await lookup.addresses('cut.test')).addresses, ['127.0.0.5']);
  assert.ok(dns.queries.some(({ name, transport }) => name === 'large.test' && transport === 'tcp'));
});

test('one family without an answer does not take the other one away', limit, async (t) => {
  const { lookup } = await start(t);
  assert.deepEqual(await lookup.addresses('half.test'), { addresses: ['127.0.0.6'], ttl: 60_000, unanswered: 6 });
  assert.deepEqual(await lookup.addresses('other-half.test'), { addresses: ['::7'], ttl: 60_000, unanswered: 4 });
});

test('names that do not resolve', limit, async (t) => {
  const { dns, lookup } = await start(t);
  await assert.rejects(lookup.addresses('missing.test'), { code: 'ENOTFOUND' });
  await assert.rejects(lookup.addresses('empty.test'), { code: 'ENODATA' });
  await assert.rejects(lookup.addresses('dangling.test'), { code: 'ENODATA' });
  await assert.rejects(lookup.service('dangling.test'), { code: 'ENODATA' });
  await assert.rejects(lookup.addresses('broken.test'), { code: 'ESERVFAIL' });
  await assert.rejects(lookup.addresses('silent.test'), { code: 'ETIMEOUT' });
  assert.ok(dns.count('silent.test', 'A') >= 2, 'asked as often as configured');
  await assert.rejects(lookup.service('_missing._tcp.test'), { code: 'ENOTFOUND' });
});

test('a nameserver that does not answer is no obstacle where another does', limit, async (t) => {
  const deaf = await startDnsServer(t, { 'four.test': { failure: 'SILENT' } });
  const { dns } = await start(t);
  const lookup = createLookup({ servers: [deaf.address, dns.address], timeout: 250, hostsFiles: [] });
  t.after(() => lookup.close());
  assert.deepEqual((await lookup.addresses('four.test')).addresses, ['127.0.0.4']);
});

test('services: the targets, and none where the root is the target', limit, async (t) => {
  const { lookup } = await start(t);
  const { targets, ttl } = await lookup.service('_rspamd._tcp.test');
  const expected = [
    { host: 'four.test', port: 11333, priority: 10, weight: 3 },
    { host: 'both.test', port: 11334, priority: 20, weight: 0 },
  ];
  assert.deepEqual(
    [...targets].sort((a, b) => a.priority - b.priority),
    expected,
  );
  assert.equal(ttl, undefined);
  assert.deepEqual((await lookup.service('_off._tcp.test')).targets, []);
});

test('answers are not remembered behind our back', limit, async (t) => {
  const { dns, lookup } = await start(t);
  await lookup.addresses('four.test');
  dns.zone = { 'four.test': { A: ['127.0.0.44'] } };
  assert.deepEqual((await lookup.addresses('four.test')).addresses, ['127.0.0.44']);
});

test('hosts files come before DNS', limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hosts-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'hosts');
  await writeFile(
    file,
    '# comment\n127.0.0.9\tother FOUR.test # four.test.2\r\n::9 four.test\nnonsense four.test\n127.0.0.10 four.test.org\n',
  );
  const { dns, lookup } = await start(t, { hostsFiles: [join(folder, 'missing'), file] });
  assert.deepEqual(await lookup.addresses('four.test'), { addresses: ['127.0.0.9', '::9'], ttl: undefined });
  assert.deepEqual((await lookup.addresses('Four.Test.')).addresses, ['127.0.0.9', '::9']);
  assert.equal(dns.queries.length, 0);
  await writeFile(file, '');
  assert.deepEqual((await lookup.addresses('four.test')).addresses, ['127.0.0.4']);
});

test('what only the system knows: names without a dot', limit, async (t) => {
  const { lookup } = await start(t);
  const { addresses } = await lookup.addresses('localhost');
  assert.ok(addresses.includes('127.0.0.1') || addresses.includes('::1'));
});

test('closing ends what is under way', limit, async (t) => {
  const { dns, lookup } = await start(t, { timeout: 60_000 });
  const pending = lookup.addresses('silent.test');
  const refused = assert.rejects(pending, { code: 'ECANCELLED' });
  while (dns.queries.length < 2) await new Promise((resolve) => setImmediate(resolve));
  lookup.close();
  await refused;
});

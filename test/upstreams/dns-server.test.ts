import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { type TestContext, test } from 'node:test';
import { type DnsServer, type DnsZone, startDnsServer } from '../support/dns-server.ts';

const limit = { timeout: 60_000 };

async function start(t: TestContext, zone: DnsZone): Promise<{ dns: DnsServer; resolver: Resolver }> {
  const dns = await startDnsServer(t, zone);
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([dns.address]);
  t.after(() => resolver.cancel());
  return { dns, resolver };
}

test('every type of record', limit, async (t) => {
  const { resolver } = await start(t, {
    'Mail.test': {
      A: ['192.0.2.1', '192.0.2.2'],
      AAAA: ['2001:db8::1', '::', '1:2:3:4:5:6:7:8'],
      MX: [{ priority: 10, exchange: 'mx.test' }],
      NS: ['ns.test'],
      TXT: ['v=spf1 -all', `\xe9${'x'.repeat(600)}`, ''],
      ttl: 77,
    },
    '1.2.0.192.in-addr.arpa': { PTR: ['mail.test'] },
    '_imap._tcp.test': { SRV: [{ priority: 1, weight: 2, port: 3, target: 'mail.test' }] },
  });
  assert.deepEqual(await resolver.resolve4('mail.TEST', { ttl: true }), [
    { address: '192.0.2.1', ttl: 77 },
    { address: '192.0.2.2', ttl: 77 },
  ]);
  assert.deepEqual(await resolver.resolve6('mail.test'), ['2001:db8::1', '::', '1:2:3:4:5:6:7:8']);
  assert.deepEqual(await resolver.resolveMx('mail.test'), [{ priority: 10, exchange: 'mx.test' }]);
  assert.deepEqual(await resolver.resolveNs('mail.test'), ['ns.test']);
  const [spf, long, empty] = await resolver.resolveTxt('mail.test');
  assert.deepEqual(spf, ['v=spf1 -all']);
  assert.deepEqual(long?.slice(1), ['x'.repeat(255), 'x'.repeat(91)]);
  assert.deepEqual(empty, ['']);
  assert.deepEqual(await resolver.reverse('192.0.2.1'), ['mail.test']);
  assert.deepEqual(await resolver.resolveSrv('_imap._tcp.test'), [
    { priority: 1, weight: 2, port: 3, name: 'mail.test' },
  ]);
});

test('aliases are followed, and can be asked for', limit, async (t) => {
  const { resolver } = await start(t, {
    'a.test': { CNAME: 'b.test' },
    'b.test': { CNAME: 'c.test' },
    'c.test': { A: ['192.0.2.1'] },
    'loop.test': { CNAME: 'loop.test' },
  });
  assert.deepEqual(await resolver.resolve4('a.test'), ['192.0.2.1']);
  assert.deepEqual(await resolver.resolveCname('a.test'), ['b.test']);
  assert.deepEqual(await resolver.resolve4('loop.test'), []);
});

test('failures, for a name or for a type of it', limit, async (t) => {
  const { dns, resolver } = await start(t, {
    'refused.test': { failure: 'REFUSED' },
    'half.test': { A: ['192.0.2.1'], failure: { AAAA: 'NXDOMAIN', TXT: 'SILENT' } },
    'tcp.test': { A: ['192.0.2.2'], failure: 'TRUNCATED' },
  });
  await assert.rejects(resolver.resolve4('refused.test'), { code: 'EREFUSED' });
  await assert.rejects(resolver.resolve4('other.test'), { code: 'ENOTFOUND' });
  assert.deepEqual(await resolver.resolve4('half.test'), ['192.0.2.1']);
  await assert.rejects(resolver.resolve6('half.test'), { code: 'ENOTFOUND' });
  await assert.rejects(resolver.resolveMx('half.test'), { code: 'ENODATA' });
  await assert.rejects(resolver.resolveTxt('half.test'), { code: 'ETIMEOUT' });
  assert.deepEqual(await resolver.resolve4('tcp.test'), ['192.0.2.2']);
  assert.deepEqual(
    dns.queries.filter(({ name }) => name === 'tcp.test').map(({ transport }) => transport),
    ['udp', 'tcp'],
  );
  assert.equal(dns.count('HALF.test', 'A'), 1);
});

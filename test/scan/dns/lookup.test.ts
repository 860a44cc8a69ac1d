import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookupBy, Resolver, stockDnsSettings } from '../../../src/scan/dns/index.ts';
import { startDnsServer } from '../../support/dns-server.ts';

test('hosts of services by the DNS of scans', { timeout: 60_000 }, async (t) => {
  const target = { priority: 1, weight: 2, port: 11335, target: 'both.test' };
  const server = await startDnsServer(t, {
    'both.test': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
    'half.test': { A: ['192.0.2.2'], failure: { AAAA: 'SERVFAIL' } },
    'broken.test': { failure: 'SERVFAIL' },
    '_fuzzy._tcp.test': { SRV: [target, { ...target, target: '.' }] },
  });
  const resolver = new Resolver({ ...stockDnsSettings, servers: [server.address], timeout: 5000 });
  t.after(() => resolver.close());
  const lookup = lookupBy(resolver);
  t.after(() => lookup.close());
  const addresses = async (name: string): Promise<unknown> => {
    const answer = await lookup.addresses(name);
    return [answer.addresses, answer.unanswered];
  };
  assert.deepEqual(await addresses('both.test'), [['192.0.2.1', '2001:db8::1'], undefined]);
  assert.deepEqual(await addresses('half.test'), [['192.0.2.2'], 6]);
  await assert.rejects(addresses('no.test'), /no records with this name/);
  await assert.rejects(addresses('broken.test'), /server fail/);
  // The machine's own names are not in DNS.
  const [own] = (await addresses('localhost')) as [string[]];
  assert.ok(own.some((one) => one === '127.0.0.1' || one === '::1'));
  assert.deepEqual((await lookup.service('_fuzzy._tcp.test')).targets, [
    { host: 'both.test', priority: 1, weight: 2, port: 11335 },
  ]);
  await assert.rejects(lookup.service('_no._tcp.test'), /no records with this name/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildConfig } from '../../../src/config/index.ts';
import { Resolver, stockDnsSettings } from '../../../src/scan/dns/index.ts';
import { loadText } from '../../../src/ucl/index.ts';
import { selfScanSpec } from '../../../src/worker/index.ts';
import { startDnsServer } from '../../support/dns-server.ts';
import { noUnbound, startUnbound } from '../../support/unbound.ts';

test('a validating nameserver: what it has checked, what is forged', {
  timeout: 60_000,
  skip: noUnbound,
}, async (t) => {
  const server = await startUnbound(t, [
    { name: 'signed.test', records: ['a IN A 192.0.2.1', 'm IN MX 10 a', `t IN TXT "${'x'.repeat(250)}"`] },
    { name: 'forged.test', records: ['a IN A 192.0.2.1'], forge: ['192.0.2.1', '192.0.2.66'] },
  ]);
  for (const dnssec of [true, false]) {
    const resolver = new Resolver({ ...stockDnsSettings, servers: [server], timeout: 5000, dnssec });
    t.after(() => resolver.close());
    const told = async (name: string, type: 'A' | 'MX' | 'TXT'): Promise<unknown> => {
      const { records, authenticated, error } = await resolver.query(name, type);
      return error ?? [records, authenticated];
    };
    assert.deepEqual(await told('a.signed.test', 'A'), [['192.0.2.1'], dnssec]);
    assert.deepEqual(await told('m.signed.test', 'MX'), [[{ priority: 10, exchange: 'a.signed.test' }], dnssec]);
    assert.deepEqual(await told('t.signed.test', 'TXT'), [['x'.repeat(250)], dnssec]);
    assert.equal(await told('no.signed.test', 'A'), 'no records with this name');
    assert.equal(await told('a.forged.test', 'A'), 'server fail');
    // Of the cache too.
    assert.deepEqual(await told('a.signed.test', 'A'), [['192.0.2.1'], dnssec]);
  }
});

test('a nameserver that checks nothing vouches for nothing', { timeout: 30_000 }, async (t) => {
  const server = await startDnsServer(t, { 'a.test': { A: ['192.0.2.1'] } });
  const resolver = new Resolver({ ...stockDnsSettings, servers: [server.address], dnssec: true });
  t.after(() => resolver.close());
  assert.equal((await resolver.query('a.test', 'A')).authenticated, false);
});

test('the option of the configuration', { timeout: 30_000 }, () => {
  for (const [text, dnssec] of [
    ['', false],
    ['options { dns { enable_dnssec = yes; } }', true],
  ] as const) {
    const { root } = loadText(text);
    if (root === undefined) throw new Error('no tree');
    assert.equal(selfScanSpec(buildConfig(root).config, 1).thread.dns.dnssec, dnssec);
  }
});

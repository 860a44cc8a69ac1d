import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spfRule, stockSpfSettings } from '../../../src/scan/native/spf/index.ts';
import type { DnsZone } from '../../support/dns-server.ts';
import { startDns } from './rig.ts';

const timeout = 60_000;

interface Case {
  readonly record: string | readonly string[];
  readonly ip?: string;
  readonly sender?: string;
  /** `SYMBOL option`. */
  readonly says: string;
}

const zone: DnsZone = {
  'inc.test': { TXT: ['v=spf1 ip4:192.0.2.64/26 -all'] },
  'two.test': { TXT: ['v=spf1 -all', 'v=spf1 +all'] },
  'norecord.test': { TXT: ['hello'] },
  'broken.test': { failure: 'SERVFAIL' },
  'www.test': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
  'mail.test': { MX: [{ priority: 5, exchange: 'www.test' }] },
  'many.test': { MX: Array.from({ length: 12 }, (_, at) => ({ priority: at, exchange: `mx${at}.test` })) },
  '1.2.0.192.in-addr.arpa': { PTR: ['host.ptr.test', 'x.evil.test'] },
  'host.ptr.test': { A: ['192.0.2.1'] },
  '192.0.2.1.anna.pass.test': { A: ['127.0.0.2'] },
  '1.2.0.192.in-addr.rev.test': { A: ['127.0.0.2'] },
  'loop.test': { TXT: ['v=spf1 include:loop.test -all'] },
  'deep0.test': { TXT: ['v=spf1 include:deep1.test -all'] },
  'far.test': { TXT: ['v=spf1 redirect=inc.test'] },
};
for (let at = 1; at < 15; at++)
  (zone as Record<string, object>)[`deep${at}.test`] = { TXT: [`v=spf1 include:deep${at + 1}.test -all`] };

const cases: readonly Case[] = [
  { record: 'v=spf1 ip4:192.0.2.1 -all', says: 'R_SPF_ALLOW +ip4:192.0.2.1' },
  { record: 'v=spf1 ip4:192.0.2.0/31 -all', says: 'R_SPF_ALLOW +ip4:192.0.2.0/31' },
  { record: 'v=spf1 ip4:198.51.100.0/24 -all', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 ip4:198.51.100.0/24 ~all', says: 'R_SPF_SOFTFAIL ~all' },
  { record: 'v=spf1 ?all', says: 'R_SPF_NEUTRAL ?all' },
  { record: 'v=spf1 ip4:198.51.100.0/24', says: 'R_SPF_NEUTRAL ?all' },
  { record: 'V=SPF1 -IP4:192.0.2.1 +all', says: 'R_SPF_FAIL -IP4:192.0.2.1' },
  { record: 'v=spf1 +all', says: 'R_SPF_PLUSALL +any' },
  // Too wide to mean anything.
  { record: 'v=spf1 ip4:0.0.0.0/0 -all', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 ip6:2001:db8::/32 -all', ip: '2001:db8:5::9', says: 'R_SPF_ALLOW +ip6:2001:db8::/32' },
  { record: 'v=spf1 ip6:2001:db8::/32 -all', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 a:www.test -all', says: 'R_SPF_ALLOW +a:www.test' },
  { record: 'v=spf1 a:www.test/24 -all', ip: '192.0.2.200', says: 'R_SPF_ALLOW +a:www.test/24' },
  // A length for one kind of address does not open the other.
  { record: 'v=spf1 a:www.test/24 -all', ip: '2001:db9::1', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 a:www.test//128 -all', ip: '2001:db8::2', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 a:www.test -all', ip: '2001:db8::2', says: 'R_SPF_ALLOW +a:www.test' },
  { record: 'v=spf1 mx:mail.test -all', says: 'R_SPF_ALLOW +mx:mail.test' },
  { record: 'v=spf1 mx:many.test -all', says: 'R_SPF_PERMFAIL -any' },
  { record: 'v=spf1 ptr:ptr.test -all', says: 'R_SPF_ALLOW +ptr:ptr.test' },
  { record: 'v=spf1 ptr:evil.test -all', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 exists:%{i}.%{l}.pass.test -all', says: 'R_SPF_ALLOW +exists:192.0.2.1.anna.pass.test' },
  { record: 'v=spf1 exists:%{ir}.%{v}.rev.test -all', says: 'R_SPF_ALLOW +exists:1.2.0.192.in-addr.rev.test' },
  // No labels are cut off.
  { record: 'v=spf1 exists:%{i3r}.%{v}.rev.test -all', says: 'R_SPF_ALLOW +exists:1.2.0.192.in-addr.rev.test' },
  { record: 'v=spf1 exists:%{i}.%{l}.pass.test -all', sender: 'eve@top.test', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 include:inc.test -all', ip: '192.0.2.65', says: 'R_SPF_ALLOW +ip4:192.0.2.64/26' },
  { record: 'v=spf1 include:inc.test ~all', says: 'R_SPF_SOFTFAIL ~all' },
  { record: 'v=spf1 redirect=inc.test', says: 'R_SPF_FAIL -all' },
  { record: 'v=spf1 redirect=far.test', ip: '192.0.2.65', says: 'R_SPF_ALLOW +ip4:192.0.2.64/26' },
  { record: 'v=spf1 redirect=inc.test ~all', says: 'R_SPF_SOFTFAIL ~all' },
  { record: 'v=spf1 redirect=nowhere.test', says: 'R_SPF_PERMFAIL bad SPF record' },
  { record: 'v=spf1 include:broken.test -all', says: 'R_SPF_DNSFAIL -any' },
  { record: 'v=spf1 include:two.test -all', says: 'R_SPF_PERMFAIL -any' },
  { record: 'v=spf1 include:loop.test -all', says: 'R_SPF_PERMFAIL -any' },
  { record: 'v=spf1 include:deep0.test -all', says: 'R_SPF_PERMFAIL -any' },
  { record: ['v=spf1 -all', 'v=spf1 +all'], says: 'R_SPF_PERMFAIL bad SPF record' },
  { record: 'v=spf1', says: 'R_SPF_PERMFAIL empty SPF record' },
  { record: 'v=spf1 nonsense ip4:1 ip4:999.1.1.1 a:%{z} -all', says: 'R_SPF_FAIL -all' },
  { record: 'something else', says: 'R_SPF_NA no SPF record' },
  { record: `v=spf1 ${'a:www.test '.repeat(40)}-all`, ip: '203.0.113.9', says: 'R_SPF_PERMFAIL -any' },
];

test('what records say of clients', { timeout }, async (t) => {
  for (const { record, ip = '192.0.2.1', sender = 'anna@top.test', says } of cases) {
    const { scan, resolver } = await startDns(t, { ...zone, 'top.test': { TXT: [record].flat() } });
    const headers = [
      ['From', `<${sender}>`],
      ['IP', ip],
    ] as const;
    const symbols = await scan({ message: 'A: b\n\nc', headers }, spfRule());
    const [[name, options] = ['', []]] = Object.entries(symbols);
    assert.equal(`${name} ${options.join()}`, says, `${record} for ${ip}`);
    resolver.close();
  }
});

test('who is asked for, and who is not', { timeout }, async (t) => {
  const { scan, server } = await startDns(t, {
    'top.test': { TXT: ['v=spf1 -all'] },
    'helo.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  });
  const says = async (...headers: ReadonlyArray<readonly [string, string]>): Promise<string> =>
    Object.entries(await scan({ message: '', headers }, spfRule()))
      .flat(2)
      .join(' ');
  assert.equal(await says(['From', '<>'], ['Helo', 'helo.test'], ['IP', '192.0.2.1']), 'R_SPF_ALLOW +ip4:192.0.2.1');
  assert.equal(await says(['From', '<>'], ['Helo', '[192.0.2.1]'], ['IP', '192.0.2.1']), 'R_SPF_NA No domain');
  assert.equal(await says(['IP', '192.0.2.1']), 'R_SPF_NA No domain');
  const before = server.queries.length;
  assert.equal(await says(['From', '<a@top.test>']), '');
  assert.equal(await says(['From', '<a@top.test>'], ['IP', '10.1.1.1']), '');
  assert.equal(await says(['From', '<a@top.test>'], ['IP', '192.0.2.1'], ['User', 'me']), '');
  assert.equal(server.queries.length, before);
});

test('the hop before a relay of ours is the client', { timeout }, async (t) => {
  const { scan } = await startDns(t, { 'top.test': { TXT: ['v=spf1 ip4:203.0.113.7 -all'] } });
  const message = [
    'Received: from relay.test (relay.test [198.51.100.5]) by mx.test; Sun, 22 Nov 2026 11:59:00 +0000',
    'Received: from out.test (out.test [203.0.113.7]) by relay.test; Sun, 22 Nov 2026 11:58:00 +0000',
    'From: a@top.test',
    '',
    'x',
  ].join('\r\n');
  const rule = spfRule({ ...stockSpfSettings, externalRelay: (ip) => ip === '198.51.100.5' });
  const headers = [
    ['From', '<a@top.test>'],
    ['IP', '198.51.100.5'],
  ] as const;
  assert.deepEqual(await scan({ message, headers }, rule), { R_SPF_ALLOW: ['+ip4:203.0.113.7'] });
});

test('a record full of questions is bounded', { timeout }, async (t) => {
  const fan = Object.fromEntries(
    Array.from({ length: 12 }, (_, level) => [
      `fan${level}.test`,
      { TXT: [`v=spf1 ${Array.from({ length: 9 }, () => `include:fan${level + 1}.test`).join(' ')} -all`] },
    ]),
  );
  const { scan, server } = await startDns(t, { 'top.test': { TXT: ['v=spf1 include:fan0.test -all'] }, ...fan });
  const headers = [
    ['From', '<a@top.test>'],
    ['IP', '192.0.2.1'],
  ] as const;
  assert.deepEqual(await scan({ message: 'A: b\n\nc', headers }, spfRule()), { R_SPF_PERMFAIL: ['-any'] });
  assert.ok(server.queries.length <= 31);
});

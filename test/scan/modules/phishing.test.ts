import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { DnsResolver } from '../../../src/scan/index.ts';
import { encodeBase32 } from '../../../src/wire/crypt/index.ts';
import { find, findingsOf, mapFiles, plain } from './support.ts';

const limit = { timeout: 60_000 };

const link = (to: string, shown: string) => ({
  text: plain(`<p>See <a href="http://${to}">http://${shown}</a> now.</p>`, {}, 'text/html'),
});

test('where a link may go to, and what it may show', limit, async (t) => {
  const path = mapFiles(t, { services: 'short.example.com\n*.net\n', banks: 'bank.com\n' });
  const mail = link('evil.com/a', 'www.bank.com/b');
  const shown = ['bank.com->evil.com'];
  const first = async (section: string, message = mail) =>
    Object.entries(await find(`phishing { ${section} }`, message)).filter(([name]) => /^(?:X_|PHISH|REDIR)/.test(name));
  assert.deepEqual(await first(''), [['PHISHING', [2, ...shown]]]);
  assert.deepEqual(await first('symbol = "X_PHISHING";'), [['X_PHISHING', [2, ...shown]]]);
  assert.deepEqual(await first('exceptions { X_TO = ["evil.com"]; }'), [['X_TO', [0, 'bank.com->evil.com:evil.com']]]);
  assert.deepEqual(await first(`exceptions { X_TO = "${path('services')}"; }`, link('evil.net', 'bank.com')), [
    ['X_TO', [0, 'bank.com->evil.net:evil.net']],
  ]);
  assert.deepEqual(await first(`phishing_exceptions { X_SHOWN = "${path('banks')}"; }`), [
    ['X_SHOWN', [0, 'bank.com->evil.com:bank.com']],
  ]);
  assert.deepEqual(await first('strict_domains { X_STRICT = ["www.bank.com"]; }'), [
    ['PHISHING', [2, ...shown]],
    ['X_STRICT', [0, 'bank.com->evil.com:www.bank.com']],
  ]);
  assert.deepEqual(await first(`domains = "${path('banks')}";`), [['PHISHING', [2, ...shown]]]);
  assert.deepEqual(await first('domains = ["shop.com"];'), []);
});

test('feeds of URLs', limit, async (t) => {
  const path = mapFiles(t, {
    feed: '# no comment in a feed\nhttp://bad.com/path\nhttps://worse.com/a?b=c\nhttp://bare.com\n',
    json: '{"url": "http://bad.com/path#x", "brand": "Bank", "sector": "Money", "tld": "com"}\nnothing\n',
    spared: 'http://bad.com/\n',
  });
  const own = `generic_service_enabled = true; generic_service_map = "${path('feed')}"; phishtank_enabled = false;`;
  const score = async (section: string, url: string, symbol = 'PHISHED_GENERIC_SERVICE') =>
    (
      await find(`phishing { ${section} } group "own" { symbols { ${symbol} { weight = 10; } } }`, {
        text: plain(`See http://${url} now.`),
      })
    )[symbol];
  assert.deepEqual(await score(own, 'bad.com/path'), [10, 'bad.com']);
  assert.deepEqual(await score(own, 'bad.com/path?x=y'), [10, 'bad.com']);
  assert.equal(await score(own, 'bad.com/other'), undefined);
  assert.deepEqual(await score(own, 'worse.com/a?b=c'), [10, 'worse.com']);
  assert.deepEqual(await score(own, 'worse.com/a?b=d'), [3, 'worse.com']);
  assert.deepEqual(await score(own, 'bare.com'), [10, 'bare.com']);
  assert.deepEqual(await score(`${own} generic_service_symbol = "X_OWN";`, 'bare.com', 'X_OWN'), [10, 'bare.com']);
  const openphish = `openphish_enabled = true; openphish_map = "${path('feed')}";`;
  assert.deepEqual(await score(openphish, 'bad.com/path', 'PHISHED_OPENPHISH'), [10, 'bad.com']);
  const premium = `openphish_enabled = true; openphish_premium = true; openphish_url = "${path('json')}";`;
  assert.deepEqual(await score(premium, 'bad.com/path', 'PHISHED_OPENPHISH'), [10, 'Bank', 'Money', 'com']);
  const spared = `${own} phishing_feed_exclusion_enabled = true; phishing_feed_exclusion_map = "${path('spared')}";`;
  assert.deepEqual(await score(spared, 'bad.com/path', 'PHISHED_EXCLUDED'), [10, 'bad.com']);
  assert.equal(await score(spared, 'bad.com/path'), undefined);
  assert.deepEqual(await score(spared, 'bare.com'), [10, 'bare.com']);
  const named = `${spared} phishing_feed_exclusion_symbol = "X_SPARED";`;
  assert.deepEqual(await score(named, 'bad.com/path', 'X_SPARED'), [10, 'bad.com']);
});

test('the zone of phishtank', limit, async () => {
  const asked: string[] = [];
  const resolver: DnsResolver = {
    forTask: () => ({
      query: async (name: string) => {
        asked.push(name);
        return { status: 'nxdomain', records: [], error: 'no records with this name', cached: false } as never;
      },
    }),
    close: () => {},
  };
  const mail = { text: plain('See http://bad.com/path now.') };
  const hash = encodeBase32(createHash('blake2b512').update('bad.compath').digest()).slice(0, 32);
  await find('phishing { phishtank_suffix = "zone.example.net"; }', mail, { resolver });
  assert.ok(asked.includes(`${hash}.zone.example.net`), asked.join());
  asked.length = 0;
  await find('phishing { phishtank_enabled = false; }', mail, { resolver });
  assert.ok(!asked.some((name) => name.includes('phishtank')), asked.join());
});

test('what cannot be used is told', limit, async () => {
  assert.deepEqual(
    await findingsOf('phishing { exception { A = "x"; } strict_domains = "x"; openphish_enabled = "1"; }'),
    [
      '2: warning: unknown option exception in section phishing has no effect (did you mean exceptions?)',
      '2: warning: strict_domains has no effect: cannot convert string to object in option strict_domains',
      '2: warning: openphish_enabled has no effect: cannot convert string to boolean in option openphish_enabled (write 1 without quotes)',
    ],
  );
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Findings } from '../../../src/config/index.ts';
import { suffixesOfList } from '../../../src/scan/message/url/suffixes.ts';
import { listRules, readLists, stockListSymbols, stockLists } from '../../../src/scan/native/rbl/index.ts';
import { ListMonitor } from '../../../src/scan/native/rbl/monitor.ts';
import type { Rule } from '../../../src/scan/rule.ts';
import { loadText, type UclObject } from '../../../src/ucl/index.ts';
import { encodeBase32 } from '../../../src/wire/crypt/index.ts';
import type { DnsZone } from '../../support/dns-server.ts';
import { type DnsRig, selectors, startDns } from './rig.ts';

const timeout = 60_000;
const suffixes = suffixesOfList('test\norg\n');

function rulesOf({ resolver }: DnsRig, text: string, problems: string[] = []): readonly Rule[] {
  const lists = readLists(loadText(text).root as UclObject, {
    maxRequests: 64,
    problem: (problem) => problems.push(problem),
    findings: new Findings(),
    nameSet: () => (name) => name === 'good.test',
    networkSet: () => (ip) => ip === '192.0.2.99',
    selectors,
  });
  return listRules({ lists, resolver, suffixes, symbols: () => undefined });
}

const message = [
  'Received: from hop.test (hop.test [198.51.100.7]) by mx.test; Sun, 22 Nov 2026 11:59:00 +0000',
  'Received: from pc (pc [10.0.0.3]) by hop.test; Sun, 22 Nov 2026 11:58:00 +0000',
  'From: a@from.test',
  'Reply-To: "R" <r@reply.test>',
  'Message-ID: <1@mid.test>',
  'Content-Type: text/plain',
  '',
  'See http://www.bad.test/x and http://deep.www.bad.test/ and http://good.test/ and http://192.0.2.77/',
  'Ask who@mail.test please.',
].join('\r\n');
const headers = [
  ['From', '<a@smtp.test>'],
  ['IP', '192.0.2.1'],
  ['Helo', 'helo.test'],
  ['Hostname', 'rdns.test'],
] as const;

async function ask(t: TestContext, zone: DnsZone, text: string, more: ReadonlyArray<readonly [string, string]> = []) {
  const dns = await startDns(t, zone);
  const problems: string[] = [];
  const found = await dns.scan({ message, headers: [...headers, ...more] }, ...rulesOf(dns, text, problems));
  const probes = /^(?:1\.0\.0\.127|[0-9a-f]{16})\./;
  const asked = dns.server.queries.map(({ name }) => name).filter((name) => !probes.test(name));
  return { found, asked: asked.sort(), problems };
}

const list = (body: string): string =>
  `rbls { one { symbol = ONE; rbl = list.test; disable_monitoring = yes; ${body} } }`;

test('what each check asks for', { timeout }, async (t) => {
  const cases: ReadonlyArray<readonly [body: string, asked: readonly string[]]> = [
    ['checks = [from];', ['1.2.0.192.list.test']],
    ['checks = [from, received];', ['1.2.0.192.list.test', '7.100.51.198.list.test']],
    ['checks = [received]; exclude_local = no;', ['3.0.0.10.list.test', '7.100.51.198.list.test']],
    ['checks = [received]; received_max_pos = 1;', ['7.100.51.198.list.test']],
    ['checks = [received]; received_min_pos = 2;', []],
    ['checks = [helo, rdns];', ['helo.test.list.test', 'rdns.test.list.test']],
    ['checks = [urls];', ['77.2.0.192.list.test', 'bad.test.list.test', 'good.test.list.test']],
    ['checks = [urls]; no_ip = yes; url_full_hostname = yes;', ['good.test.list.test', 'www.bad.test.list.test']],
    ['checks = [urls]; no_ip = yes; url_whitelist = [x];', ['bad.test.list.test']],
    ['checks = [emails];', ['who.mail.test.list.test']],
    ['checks = [emails]; emails_domainonly = yes;', ['mail.test.list.test']],
    ['checks = [replyto]; emails_delimiter = "_";', ['r_reply.test.list.test']],
    [`selector = "from('smtp'):domain";`, ['smtp.test.list.test']],
    [
      `selector { m = "header(Message-Id).regexp('@([^>]+)>').last"; f = "from('mime'):addr.lower"; } hash = sha1; hash_len = 8;`,
      ['3b878c2e.list.test', '74bf50b2.list.test'],
    ],
    ['', ['1.2.0.192.list.test']],
    ['checks = [from]; ipv4 = no;', []],
    ['checks = [from]; enabled = no;', []],
    ['checks = [from]; require_symbols = [OTHER];', []],
    ['checks = [from]; whitelist = [x]; rbl = list.test;', ['1.2.0.192.list.test']],
  ];
  for (const [body, expected] of cases) {
    const { asked, problems } = await ask(t, {}, list(body));
    assert.deepEqual([problems, asked], [[], expected], body);
  }
});

test('what answers mean', { timeout }, async (t) => {
  const zone = (...ips: string[]): DnsZone => ({ '1.2.0.192.list.test': { A: ips } });
  const says = async (body: string, ...ips: string[]): Promise<unknown> =>
    (await ask(t, zone(...ips), list(`checks = [from]; ${body}`))).found;
  const option = ['192.0.2.1:from'];
  assert.deepEqual(await says('', '127.0.0.9'), { ONE: option });
  const codes = 'returncodes { TWO = "127.0.0.2"; three = ["127.0.0.3", "127.0.0.4"]; }';
  assert.deepEqual(await says(codes, '127.0.0.2', '127.0.0.4'), { TWO: option, THREE: option });
  assert.deepEqual(await says(codes, '127.0.0.7'), {});
  assert.deepEqual(await says(`${codes} unknown = yes;`, '127.0.0.7'), { ONE: ['192.0.2.1:from:127.0.0.7'] });
  const bits = 'returnbits { LOW = 1; HIGH = [64, 128]; }';
  assert.deepEqual(await says(bits, '127.0.0.129'), { LOW: option, HIGH: option });
  assert.deepEqual(await says('returncodes { P = "127%.0%.%d+%.[12]"; }', '127.0.33.2'), { P: option });
  assert.deepEqual(await says('returncodes_matcher = glob; returncodes { G = "127.0.*.2"; }', '127.0.33.2'), {
    G: option,
  });
  assert.deepEqual(await says('returncodes_matcher = regexp; returncodes { R = "/^127.*2$/"; }', '127.0.3.2'), {
    R: option,
  });
  assert.deepEqual(await says('returncodes_matcher = radix; returncodes { N = "127.0.0.0/24"; }', '127.0.0.77'), {
    N: option,
  });
  assert.deepEqual(await says('symbols_prefixes { from = PRE; }', '127.0.0.2'), { PRE_ONE: option });
  const failing = await ask(t, { '1.2.0.192.list.test': { failure: 'SERVFAIL' } }, list('checks = [from];'));
  assert.deepEqual(failing.found, { ONE_FAIL: ['192.0.2.1:server fail'] });
});

test('names are resolved first where a list knows addresses only', { timeout }, async (t) => {
  const zone = { 'bad.test': { A: ['203.0.113.5'] }, '5.113.0.203.list.test': { A: ['127.0.0.2'] } };
  const { found } = await ask(t, zone, list('checks = [urls]; resolve_ip = yes; no_ip = yes;'));
  assert.deepEqual(found, { ONE: ['203.0.113.5:bad.test:url'] });
});

test('whitelists keep others from asking, users and our own clients are left alone', { timeout }, async (t) => {
  const text = `
    default_exclude_users = yes;
    rbls {
      black { rbl = black.test; checks = [from]; disable_monitoring = yes; }
      stubborn { rbl = stubborn.test; checks = [from]; ignore_whitelist = yes; disable_monitoring = yes; }
      white {
        rbl = white.test; checks = [from]; is_whitelist = yes; disable_monitoring = yes;
        whitelist_exception = [MAYBE]; returncodes { SURE = "127.0.0.1"; MAYBE = "127.0.0.2"; }
      }
    }`;
  const all = ['1.2.0.192.black.test', '1.2.0.192.stubborn.test', '1.2.0.192.white.test'];
  const white = (ip: string): DnsZone => ({ '1.2.0.192.white.test': { A: [ip] } });
  assert.deepEqual((await ask(t, white('127.0.0.1'), text)).asked, all.slice(1));
  assert.deepEqual((await ask(t, white('127.0.0.2'), text)).asked, all);
  assert.deepEqual((await ask(t, {}, text)).asked, all);
  assert.deepEqual((await ask(t, {}, text, [['User', 'me']])).asked, []);
});

test('a list that cannot be used is told and off', { timeout }, async (t) => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ['checks = [nonsense];', /"nonsense" is no check/],
    ['hash = crc;', /hash is one of/],
    ['selector = "urls.what";', /transform "what" of a selector is not known/],
    [`selector = "helo.regexp('(')";`, /closing parenthesis/],
    ['process_script = "return 1";', /process_script needs Rspamd's own rules/],
    ['returncodes_matcher = odd; returncodes { A = "1"; }', /returncodes_matcher is one of/],
  ];
  for (const [body, expected] of cases) {
    const { problems, asked } = await ask(t, {}, list(body));
    assert.match(problems.join(), expected, body);
    assert.deepEqual(asked, []);
  }
  assert.match((await ask(t, {}, 'rbls { x { symbol = X; } }')).problems.join(), /it has no option rbl/);
});

test('a list that lists everything, or is gone, is not asked until it is well again', { timeout }, async (t) => {
  const dns = await startDns(t, {
    '1.0.0.127.all.test': { A: ['127.0.0.2'] },
    '1.0.0.127.gone.test': { failure: 'SERVFAIL' },
  });
  let now = 0;
  const monitor = new ListMonitor(dns.resolver, () => now);
  const watched = (zone: string) =>
    ({ zone, monitored: { prefix: '1.0.0.127', random: false } }) as Parameters<ListMonitor['isAlive']>[0];
  const settle = async (zone: string): Promise<boolean> => {
    monitor.isAlive(watched(zone));
    // The same question comes back once the probe's has.
    await dns.resolver.query(`1.0.0.127.${zone}`, 'A');
    await new Promise(setImmediate);
    return monitor.isAlive(watched(zone));
  };
  assert.equal(await settle('all.test'), false);
  assert.equal(await settle('good.test'), true);
  assert.equal(await settle('gone.test'), true);
  now += 61_000;
  assert.equal(await settle('gone.test'), false);
  dns.server.zone = {};
  now += 61_000;
  assert.equal(await settle('gone.test'), true);
});

test('the built-in lists can be read, and each of their symbols has a weight', { timeout }, () => {
  const { root, diagnostics } = loadText(stockLists);
  assert.deepEqual(diagnostics, []);
  const lists = readLists(root as UclObject, {
    maxRequests: 64,
    problem: assert.fail,
    findings: new Findings(),
    nameSet: () => () => false,
    networkSet: () => () => false,
    selectors,
  });
  assert.ok(lists.length >= 16);
  for (const { verdicts, prefixes } of lists)
    for (const [symbol] of verdicts.kind === 'any' ? [] : verdicts.symbols)
      for (const prefix of prefixes?.values() ?? [''])
        assert.ok(stockListSymbols.has(prefix === '' ? symbol : `${prefix}_${symbol}`), `${prefix} ${symbol}`);
});

test('base 32 as Rspamd has it', { timeout }, () => {
  assert.equal(encodeBase32(Buffer.from('test123')), 'wm3g84fg13cy');
  assert.equal(encodeBase32(Buffer.alloc(0)), '');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suffixesOfList } from '../../../src/scan/message/url/suffixes.ts';
import { networkOwner } from '../../../src/scan/native/asn/index.ts';
import { Selectors } from '../../../src/scan/native/index.ts';
import type { Task } from '../../../src/scan/task.ts';
import { makeTask, startDns } from './rig.ts';

const message = [
  'Received: from a.example.org (a.example.org [198.51.100.7]) by mx.example.com with ESMTPS id 1; Sun, 22 Nov 2026 11:59:00 +0000',
  'From: "Some Body" <Anna@lists.example.org>',
  'To: b@example.net, c@sub.example.co.uk',
  'Subject: =?utf-8?q?=C3=84rger?= one two',
  'X-Tag: one',
  'X-Tag: two',
  'Message-ID: <1@example.org>',
  'Date: Sun, 22 Nov 2026 11:59:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=x',
  '',
  '--x',
  'Content-Type: text/plain; charset=us-ascii',
  '',
  'See http://www.shop.example.com/path?q=1 and http://cdn.shop.example.com/ or write to d@example.org.',
  '--x',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment; filename="a.bin"',
  '',
  'MZ',
  '--x--',
  '',
].join('\r\n');

const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  colours: { one: 'red', '192.0.2.7': 'ip' },
};
const selectors = new Selectors({
  suffixes: suffixesOfList('com\norg\nnet\nco.uk\n'),
  map: (name, key) => tables[name]?.[key],
});

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** Selectors and what they give; those of Rspamd's documentation and what their parts do. */
const cases: ReadonlyArray<readonly [selector: string, expected: readonly string[]]> = [
  ["id('Something')", ['Something']],
  ['id', ['']],
  ["list('foo', 'bar')", ['foo', 'bar']],
  ['ip', ['192.0.2.7']],
  ['ip:get_version', ['4']],
  ['ip:inversed_str_octets.join("-")', ['7-2-0-192']],
  ['ip.ipmask(24)', ['192.0.2.0']],
  ["id('2001:db8:1:2::3').ipmask(24, 48)", ['2001:db8:1::']],
  ['from', ['bounce@mailer.example.org']],
  ["from('mime'):name", ['Some Body']],
  ["from('mime'):addr.lower", ['anna@lists.example.org']],
  ['from(smtp):domain.get_tld', ['example.org']],
  ["rcpts('mime'):domain.get_tld", ['example.net', 'example.co.uk']],
  ["rcpts('smtp')", ['b@example.net']],
  ['country', ['DE']],
  ['asn', ['64500']],
  ["pool_var('ipnet')", ['192.0.2.0/24']],
  ['user', ['Anna']],
  ['user:lower', ['anna']],
  ['to', ['b@example.net']],
  ['files', ['a.bin']],
  ['languages', ['en']],
  ['helo.prepend("<", "<").append(">")', ['<<mx.example.org>']],
  ["header('X-Tag')", ['one']],
  ["header('X-Tag', 'full')", ['one', 'two']],
  ["header('X-Tag', 'full'):order", ['4', '5']],
  ["header('x-tag', 'strong')", []],
  ["header('X-None')", []],
  ["header('Subject').lower_utf8", [utf8('ärger one two')]],
  ["header('Subject').to_ascii", ['??rger one two']],
  ["header('Subject').regexp('([a-z])[a-z]+').take_n(4)", ['rger', 'r', 'one', 'o']],
  ["header('Subject').regexp('(\\w+)$').last", ['two']],
  ["header('Subject').substring(-3, -2)", ['tw']],
  ['received:by_hostname', ['mx.example.com']],
  ['received(real_ip)', ['192.0.2.7', '198.51.100.7']],
  ['received_count', ['1']],
  ['urls', ['http://www.shop.example.com/path?q=1', 'http://cdn.shop.example.com/']],
  ['urls:get_tld.uniq', ['example.com']],
  ['urls(get_host).sort.first', ['cdn.shop.example.com']],
  ['urls.filter_method(get_query)', ['http://www.shop.example.com/path?q=1']],
  ["urls.apply_methods('get_protocol', 'get_tld').uniq.join(',')", ['http,example.com']],
  ['urls_filtered({text})', ['http://www.shop.example.com/path?q=1', 'http://cdn.shop.example.com/']],
  ['specific_urls({limit = 1})', ['http://www.shop.example.com/path?q=1']],
  ['specific_urls({limit = 9, esld_limit = 1, need_emails = true}):get_host', ['www.shop.example.com', 'example.org']],
  ['emails:get_user', ['d']],
  ["request_header('X-Tenant')", ['blue']],
  ["time('message', '!%Y-%m-%d %H:%M:%S %a %j')", ['2026-11-22 11:59:00 Sun 326']],
  ["time('connect', '!%d.%m.%y')", ['01.12.26']],
  ['words(norm).take_n(2)', ['see', 'and']],
  ['queueid', ['4F']],
  ['uid', ['test']],
  ['messageid', ['1@example.org']],
  ["symbol('FOUND'):options", ['x', 'y']],
  ["symbol('FOUND'):score", ['2']],
  ["symbol('LOST'):score", []],
  ['scan_result:score', ['2']],
  ['authenticated', ['true']],
  ["list('a','b','c','d').nth(2)", ['b']],
  ["list('a','b','c','d').drop_n(3)", ['d']],
  ["list('a','b','c','d','e').join_nth(2, '+')", ['a+b', 'c+d', 'e']],
  ["list('b','a').sort", ['a', 'b']],
  ["list('a','nil').filter_string_nils", ['a']],
  ["list('a','b').in('b','c')", ['b']],
  ["list('a','b').not_in('b','c')", ['a']],
  ["list('a','b').equal(a)", ['a']],
  ["id('a').inverse", []],
  ["list('a').id('b','c')", ['b', 'c']],
  ["id('1').digest('hex', 'md5')", ['c4ca4238a0b923820dcc509a6f75849b']],
  ["id('1').digest('base64', 'sha1')", ['NWoZK3kTsExUV00Ywo1G5jlUKKs=']],
  ["list('1', '2').pack_numbers(b)", ['\x01\x02']],
  ["header('X-Tag').filter_map(colours)", ['one']],
  ["header('X-Tag').apply_map('colours')", ['red']],
  ["header('X-Tag', 'full').except_map('colours')", ['two']],
  ['ip.apply_map(colours)', ['ip']],
  ["id('k');header('X-Tag', full);user", ['koneAnna', 'ktwoAnna']],
  ["user * header('X-None')", []],
];

function taskOf(dns: Parameters<typeof makeTask>[1]): Task {
  const task = makeTask(
    {
      message,
      headers: [
        ['IP', '192.0.2.7'],
        ['From', 'bounce@mailer.example.org'],
        ['Rcpt', 'b@example.net'],
        ['Helo', 'mx.example.org'],
        ['User', 'Anna'],
        ['Queue-Id', '4F'],
        ['X-Tenant', 'blue'],
      ],
      receivedAt: Date.UTC(2026, 11, 1),
    },
    dns,
    { suffixes: suffixesOfList('com\norg\nnet\nco.uk\n') },
  );
  task.set(networkOwner, { asn: '64500', network: '192.0.2.0/24', country: 'DE' });
  task.insert('FOUND', 2, ['x', 'y']);
  return task;
}

test('what selectors pick of a message', { timeout: 60_000 }, async (t) => {
  const { resolver } = await startDns(t, {});
  const task = taskOf(resolver);
  const found = cases.map(([selector]) => [selector, selectors.combined(selector)(task)] as const);
  assert.deepEqual(found, cases);
  assert.equal(selectors.combined('attachments')(task)[0]?.length, 128);
  assert.match(
    selectors.combined("attachments('base32', 'sha256')")(task)[0] ?? '',
    /^[ybndrfg8ejkmcpqxot1uwisza345h769]{52}$/,
  );
  assert.match(selectors.combined("id('1').digest('rbase32')")(task)[0] ?? '', /^[a-z2-7]{103}$/);
  assert.match(selectors.combined("id('1').digest('bleach32', 'md5')")(task)[0] ?? '', /^[02-9ac-hj-np-z]{26}$/);
  assert.match(selectors.combined('digest')(task)[0] ?? '', /^[0-9a-f]{32}$/);
  assert.match(selectors.combined("words('full')")(task)[0] ?? '', /^\{\[1\] = see, \[2\] = see, \[3\] = See\}$/);
  assert.notEqual(selectors.combined('rspamd_hostname')(task)[0], '');
});

test('results of several selectors are put together, laid side by side or made pairs', {
  timeout: 60_000,
}, async (t) => {
  const { resolver } = await startDns(t, {});
  const task = taskOf(resolver);
  const text = "id('tag');header('X-Tag', 'full')";
  assert.deepEqual(selectors.combined(text, ':')(task), ['tag:one', 'tag:two']);
  assert.deepEqual(selectors.flat(text)(task), ['tag', 'one', 'two']);
  assert.deepEqual(selectors.pairs(`${text};id('user');user`)(task), { tag: ['one', 'two'], user: 'Anna' });
  assert.equal(selectors.pairs('user;ip;helo')(task), undefined);
});

test('a selector that is wrong is refused, and the reason told', () => {
  const wrong: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /a name is expected/],
    ['nothing', /selector "nothing" is not known here/],
    ['user.nothing', /transform "nothing"/],
    ['user.lower)', /its end is expected before "\)"/],
    ["header('a'", /an argument is expected/],
    ['header', /header needs 1 argument$/],
    ["user.nth('x')", /argument 1 of nth must be a number/],
    ["user.digest('octal')", /argument 1 of digest must be hex, base32/],
    ["user.regexp('(')", /parenthesis/],
    ['urls_filtered({shiny})', /"shiny" is no flag/],
    ["from('moon')", /names no addresses/],
    ['user.constructor', /transform "constructor"/],
    [`user.in(${'{'.repeat(50)}`, /20 levels/],
  ];
  for (const [text, expected] of wrong) assert.throws(() => selectors.combined(text), expected, text);
});

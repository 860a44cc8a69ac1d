import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HostItem, parseHosts, parseNameservers } from '../../src/upstreams/index.ts';

function inet(name: string, host: string, port = 11333, weight = 0): HostItem {
  return { kind: 'inet', name, host, port, weight };
}

const accepted: ReadonlyArray<readonly [text: string, items: HostItem[], warning?: RegExp]> = [
  ['127.0.0.1', [inet('127.0.0.1', '127.0.0.1')]],
  ['127.0.0.1:11334', [inet('127.0.0.1:11334', '127.0.0.1', 11334)]],
  ['127.0.0.1:11334:10', [inet('127.0.0.1:11334', '127.0.0.1', 11334, 10)]],
  ['scanner.example.com:11333:0', [inet('scanner.example.com:11333', 'scanner.example.com')]],
  ['scanner_1.example.com.', [inet('scanner_1.example.com.', 'scanner_1.example.com.')]],
  ['a:1:', [inet('a:1', 'a', 1)]],
  ['a:0080', [inet('a:0080', 'a', 80)]],
  ['[::1]', [inet('::1', '::1')]],
  ['[2001:db8::1]:80', [inet('2001:db8::1', '2001:db8::1', 80)]],
  ['[2001:db8::1]:80:3', [inet('2001:db8::1', '2001:db8::1', 80, 3)]],
  ['[fe80::1%eth0]:80', [inet('fe80::1%eth0', 'fe80::1%eth0', 80)]],
  ['[::ffff:127.0.0.1]:80', [inet('::ffff:127.0.0.1', '127.0.0.1', 80)]],
  ['[127.0.0.1]:80', [inet('127.0.0.1', '127.0.0.1', 80)]],
  ['/run/rspamd.sock', [{ kind: 'unix', name: '/run/rspamd.sock', path: '/run/rspamd.sock', weight: 0 }]],
  ['./rspamd.sock', [{ kind: 'unix', name: './rspamd.sock', path: './rspamd.sock', weight: 0 }]],
  ['/run/a:b', [{ kind: 'unix', name: '/run/a:b', path: '/run/a:b', weight: 0 }]],
  ['/run/a:1:2', [{ kind: 'unix', name: '/run/a:1:2', path: '/run/a:1:2', weight: 0 }], /neither port nor weight/],
  ['service=rspamd+example.com', [{ kind: 'srv', name: '_rspamd._tcp.example.com', weight: 0 }]],
  [
    'SERVICE=rspamd+example.com:5',
    [{ kind: 'srv', name: '_rspamd._tcp.example.com', weight: 0 }],
    /":5" has no effect/,
  ],
  ['a,b;c d\r\ne\tf,', ['a', 'b', 'c', 'd', 'e', 'f'].map((one) => inet(one, one))],
  ['a, a', [inet('a', 'a'), inet('a', 'a')]],
  [':11334', [inet(':11334', 'localhost', 11334)], /read as localhost/],
  ['127.1:80', [inet('127.1:80', '127.0.0.1', 80)], /read as 127\.0\.0\.1/],
  ['10.1.257', [inet('10.1.257', '10.1.1.1')], /read as 10\.1\.1\.1/],
  ['hash:11333', [], /no IPv4 address/],
];

for (const [text, items, problem] of accepted) {
  test(`hosts: ${JSON.stringify(text)}`, () => {
    const spec = parseHosts([text]);
    assert.deepEqual(spec.items, items);
    if (problem === undefined) assert.deepEqual(spec.problems, []);
    else assert.match(spec.problems[0]?.message ?? '', problem);
    for (const { severity } of spec.problems) assert.equal(severity, items.length > 0 ? 'warning' : 'error');
  });
}

const refused: ReadonlyArray<readonly [text: string, message: RegExp]> = [
  ['', /names no host; write/],
  [' ;,', /names no host/],
  ['round-robin:', /names no host/],
  ['127.0.0.1:99999', /port 99999 is outside of 1 to 65535/],
  ['127.0.0.1:0', /port 0 is outside/],
  ['127.0.0.1:', /port is missing; write HOST:11333/],
  ['host::7', /port is missing/],
  ['127.0.0.1:80:-1', /weight "-1" is not a whole number/],
  ['127.0.0.1:80:65536', /weight 65536 is above 65535/],
  ['127.0.0.2:43101:3:4', /too many colons/],
  ['127.0.0.2:abc', /port "abc" is not a number/],
  ['::1', /needs brackets, as in \[::1\]:11333/],
  ['2001:db8::1:80', /needs brackets/],
  ['2001:db8:0:0:0:0:0:1', /needs brackets/],
  ['[::1', /bracket is not closed/],
  ['[::1]80', /"80" cannot follow the bracket/],
  ['[scanner]:80', /no IPv6 address/],
  ['*:43101', /address to listen on/],
  ['unix:/run/rspamd.sock', /written alone: \/run\/rspamd\.sock/],
  ['http://scanner:11333/', /without a scheme/],
  ['p2c:127.0.0.2:43101', /"p2c:" is no way of choosing \(there are round-robin:, master-slave:, random:, hash:\)/],
  ['sequential:scanner1', /"sequential:" is no way of choosing/],
  ['service=rspamd', /service=NAME\+DOMAIN/],
  ['service=+example.com', /service=NAME\+DOMAIN/],
  ['service=rspamd+', /service=NAME\+DOMAIN/],
  ['300.1.1.1', /no IPv4 address/],
  ['010.0.0.1', /no IPv4 address/],
  ['0x7f000001:80', /no IPv4 address/],
  ['b\xc3\xbccher.example', /"xn--" form/],
  ['a..b', /parts 1 to 63/],
  ['a!b', /"!" cannot be part of a host name/],
  [`${'x'.repeat(64)}.example`, /parts 1 to 63/],
  [`/${'x'.repeat(107)}`, /at most 107 bytes, this one 108/],
];

for (const [text, message] of refused) {
  test(`hosts refused: ${JSON.stringify(text.slice(0, 40))}`, () => {
    const { items, problems } = parseHosts([text]);
    assert.deepEqual(items, []);
    assert.equal(problems[0]?.severity, 'error');
    assert.match(problems[0]?.message ?? '', message);
  });
}

test('the rotation stands before the items, in any case', () => {
  const rotations = ['round-robin', 'master-slave', 'random', 'hash'] as const;
  for (const rotation of rotations) {
    for (const text of [`${rotation}:a,b`, `${rotation.toUpperCase()}: a b`, ` ${rotation}:a b`]) {
      const spec = parseHosts([text]);
      assert.equal(spec.rotation, rotation);
      assert.deepEqual(spec.items, [inet('a', 'a'), inet('b', 'b')]);
      assert.deepEqual(spec.problems, []);
    }
  }
  assert.equal(parseHosts(['a']).rotation, 'round-robin');
});

test('of several rotations in an array the last one counts, and that is said', () => {
  const spec = parseHosts(['hash:a', 'b', 'random:c']);
  assert.equal(spec.rotation, 'random');
  assert.equal(spec.items.length, 3);
  assert.deepEqual(spec.problems, [
    {
      severity: 'warning',
      string: 2,
      offset: 0,
      length: 7,
      message: '"random:" overrides the "hash:" of an earlier string',
    },
  ]);
});

test('a rotation behind the first item is an error, a host of that name is not', () => {
  assert.match(parseHosts(['a, hash:b']).problems[0]?.message ?? '', /start of the string only/);
  assert.deepEqual(parseHosts(['a, hash:80']).items[1], inet('hash:80', 'hash', 80));
});

test('good hosts are kept whatever stands beside them, and errors say where', () => {
  for (const strings of [
    ['good', 'bad:x'],
    ['bad:x', 'good'],
  ]) {
    const spec = parseHosts(strings);
    assert.deepEqual(spec.items, [inet('good', 'good')]);
    assert.equal(spec.problems[0]?.string, strings.indexOf('bad:x'));
  }
  const { problems } = parseHosts(['random: good,  bad:x;good']);
  assert.deepEqual(
    problems.map(({ severity, string, offset, length }) => ({ severity, string, offset, length })),
    [{ severity: 'error', string: 0, offset: 15, length: 5 }],
  );
});

test('another default port', () => {
  assert.deepEqual(parseHosts(['a, [::1]'], 53).items, [inet('a', 'a', 53), inet('::1', '::1', 53)]);
});

test('nameservers have an address or a name', () => {
  const { servers, problems } = parseNameservers([
    '127.0.0.1',
    'master-slave:[::1]:5353:10, ns.example.com:54',
    '/run/ns.sock',
    'service=dns+example.com',
  ]);
  assert.deepEqual(servers, ['127.0.0.1:53', '[::1]:5353', 'ns.example.com:54']);
  assert.deepEqual(
    problems.map(({ string, message }) => [string, message]),
    [
      [2, '/run/ns.sock is no nameserver; write HOST or HOST:PORT'],
      [3, '_dns._tcp.example.com is no nameserver; write HOST or HOST:PORT'],
    ],
  );
});

test('any text gives items, or errors that lie within it', () => {
  const alphabet = fc.constantFrom(...'ab1:.[]/,; =+-%*\xff', 'hash:', '127.0.0.1', 'service=', '::1');
  const texts = fc.array(
    fc.array(alphabet).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 3 },
  );
  fc.assert(
    fc.property(texts, (strings) => {
      const { items, problems } = parseHosts(strings);
      assert.ok(items.length > 0 || problems.length > 0);
      for (const { string, offset, length, message } of problems) {
        assert.ok(offset >= 0 && offset + length <= (strings[string] as string).length, message);
      }
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MilterOptions } from '../../src/frontends/milter/index.ts';
import { Bench, connected, connectPacket, greeted, message, offer, packet, zero } from './support.ts';

/** Values of one header of the latest scan request. */
function header(bench: Bench, name: string): string[] {
  return [...bench.lastRequest.headers].filter(([key]) => key === name).map(([, value]) => value);
}

test('an envelope becomes headers, a message its bytes', () => {
  const bench = greeted().send(
    packet('D', `M${zero('{auth_authen}', 'alice', 'i', 'QID')}`),
    message({
      rcpt: ['<b@example.com>', '<c@example.com>'],
      headers: [
        ['A', 'b'],
        ['Empty', ''],
        ['Fold', 'one\n\ttwo'],
      ],
    }),
  );
  const { headers, body, target, upstream, transport, peer } = bench.lastRequest;
  assert.deepEqual(
    [...headers],
    [
      ['Hostname', 'mx.example.net'],
      ['Helo', 'helo.example.net'],
      ['From', '<a@example.com>'],
      ['Rcpt', '<b@example.com>'],
      ['Rcpt', '<c@example.com>'],
      ['IP', '198.51.100.7:34567'],
      ['Queue-ID', 'QID'],
      ['User', 'alice'],
      ['Flags', 'milter,body_block'],
    ],
  );
  assert.equal(body.toString(), 'A: b\r\nEmpty: \r\nFold: one\n\ttwo\r\n\r\nHello\r\n');
  assert.deepEqual([target, upstream, transport, peer.kind], ['/checkv2', undefined, 'milter', 'inet']);
  assert.match(bench.lastRequest.sessionId, /^[0-9a-f]{16}$/);
});

const macros: ReadonlyArray<readonly [string, readonly string[], string, readonly string[]]> = [
  ['braced i before bare i', ['i', 'bare', '{i}', 'braced'], 'Queue-ID', ['braced']],
  ['names in any case', ['{AUTH_authen}', 'alice'], 'User', ['alice']],
  ['an empty login', ['{auth_authen}', ''], 'User', ['']],
  ['bare names of braced macros', ['auth_authen', 'alice', 'cipher', 'x'], 'User', []],
  ['daemon_name before j', ['j', 'j.example', '{daemon_name}', 'd.example'], 'MTA-Name', ['d.example']],
  ['j', ['j', 'j.example'], 'MTA-Name', ['j.example']],
  ['the MTA version', ['v', 'Postfix 3.7.11'], 'User-Agent', ['Postfix 3.7.11']],
  ['TLS', ['{cipher}', 'AES', '{tls_version}', 'TLSv1.3', '{cert_issuer}', ''], 'TLS-Cert-Issuer', ['']],
  ['the TLS version', ['{tls_version}', 'TLSv1.3'], 'TLS-Version', ['TLSv1.3']],
  ['the cipher', ['{cipher}', 'AES'], 'TLS-Cipher', ['AES']],
  ['the mailer', ['{rcpt_mailer}', 'relay'], 'Mailer', ['relay']],
  ['bytes that no header holds', ['{auth_authen}', 'a\r\nX: y\x01'], 'User', ['a  X: y ']],
];

for (const [what, pairs, name, expected] of macros)
  test(`macros: ${what}`, () => {
    const bench = greeted().send(packet('D', `M${zero(...pairs)}`), message());
    assert.deepEqual(header(bench, name), expected);
  });

test('a certificate of our own authority names a second user', () => {
  const pairs = ['{auth_authen}', 'alice', '{cert_issuer}', 'Our CA', '{cert_subject}', 'CN=bob'];
  const users = (options: Partial<MilterOptions>): string[] =>
    header(greeted(options).send(packet('D', `M${zero(...pairs)}`), message()), 'User');
  assert.deepEqual(users({ clientCaName: 'Our CA' }), ['alice', 'CN=bob']);
  assert.deepEqual(users({ clientCaName: 'our ca' }), ['alice']);
  assert.deepEqual(users({}), ['alice']);
});

const hostnames: ReadonlyArray<readonly [string, string | undefined, readonly string[]]> = [
  ['mx.example', 'other.example', ['mx.example']],
  ['', 'other.example', ['other.example']],
  ['unknown', 'other.example', ['other.example']],
  ['[192.0.2.1]', 'other.example', ['other.example']],
  ['[192.0.2.1]', undefined, ['[192.0.2.1]']],
  ['[192.0.2.1]', 'unknown', ['[192.0.2.1]']],
  ['Unknown', undefined, ['Unknown']],
  ['unknown', 'unknown', []],
  ['', undefined, []],
];

for (const [connectedAs, macro, expected] of hostnames)
  test(`hostname ${connectedAs} with client_name ${macro}`, () => {
    const bench = new Bench().send(offer(), connectPacket(connectedAs, '4', 1, '192.0.2.1'));
    if (macro !== undefined) bench.send(packet('D', `M${zero('{client_name}', macro)}`));
    assert.deepEqual(header(bench.send(message()), 'Hostname'), expected);
  });

test('no address, no IP header: never that of the MTA', () => {
  assert.deepEqual(header(new Bench().send(offer(), message()), 'IP'), []);
  assert.deepEqual(header(new Bench().send(offer(), packet('C', 'h\0U'), message()), 'IP'), []);
  assert.deepEqual(header(greeted().send(packet('K'), message()), 'IP'), []);
});

test('ESMTP arguments: one per key, the last wins, up to the first empty one', () => {
  const bench = greeted().send(
    packet('M', zero('<a@b>', 'SIZE=1', 'BODY=8BITMIME', 'size=700', 'SMTPUTF8', 'AUTH=', '', 'LOST=1')),
    packet('R', zero('unparsable @', 'NOTIFY=NEVER')),
    packet('R', zero('<c@d>')),
    packet('R', zero('<e@f>', 'NOTIFY=FAILURE', 'ORCPT=rfc822;x=y')),
    packet('E'),
  );
  assert.deepEqual(header(bench, 'X-Rspamd-Mail-Esmtp-Args'), ['size=700', 'BODY=8BITMIME', 'SMTPUTF8', 'AUTH']);
  assert.deepEqual(header(bench, 'X-Rspamd-Rcpt-Esmtp-Args'), ['1:NOTIFY=FAILURE', '1:ORCPT=rfc822;x=y']);
  assert.deepEqual(header(bench, 'Rcpt'), ['<c@d>', '<e@f>']);
});

test('several hundred recipients get as many headers', () => {
  const rcpt = Array.from({ length: 700 }, (_, at) => `<user${at}@example.com>`);
  assert.deepEqual(header(greeted().send(message({ rcpt })), 'Rcpt'), rcpt);
});

test('an empty HELO name clears the earlier one; a missing NUL does no harm', () => {
  assert.deepEqual(header(greeted().send(packet('H', '\0'), message()), 'Helo'), []);
  assert.deepEqual(header(greeted().send(packet('H', 'x.example'), message()), 'Helo'), ['x.example']);
});

test('message bytes: nothing is invented', () => {
  const bytes = (...packets: Buffer[]): string =>
    greeted()
      .send(packet('M', zero('<>')), packets, packet('E'))
      .lastRequest.body.toString('latin1');
  assert.equal(bytes(packet('L', 'A\0b\0'), packet('B', 'body')), 'A: b\r\nbody', 'no N, no blank line');
  assert.equal(bytes(), '');
  assert.equal(bytes(packet('B', 'a\0b\rc\r'), packet('B', '\nd')), 'a\0b\rc\r\nd');
  assert.equal(bytes(packet('L', 'A\0\tb\0'), packet('L', 'C\0 d\0')), 'A: \tb\r\nC:  d\r\n');
  assert.equal(bytes(packet('L', 'A\0a\0b\0')), 'A: a\0b\r\n', 'a NUL inside a value');
});

test('a message of any size is joined once and keeps its bytes', () => {
  const chunks = [10, 5000, 3, 65_535, 4095, 4096, 70_000].map((size, at) => Buffer.alloc(size, `${at}`));
  const bench = greeted().send(packet('M', zero('<>')), packet('L', zero('A', 'x'.repeat(10_000))), packet('N'));
  for (const chunk of chunks) bench.send(packet('B', chunk));
  bench.send(packet('E', 'last'));
  const expected = Buffer.concat([Buffer.from(`A: ${'x'.repeat(10_000)}\r\n\r\n`), ...chunks, Buffer.from('last')]);
  assert.ok(bench.lastRequest.body.equals(expected));
});

test('with the leading space agreed on, header bytes are those of the message', () => {
  const bench = new Bench({ leadingSpace: true }).send(offer(), connected, packet('M', zero('<>')));
  bench.send(
    packet('L', zero('A', ' b')),
    packet('L', zero('B', 'c')),
    packet('L', zero('C', '\n d')),
    packet('N'),
    packet('E'),
  );
  assert.equal(bench.lastRequest.body.toString(), 'A: b\r\nB:c\r\nC:\n d\r\n\r\n');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClient } from '../../src/frontends/milter/smtp-client.ts';
import { formatPeer } from '../../src/message/peer.ts';
import { connectPacket } from './support.ts';

const payload = (hostname: string, family: string, port: number, address: string): Buffer =>
  connectPacket(hostname, family, port, address).subarray(5);

const addresses: ReadonlyArray<readonly [string, string, number, string]> = [
  ['4', '198.51.100.7', 34567, '198.51.100.7:34567'],
  ['4', '127.0.0.1', 0, '127.0.0.1:0'],
  ['6', '2001:DB8:0:0::7', 25, '[2001:db8::7]:25'],
  ['6', 'IPv6:2001:db8::7', 25, '[2001:db8::7]:25'],
  ['6', 'ipv6:[2001:db8::7]', 25, '[2001:db8::7]:25'],
  ['6', '[2001:db8::7]', 25, '[2001:db8::7]:25'],
  ['6', 'fe80::1%eth0', 25, '[fe80::1]:25'],
  ['6', '::ffff:192.0.2.1', 25, '192.0.2.1:25'],
  ['6', '::ffff:c000:201', 25, '192.0.2.1:25'],
  ['6', '192.0.2.1', 25, '192.0.2.1:25'],
  ['4', '192.0.2.1:99', 25, '192.0.2.1:25'],
  ['4', '010.0.0.1', 25, '10.0.0.1:25'],
  ['L', 'local', 0, 'local'],
  ['L', '/run/x', 0, '/run/x'],
];

for (const [family, text, port, expected] of addresses)
  test(`family ${family} with ${text} is ${expected}`, () => {
    const { address } = readClient(payload('h', family, port, text));
    assert.equal(address && formatPeer(address), expected);
  });

const none: ReadonlyArray<readonly [string, Buffer]> = [
  ['family U', Buffer.from('h\0U')],
  ['family U with more', payload('h', 'U', 1, 'x')],
  ['the end after the hostname', Buffer.from('h\0')],
  ['the end after the family', Buffer.from('h\x004')],
  ['the end after the port', Buffer.from('h\x004\0\x19')],
  ['an empty path', payload('h', 'L', 0, '')],
];

for (const [what, bytes] of none)
  test(`${what}: a client without an address`, () => {
    assert.deepEqual(readClient(bytes), { hostname: 'h', address: undefined });
  });

const broken: ReadonlyArray<readonly [string, Buffer]> = [
  ['no NUL after the hostname', Buffer.from('host')],
  ['no NUL after the address', Buffer.from('h\x004\0\x19192.0.2.1')],
  ['an address that is none', payload('h', '4', 25, 'nowhere')],
  ['an octet too large', payload('h', '4', 25, '192.0.2.256')],
  ['an unknown family', payload('h', 'X', 25, '192.0.2.1')],
  ['nothing', Buffer.alloc(0)],
];

for (const [what, bytes] of broken)
  test(`${what} is a protocol error`, () => {
    assert.throws(() => readClient(bytes), { name: 'ProtocolError', message: /^invalid connect command/ });
  });

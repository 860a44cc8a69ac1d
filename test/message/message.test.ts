import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScanError } from '../../src/message/errors.ts';
import { Headers } from '../../src/message/headers.ts';
import { formatPeer, isLoopback, plainAddress } from '../../src/message/peer.ts';

test('headers keep order, spelling and duplicates, and compare without case', () => {
  const headers = Headers.of(['Rcpt', '<a@b>'], ['IP', '192.0.2.1'], ['rcpt', '<c@d>']);
  assert.equal(headers.get('RCPT'), '<a@b>');
  assert.deepEqual(headers.getAll('rcpt'), ['<a@b>', '<c@d>']);
  assert.equal(headers.get('From'), undefined);
  assert.deepEqual(
    [...headers].map(([name]) => name),
    ['Rcpt', 'IP', 'rcpt'],
  );
});

test('set replaces every field of the name in the place of the first', () => {
  const headers = Headers.of(['A', '1'], ['B', '2'], ['a', '3'], ['C', '4'], ['a', '5']).set('a', 'x');
  assert.deepEqual(headers.flat, ['a', 'x', 'B', '2', 'C', '4']);
  assert.deepEqual(headers.set('D', '6').flat.slice(-2), ['D', '6']);
});

test('delete takes every field of every name', () => {
  const headers = Headers.of(['A', '1'], ['B', '2'], ['a', '3'], ['C', '4']).delete('A', 'c');
  assert.deepEqual(headers.flat, ['B', '2']);
  assert.equal(headers.size, 1);
});

test('a copy is independent', () => {
  const headers = Headers.of(['A', '1']);
  const copy = headers.clone().set('A', '2');
  assert.equal(headers.get('A'), '1');
  assert.equal(copy.get('A'), '2');
});

test('peers are written as the IP header has them', () => {
  assert.equal(formatPeer({ kind: 'inet', address: '192.0.2.1', port: 25 }), '192.0.2.1:25');
  assert.equal(formatPeer({ kind: 'inet', address: '2001:db8::1', port: 25 }), '[2001:db8::1]:25');
  assert.equal(formatPeer({ kind: 'unix', path: '/run/x' }), '/run/x');
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(plainAddress('::ffff:x'), '::ffff:x');
  assert.equal(isLoopback({ kind: 'inet', address: '127.9.9.9', port: 1 }), true);
  assert.equal(isLoopback({ kind: 'inet', address: '192.0.2.1', port: 1 }), false);
  assert.equal(isLoopback({ kind: 'unix', path: '' }), true);
});

test('a scan error says what a client gets and whether another host may help', () => {
  const refused = new ScanError('UPSTREAM_UNREACHABLE', 'connect ECONNREFUSED 127.0.0.1:1');
  assert.equal(refused.status, 502);
  assert.equal(refused.retry, true);
  assert.match(refused.message, /^cannot connect to the scanner: connect ECONNREFUSED/);
  assert.equal(ScanError.from(refused), refused);
  assert.equal(ScanError.from(new TypeError('x')).code, 'INTERNAL');
  assert.equal(new ScanError('DEADLINE').retry, false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeReplies, type Reply } from '../../src/wire/milter/index.ts';
import { packet, splitPackets, uint32, zero } from './support.ts';

const cases: ReadonlyArray<readonly [Reply, Buffer]> = [
  [{ is: 'accept' }, packet('a')],
  [{ is: 'continue' }, packet('c')],
  [{ is: 'discard' }, packet('d')],
  [{ is: 'tempfail' }, packet('t')],
  [{ is: 'progress' }, packet('p')],
  [{ is: 'reply', text: '554 5.7.1 no' }, packet('y', zero('554 5.7.1 no'))],
  [{ is: 'quarantine', reason: '' }, packet('q', zero(''))],
  [{ is: 'add-header', name: 'A', value: 'é'.normalize() }, packet('h', zero('A', '\xe9'))],
  [
    { is: 'insert-header', index: 7, name: 'A', value: 'b' },
    packet('i', Buffer.concat([uint32(7), Buffer.from('A\0b\0')])),
  ],
  [
    { is: 'change-header', index: 1, name: 'A', value: '' },
    packet('m', Buffer.concat([uint32(1), Buffer.from('A\0\0')])),
  ],
  [{ is: 'change-sender', address: '<a@b>' }, packet('e', zero('<a@b>'))],
  [{ is: 'add-recipient', address: 'a@b' }, packet('+', zero('a@b'))],
  [{ is: 'delete-recipient', address: 'a@b' }, packet('-', zero('a@b'))],
  [{ is: 'negotiate', version: 6, actions: 0x1ff, protocol: 0xff080 }, packet('O', uint32(6, 0x1ff, 0xff080))],
];

for (const [reply, expected] of cases)
  test(`reply ${reply.is}`, () => assert.deepEqual(encodeReplies([reply]), [expected]));

test('a batch is one buffer', () => {
  const all = encodeReplies(cases.map(([reply]) => reply));
  assert.equal(all.length, 1);
  assert.deepEqual(all[0], Buffer.concat(cases.map(([, bytes]) => bytes)));
});

test('a new body goes out in packets of at most 65535 bytes, as views of it', () => {
  const body = Buffer.alloc(150_000, 'body');
  const pieces = encodeReplies([
    { is: 'add-header', name: 'A', value: 'b' },
    { is: 'replace-body', body },
    { is: 'accept' },
  ]);
  const packets = splitPackets(Buffer.concat(pieces));
  assert.deepEqual(
    packets.map(({ cmd, payload }) => [cmd, payload.length]),
    [
      ['h', 4],
      ['b', 65_535],
      ['b', 65_535],
      ['b', 18_930],
      ['a', 0],
    ],
  );
  assert.deepEqual(Buffer.concat(packets.filter(({ cmd }) => cmd === 'b').map(({ payload }) => payload)), body);
  assert.equal(pieces.filter((piece) => piece.buffer === body.buffer).length, 3);
});

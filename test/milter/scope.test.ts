import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bench, connectPacket, greeted, message, packet, verdict, zero } from './support.ts';

function header(bench: Bench, name: string): string[] {
  return bench.lastRequest.headers.flat.filter((_, at, flat) => at % 2 === 1 && flat[at - 1] === name);
}

test('a new MAIL forgets the message before it, with or without an abort', () => {
  for (const between of [[], [packet('A')], [packet('A'), packet('A')]]) {
    const bench = greeted().send(
      packet('D', `M${zero('{auth_authen}', 'alice')}`),
      packet('M', zero('<first@example.com>', 'SIZE=1')),
      packet('R', zero('<lost@example.com>')),
      packet('L', zero('Lost', 'x')),
      packet('B', 'lost'),
      between,
      message({ from: '<second@example.com>' }),
    );
    assert.deepEqual(header(bench, 'From'), ['<second@example.com>']);
    assert.deepEqual(header(bench, 'Rcpt'), ['<b@example.com>']);
    assert.deepEqual(header(bench, 'User'), [], 'the login was for the first message');
    assert.deepEqual(header(bench, 'X-Rspamd-Mail-Esmtp-Args'), []);
    assert.equal(bench.lastRequest.body.toString(), 'Subject: hi\r\n\r\nHello\r\n');
  }
});

test('macros sent right before a MAIL belong to it', () => {
  const bench = greeted().send(packet('D', `M${zero('{auth_authen}', 'alice')}`), packet('D', `M${zero('i', '1')}`));
  bench.send(message());
  assert.deepEqual([...header(bench, 'User'), ...header(bench, 'Queue-ID')], ['alice', '1']);
});

test('after a verdict the macros of the message are gone, those of the connection stay', async () => {
  const bench = greeted().send(
    packet('D', `C${zero('j', 'mta.example')}`),
    connectPacket('h', '4', 1, '192.0.2.1'),
    packet('D', `H${zero('{cipher}', 'AES')}`),
    packet('H', zero('x')),
    packet('D', `M${zero('{auth_authen}', 'alice')}`),
    message({ queueId: 'Q1' }),
  );
  await bench.answer();
  bench.send(message());
  const names = ['MTA-Name', 'TLS-Cipher', 'User', 'Queue-ID', 'Helo', 'IP'];
  assert.deepEqual(
    names.map((name) => header(bench, name)[0]),
    ['mta.example', 'AES', undefined, undefined, 'x', '192.0.2.1:1'],
  );
});

test('a new HELO forgets TLS macros and the message that had begun', () => {
  const bench = greeted().send(
    packet('D', `H${zero('{cipher}', 'AES')}`),
    packet('H', zero('x')),
    packet('M', zero('<lost@a>')),
  );
  bench.send(packet('D', 'H'), packet('H', zero('y')), packet('R', zero('<r@a>')), packet('E'));
  assert.deepEqual([header(bench, 'TLS-Cipher'), header(bench, 'From'), header(bench, 'Helo')], [[], [], ['y']]);
});

test('K forgets everything about the SMTP connection', () => {
  const bench = greeted().send(
    packet('D', `C${zero('v', 'Postfix')}`),
    packet('M', zero('<lost@a>')),
    packet('K'),
    message(),
  );
  assert.deepEqual(
    [...bench.lastRequest.headers],
    [
      ['From', '<a@example.com>'],
      ['Rcpt', '<b@example.com>'],
      ['Flags', 'milter,body_block'],
    ],
  );
});

test('a new C forgets the HELO of the one before', () => {
  const bench = greeted().send(connectPacket('second.example', '4', 7, '203.0.113.9'), message());
  assert.deepEqual([header(bench, 'Helo'), header(bench, 'IP')], [[], ['203.0.113.9:7']]);
});

test('overrides of one result do not reach the next message', async () => {
  for (const milter of [{ no_action: true }, { reject: 'discard' }, { reject: 'quarantine' }]) {
    const bench = greeted().send(message());
    await bench.answer(verdict({ action: 'reject', milter }));
    assert.notEqual(bench.letters(), 'y');
    bench.send(message());
    await bench.answer(verdict({ action: 'reject' }));
    assert.equal(bench.letters(), 'y', JSON.stringify(milter));
  }
});

test('the macro value of the latest stage counts, and one that is too long is ignored', () => {
  const bench = greeted().send(packet('D', `E${zero('i', 'late')}`), packet('D', `C${zero('i', 'early')}`));
  bench.send(packet('D', `R${zero('{rcpt_mailer}', 'x'.repeat(9000))}`), packet('E'));
  assert.deepEqual([header(bench, 'Queue-ID'), header(bench, 'Mailer')], [['late'], []]);
});

test('hundreds of macro packets, empty ones and unknown stages are taken', () => {
  const bench = greeted();
  for (let round = 0; round < 500; round++) bench.send(packet('D', `L${zero('i', `Q${round}`)}`), packet('D', 'L'));
  bench.send(packet('D'), packet('D', `\xff${zero('{auth_authen}', 'x')}`), packet('E'));
  assert.deepEqual([header(bench, 'Queue-ID'), header(bench, 'User')], [['Q499'], ['x']]);
});

test('a message without a MAIL of its own knows nothing of the one before, aborted or finished', async () => {
  const bench = greeted().send(packet('D', `M${zero('{auth_authen}', 'alice')}`), message({ queueId: 'Q1' }));
  await bench.answer();
  bench.send(packet('R', zero('<r@a>')), packet('E'));
  const seen = (): string[] => ['From', 'User', 'Queue-ID'].flatMap((name) => header(bench, name));
  assert.deepEqual(seen(), []);
  await bench.answer();
  bench.send(packet('D', `M${zero('{auth_authen}', 'alice')}`), packet('A'), packet('M', zero('<s@a>')), packet('E'));
  assert.deepEqual(seen(), ['<s@a>']);
});

/**
 * What went wrong with milters of Rspamd and others in the field, and what happens here instead. The numbers are those
 * of the list of known field problems that this front end was written against; failures of the scanner come first.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MilterOptions } from '../../src/frontends/milter/index.ts';
import { ScanError } from '../../src/message/errors.ts';
import type { ScanResult } from '../../src/message/scan.ts';
import { headerEdit, strings } from '../conformance/milter/packets.ts';
import { Bench, connected, greeted, message, offer, type Packet, packet, verdict, zero } from './support.ts';

/** Packets that answer one message with that result. */
async function answerTo(
  result: Partial<ScanResult>,
  headers: ReadonlyArray<readonly [string, string]> = [['Subject', 'hi']],
  options: Partial<MilterOptions> = {},
): Promise<Packet[]> {
  const bench = greeted(options).send(message({ headers }));
  return (await bench.answer(verdict(result))).packets();
}

const letters = (packets: readonly Packet[]): string => packets.map(({ cmd }) => cmd).join('');
const text = (packets: readonly Packet[]): string => strings(packets.at(-1)?.payload ?? Buffer.alloc(0))[0] ?? '';

test('failure: an answer of no use is t, and the connection stays usable', async () => {
  const bench = greeted().send(message());
  assert.equal((await bench.answer(verdict(undefined))).letters(), 't');
  bench.send(message());
  assert.equal((await bench.answer()).letters(), 'a');
});

for (const code of ['UPSTREAM_UNREACHABLE', 'UPSTREAM_BROKEN', 'UPSTREAM_TIMEOUT', 'NO_LIVE_HOST', 'DEADLINE'] as const)
  test(`failure: ${code} is t on a connection that stays, not an EOF`, async () => {
    const bench = greeted().send(message());
    assert.equal((await bench.fail(new ScanError(code))).letters(), 't');
    assert.equal(bench.closed, false);
  });

test('failure: a message above the limit is one t without a scan', () => {
  const bench = greeted({ maxMessage: 1000 }).send(message({ body: 'x'.repeat(2000) }));
  assert.deepEqual([bench.letters(), bench.scans.length, bench.closed], ['t', 0, false]);
});

test('failure: the scanner refuses a message as too large', async () => {
  const bench = greeted().send(message());
  assert.equal((await bench.fail(new ScanError('MESSAGE_TOO_LARGE'))).letters(), 't');
});

test('failure: an MTA that goes away cancels the scan and gets no reply', () => {
  const bench = greeted().send(message());
  bench.session.end();
  assert.deepEqual([bench.lastRequest.signal.aborted, bench.letters()], [true, '']);
});

test('failure: the deadline of a scan lies below the 300 s of an MTA', () => {
  const bench = greeted().send(message());
  assert.ok(bench.lastRequest.deadline - bench.now < 300_000);
  assert.match(bench.wait(299_000).letters(), /^p+t$/);
});

test('1: header bytes reach the scanner as they were where the space before values is agreed on', () => {
  const bench = new Bench({ leadingSpace: true }).send(offer(), connected, packet('L', zero('X', 'val')), packet('E'));
  assert.equal(bench.lastRequest.body.toString(), 'X:val\r\n');
});

test('2: quarantine with a message text is q, then a', async () => {
  const options = { quarantineOnReject: true };
  const packets = await answerTo({ action: 'reject', messages: { smtp_message: 'text' } }, undefined, options);
  assert.equal(letters(packets), 'qa');
});

test('3: one final reply for a message, nothing behind it', async () => {
  for (const action of ['reject', 'soft reject', 'no action', 'add header', 'bogus']) {
    const packets = await answerTo({
      action,
      'dkim-signature': 'x',
      milter: { spam_header: 'y', add_headers: { A: 'b' } },
    });
    assert.match(letters(packets), /^[him]*[aty]$/, action);
  }
});

test('4: macros in pieces, many macros, an empty list', () => {
  const pairs = Array.from({ length: 300 }, (_, at) => [`{name${at}}`, `value ${at}`]).flat();
  const bytes = Buffer.concat([packet('D', `L${zero(...pairs, 'i', 'Q1')}`), packet('D', 'B'), ...message()]);
  const bench = greeted();
  for (const byte of bytes) bench.session.receive(Buffer.from([byte]));
  assert.equal(bench.scans.length, 1);
});

test('5: port checks and garbage are one line in the log', () => {
  for (const bytes of ['', '\x16\x03\x01\0\xa5', 'SSH-2.0-x\r\n', '\0']) {
    const bench = new Bench();
    bench.session.receive(Buffer.from(bytes, 'latin1'));
    if (!bench.closed) bench.session.end();
    assert.deepEqual([bench.lines.length, bench.letters(), bench.closed], [2, '', true]);
  }
});

test('6: old and partial clients are served', async () => {
  const bench = new Bench().send(offer(2, 0x3f, 0x7f), message());
  assert.equal((await bench.answer()).letters(), `O${'c'.repeat(6)}a`);
});

test('7: an MTA that waits only ten seconds for a reply hears from us', () => {
  const bench = greeted().send(message());
  for (let seconds = 0; seconds < 60; seconds += 9) assert.match(bench.wait(9000).letters(), /^p/);
});

test('8: a percent sign in a reply is doubled', async () => {
  const packets = await answerTo({ action: 'reject', messages: { smtp_message: '50% off' } });
  assert.equal(text(packets), '554 5.7.1 50%% off');
});

test('9: line breaks in a reply make a reply of several lines, control bytes go', async () => {
  const packets = await answerTo({ action: 'soft reject', messages: { smtp_message: 'one\n250 ok\r\nthree\x07' } });
  assert.equal(text(packets), '451-4.7.1 one\r\n451-4.7.1 250 ok\r\n451 4.7.1 three');
});

test('10: several positions of a header are deleted from the last to the first', async () => {
  const packets = await answerTo({ milter: { remove_headers: { A: [1, 3] } } }, [
    ['A', '1'],
    ['A', '2'],
    ['A', '3'],
  ]);
  assert.deepEqual(
    packets.slice(0, -1).map((one) => headerEdit(one)?.index),
    [3, 1],
  );
});

test('11: a signature comes before the verdict, with spam_header too', async () => {
  const packets = await answerTo({ action: 'add header', 'dkim-signature': 'x', milter: { spam_header: 'y' } });
  assert.equal(letters(packets), 'mia');
});

test('12: no address of the client, no IP', () => {
  const bench = new Bench().send(offer(), packet('C', 'localhost\0U'), message());
  assert.equal(bench.lastRequest.headers.has('IP'), false);
});

test('13: the name of the client is taken from where it is', () => {
  for (const connectedAs of ['unknown', '[192.0.2.1]', '']) {
    const bench = new Bench().send(offer(), packet('C', `${connectedAs}\0U`));
    bench.send(packet('D', `M${zero('{client_name}', 'mx.example')}`), message());
    assert.equal(bench.lastRequest.headers.get('Hostname'), 'mx.example');
  }
});

test('14: nothing of an earlier transaction is left', () => {
  const bench = greeted().send(packet('D', `M${zero('{auth_authen}', 'alice')}`), message({ queueId: 'Q1' }));
  bench.send(packet('A'), packet('R', zero('<x@y>')), message());
  const { headers } = bench.lastRequest;
  assert.deepEqual(
    [headers.get('User'), headers.get('Queue-ID'), headers.getAll('Rcpt').length],
    [undefined, undefined, 1],
  );
});

test('15: a failure is answered, so that milter_default_action does not decide', async () => {
  const bench = greeted().send(message());
  await bench.fail(new Error('whatever'));
  assert.deepEqual([bench.letters(), bench.closed], ['t', false]);
});

test('16: a message over the limit never costs more memory than the limit', () => {
  const bench = greeted({ maxMessage: 1000 }).send(packet('M', zero('<a@b>')));
  for (let round = 0; round < 100; round++) bench.send(packet('B', 'x'.repeat(100_000)));
  assert.equal(bench.send(packet('E')).letters(), 't');
});

test('17: no line that we emit is longer than MTAs send', async () => {
  const long = 'word '.repeat(1000);
  const result = {
    action: 'rewrite subject',
    subject: long,
    'dkim-signature': long,
    milter: { add_headers: { A: long } },
  };
  for (const one of await answerTo(result)) {
    const edit = headerEdit(one);
    for (const line of `${edit?.name}: ${edit?.value}`.split('\n')) assert.ok(line.length <= 998);
  }
});

test('18: counters hang on the close of the socket', () => {
  const bench = greeted().send(message());
  bench.session.fail('one');
  bench.session.fail('two');
  bench.session.end();
  assert.equal(bench.lines.filter(({ text: line }) => line.includes('closing')).length, 1, 'closed once');
});

test('19: marks of the sender are removed where spam is marked', async () => {
  const packets = await answerTo({ action: 'add header' }, [
    ['X-Spam', 'No'],
    ['x-spam', 'Yes'],
  ]);
  assert.deepEqual(
    packets.slice(0, -1).map((one) => [headerEdit(one)?.index, headerEdit(one)?.value]),
    [
      [2, ''],
      [1, ''],
      [1, 'Yes'],
    ],
  );
});

test('20: a change of the first header has index 1', async () => {
  const packets = await answerTo({ action: 'rewrite subject', subject: 'new' }, [['Subject', 'old']]);
  assert.deepEqual(headerEdit(packets[0] as Packet), { cmd: 'm', index: 1, name: 'Subject', value: 'new' });
});

test('21: a new body comes in packets of at most 65535 bytes with nothing between them', async () => {
  const bench = greeted().send(message());
  await bench.answer(verdict({ 'dkim-signature': 'x', milter: { add_headers: { A: 'b' } } }, Buffer.alloc(200_000)));
  assert.match(bench.letters(), /^[^b]+bbbba$/);
});

test('22: recipients to delete are sent as the scanner wrote them', async () => {
  const packets = await answerTo({ milter: { del_rcpt: ['User@example.org', '<b@example.com>'] } });
  assert.deepEqual(
    packets.slice(0, 2).map(({ cmd, payload }) => [cmd, ...strings(payload)]),
    [
      ['-', 'User@example.org'],
      ['-', '<b@example.com>'],
    ],
  );
});

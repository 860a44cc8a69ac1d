import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScanError } from '../../src/message/errors.ts';
import { Bench, connected, greeted, message, offer, packet, settled, uint32, verdict, zero } from './support.ts';

test('one verdict per message, many messages on a connection', async () => {
  const bench = greeted();
  const ids = new Set<string>();
  for (let round = 0; round < 10; round++) {
    bench.send(message({ from: `<s${round}@example.com>`, body: `body ${round}` }));
    assert.equal(bench.letters(), '');
    assert.equal(bench.lastRequest.headers.get('From'), `<s${round}@example.com>`);
    ids.add(bench.lastRequest.sessionId);
    await bench.answer(verdict({ action: round % 2 === 0 ? 'no action' : 'reject' }));
    assert.equal(bench.letters(), round % 2 === 0 ? 'a' : 'y');
    bench.send(packet('A'), packet('A'));
    assert.equal(bench.letters(), '');
  }
  assert.equal(ids.size, 10);
  assert.equal(bench.lines[0]?.id, bench.scans[0]?.request.sessionId, 'the first message has the id of the connection');
});

test('all edits and the verdict leave in one write', async () => {
  const bench = greeted().send(message());
  const before = bench.writes;
  await bench.answer(verdict({ action: 'add header', milter: { add_headers: { A: 'a', B: 'b' } } }));
  assert.equal(bench.letters(), 'hhma');
  assert.equal(bench.writes, before + 1);
});

test('a scan that fails is one temporary failure on a connection that stays', async () => {
  for (const error of [new ScanError('UPSTREAM_UNREACHABLE', 'refused'), new Error('a fault'), 'text']) {
    const bench = greeted().send(message());
    await bench.fail(error);
    assert.equal(bench.letters(), 't');
    assert.equal(bench.closed, false);
    assert.match(bench.lines.at(-1)?.text ?? '', /tempfail$/);
    bench.send(message());
    await bench.answer();
    assert.equal(bench.letters(), 'a');
  }
});

test('a scan that throws before it has a promise is one, too', async () => {
  const bench = new Bench({}, () => {
    throw new Error('at once');
  });
  bench.send(offer(), message());
  await settled();
  assert.equal(bench.letters(), 'Ot');
});

test('an answer that nobody can decide on is a temporary failure', async () => {
  const bench = greeted().send(message());
  const result = {
    action: 'no action',
    get milter() {
      return assert.fail('trap');
    },
  };
  await bench.answer({ ...verdict({}), result });
  assert.equal(bench.letters(), 't');
  assert.ok(bench.lines.some(({ level, text }) => level === 'critical' && text.includes('trap')));
});

test('commands that come during a scan wait for the verdict', async () => {
  const bench = greeted().send(
    message(),
    message({ from: '<second@example.com>' }),
    message({ from: '<third@example.com>' }),
  );
  assert.equal(bench.scans.length, 1);
  await bench.answer();
  assert.equal(bench.letters(), 'a');
  assert.equal(bench.lastRequest.headers.get('From'), '<second@example.com>');
  await bench.answer(verdict({ action: 'reject' }));
  assert.equal(bench.letters(), 'y');
  assert.equal(bench.lastRequest.headers.get('From'), '<third@example.com>');
  await bench.answer();
  assert.equal(bench.letters(), 'a');
  assert.equal(bench.scans.length, 3);
});

test('an abort during a scan cancels it and drops the verdict', async () => {
  const bench = greeted().send(message(), packet('A'));
  assert.equal(bench.lastRequest.signal.aborted, true);
  await bench.answer();
  assert.equal(bench.letters(), '');
  bench.send(message());
  await bench.answer();
  assert.equal(bench.letters(), 'a');
});

test('a quit discards whatever there is, without a word', async () => {
  const during = greeted().send(message(), packet('Q'));
  assert.equal(during.lastRequest.signal.aborted, true);
  const halfway = greeted().send(packet('M', zero('<a@b>')), packet('L', zero('A', 'b')), packet('Q'));
  const idle = greeted().send(packet('Q'), message());
  for (const bench of [during, halfway, idle]) {
    if (bench === during) await bench.answer();
    assert.equal(bench.closed, true);
    assert.equal(bench.letters(), '');
    assert.equal(bench.lines.at(-1)?.text, 'finished milter connection');
  }
  assert.equal(halfway.scans.length + idle.scans.length, 0);
});

test('a negotiation and a quit in one write: answer, then end', () => {
  const bench = new Bench().send(offer(), packet('Q'));
  assert.equal(bench.letters(), 'O');
  assert.equal(bench.closed, true);
});

test('the end of input cancels the scan', async () => {
  const bench = greeted().send(message());
  bench.session.end();
  assert.equal(bench.lastRequest.signal.aborted, true);
  assert.equal(bench.closed, true);
  await bench.answer();
  assert.equal(bench.letters(), '');
  assert.equal(
    bench.lines.at(-1)?.text,
    'abnormally closing milter connection from: 192.0.2.25:4711, error: Unexpected EOF',
  );
});

test('replies of earlier packets are sent before a broken packet ends the session', () => {
  const bench = new Bench().send(offer(), packet('X', 'payload'));
  assert.equal(bench.letters(), 'O');
  assert.equal(bench.closed, true);
});

const broken: ReadonlyArray<readonly [string, Buffer, RegExp]> = [
  ['a length of 0', uint32(0, 0), /too short/],
  ['a length that is too big', uint32(131_074, 0), /too big: 131074/],
  ['an unknown command with data', packet('X', 'foo'), /Invalid command: X/],
  ['a macro without a value', packet('D', `M${zero('i')}`), /invalid macro command \(value/],
  ['a macro without its NUL', packet('D', 'Mi\0value'), /invalid macro command \(value/],
  ['a macro name without its NUL', packet('D', 'Mname'), /invalid macro command \(name/],
  ['a header without a NUL', packet('L', 'Subject: x'), /invalid header command \(no name\)/],
  ['a header without its last NUL', packet('L', 'Subject\0x'), /invalid header command \(bad value\)/],
  ['a header with a name only', packet('L', 'Subject\0'), /invalid header command \(bad value\)/],
  ['an empty header', packet('L'), /invalid header command/],
  ['a client without a name', packet('C', 'x'), /invalid connect command/],
  ['an empty client', packet('C'), /invalid connect command/],
];

for (const [what, bytes, expected] of broken)
  for (const when of ['at the start', 'in a message', 'during a scan'] as const)
    test(`${what} ${when} ends that session with one line`, async () => {
      const bench = when === 'at the start' ? new Bench().send(offer()) : greeted();
      if (when === 'in a message') bench.send(packet('M', zero('<a@b>')));
      if (when === 'during a scan') bench.send(message());
      bench.bytes();
      const lines = bench.lines.length;
      bench.send(bytes);
      if (when === 'during a scan') await bench.answer();
      assert.equal(bench.closed, true);
      assert.match(bench.letters(), when === 'during a scan' ? /^a?$/ : /^$/);
      assert.equal(bench.lines.length, lines + 1);
      assert.match(bench.lines.at(-1)?.text ?? '', expected);
      bench.send(message());
      assert.equal(bench.letters(), '', 'nothing is taken in any more');
    });

test('an unknown command without data is skipped', async () => {
  const bench = greeted().send(packet('X'), packet('!'), message());
  await bench.answer();
  assert.equal(bench.letters(), 'a');
});

test('an end of message without a message is scanned, not fatal', async () => {
  const bench = greeted().send(packet('E'));
  assert.equal(bench.lastRequest.body.length, 0);
  await bench.answer();
  assert.equal(bench.letters(), 'a');
});

test('a message over the limit is one temporary failure; the next one is served', async () => {
  const bench = greeted({ maxMessage: 10_000 });
  bench.send(packet('M', zero('<a@b>')), packet('R', zero('<c@d>')), packet('L', zero('A', 'b')), packet('N'));
  for (let round = 0; round < 20; round++) bench.send(packet('B', 'x'.repeat(1000)));
  bench.send(packet('R', zero('<e@f>')), packet('L', zero('A', 'b')), packet('N'), packet('E', 'more'));
  assert.equal(bench.letters(), 't');
  assert.equal(bench.scans.length, 0);
  assert.match(bench.lines.at(-1)?.text ?? '', /larger than max_message \(10000 bytes\)/);
  bench.send(message());
  await bench.answer();
  assert.equal(bench.letters(), 'a');
});

test('an envelope without end counts, too', () => {
  const bench = greeted({ maxMessage: 10_000 }).send(packet('M', zero('<a@b>')));
  for (let round = 0; round < 1000; round++) bench.send(packet('R', zero('<recipient@example.com>')));
  assert.equal(bench.send(packet('E')).letters(), 't');
});

test('a waiting MTA is told every five seconds that the scan goes on', async () => {
  const bench = greeted({ scanDeadline: 60_000 }).send(message());
  assert.equal(bench.wait(4000).letters(), '');
  assert.equal(bench.wait(1000).letters(), 'p');
  assert.equal(bench.wait(10_000).letters(), 'pp');
  await bench.answer();
  assert.equal(bench.letters(), 'a');
  assert.equal(bench.wait(20_000).letters(), '');
});

test('a scan without end is one temporary failure at the deadline', async () => {
  const bench = greeted({ scanDeadline: 7000 }).send(message());
  assert.equal(bench.lastRequest.deadline, bench.now + 7000);
  assert.equal(bench.wait(7000).letters(), 'pt');
  assert.equal(bench.lastRequest.signal.aborted, true);
  await bench.answer();
  assert.equal(bench.letters(), '');
  bench.send(message());
  await bench.answer();
  assert.equal(bench.letters(), 'a');
});

test('idle connections live for hours, half a packet for minutes', () => {
  const idle = greeted();
  assert.equal(idle.wait(119 * 60_000).closed, false);
  assert.equal(idle.wait(61_000).closed, true);
  assert.match(idle.lines.at(-1)?.text ?? '', /connection timed out/);
  const half = greeted();
  half.session.receive(packet('B', 'abc').subarray(0, 6));
  assert.equal(half.wait(4 * 60_000).closed, false);
  assert.equal(half.wait(61_000).closed, true);
  const silent = new Bench();
  assert.equal(silent.wait(5 * 60_000 + 1000).closed, true);
});

test('an active connection is never idle', async () => {
  const bench = greeted({ idleTimeout: 5000 });
  for (let round = 0; round < 10; round++) assert.equal(bench.send(packet('A')).wait(4000).closed, false);
});

test('no more is read during a scan than can be held', async () => {
  const bench = greeted().send(message());
  const next = message({ body: 'x'.repeat(100_000) });
  for (let round = 0; round < 4; round++) bench.send(next);
  assert.equal(bench.paused, true);
  assert.equal(bench.scans.length, 1);
  for (let round = 0; round < 5; round++) await bench.answer();
  assert.equal(bench.letters(), 'aaaaa');
  assert.equal(bench.paused, false);
});

test('nothing is read from a peer that does not read', async () => {
  const bench = greeted();
  bench.room = false;
  bench.send(message());
  await bench.answer();
  assert.equal(bench.paused, true);
  assert.equal(bench.wait(4 * 60_000).closed, false);
  bench.room = true;
  bench.session.drained();
  assert.equal(bench.paused, false);
  const stuck = greeted();
  stuck.room = false;
  stuck.send(message());
  await stuck.answer();
  assert.equal(stuck.wait(5 * 60_000 + 1000).closed, true);
});

test('draining ends idle sessions at once and busy ones with their verdict', async () => {
  const idle = greeted();
  idle.session.drain();
  assert.equal(idle.closed, true);
  for (const begun of [message(), message().slice(0, 3)]) {
    const bench = greeted().send(begun);
    bench.session.drain();
    assert.equal(bench.closed, false);
    if (begun.length === 3) bench.send(message().slice(3));
    await bench.answer();
    assert.equal(bench.letters(), 'a');
    assert.equal(bench.closed, true);
  }
});

test('lines of the log say what the original says', () => {
  const bench = new Bench().send(offer(), connected, packet('C', 'h\0U'));
  assert.deepEqual(
    bench.lines.map(({ level, fn, text }) => `${level} ${fn}: ${text}`),
    [
      'info proxy_accept_socket: accepted milter connection from 192.0.2.25 port 4711',
      'info rspamd_milter_process_command: got connection from 198.51.100.7:34567',
      'info rspamd_milter_process_command: got connection from unknown',
    ],
  );
});

const pings: ReadonlyArray<readonly [string, boolean]> = [
  ['GET /ping HTTP/1.0\r\n\r\n', true],
  ['GET /PING HTTP/1.1\r\nHost: x\r\n\r\n', true],
  ['GET /ping HTTP/1.1\nHost: x\n\n', true],
  ['GET /ping\r\n', true],
  ['GET /ping HTTP/1.1\r\nHost: x\r\n', false],
  ['GET /pi', false],
];

for (const [request, complete] of pings)
  test(`HTTP: ${JSON.stringify(request)} ${complete ? 'gets' : 'waits for'} a pong, however it is cut`, () => {
    for (const size of [1, 3, 4, 5, request.length]) {
      const bench = new Bench({ serverHeader: 'test (milter mode)' });
      for (let at = 0; at < request.length; at += size)
        bench.session.receive(Buffer.from(request.slice(at, at + size)));
      assert.equal(bench.closed, complete);
      const expected =
        'HTTP/1.1 200 OK\r\nConnection: close\r\nServer: test (milter mode)\r\nContent-Length: 6\r\n' +
        'Content-Type: text/plain\r\n\r\npong\r\n';
      assert.equal(bench.bytes().toString(), complete ? expected : '');
      if (complete)
        assert.equal(
          bench.lines.at(-1)?.text,
          'normally closing milter connection from: 192.0.2.25:4711, ping command',
        );
    }
  });

const strangers: ReadonlyArray<readonly [string, Buffer | string, RegExp]> = [
  ['another GET', 'GET / HTTP/1.1\r\n\r\n', /HTTP GET request is not supported in milter mode, url: \//],
  ['a POST', 'POST /checkv2 HTTP/1.1\r\n\r\n', /HTTP POST request is not supported in milter mode/],
  ['a GET without end', `GET /${'x'.repeat(9000)}`, /HTTP request is too long/],
  ['SMTP', 'EHLO example.org\r\n', /Command length is too big/],
  ['TLS', Buffer.from('16030100f8010000f40303', 'hex'), /TLS handshake on a port that speaks plain milter/],
  ['random bytes', Buffer.from('f09f92a9deadbeef', 'hex'), /Command length is too big/],
];

for (const [what, bytes, expected] of strangers)
  test(`${what} on the milter port: one line, no answer, closed`, () => {
    const bench = new Bench();
    bench.session.receive(Buffer.from(bytes));
    assert.equal(bench.closed, true);
    assert.equal(bench.bytes().length, 0);
    assert.equal(bench.lines.length, 2);
    assert.match(bench.lines[1]?.text ?? '', expected);
  });

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProxy } from '../support/proxy-rig.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { scriptedScanner, verdict } from '../support/scripted-scanner.ts';

const bounded = { timeout: 60_000 };

test('a request reaches the scanner with method, target, header and body as they must be', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  const headers = [
    'Host: nobody',
    'From: <a@b.example>',
    'Rcpt: <c@d.example>',
    'X-Bytes: \xe4\xff\x80',
    'rcpt: <e@f.example>',
    'Connection: close',
    'Keep-Alive: 5',
    'Key: abc',
    'Shm: /x',
    'Shm-Offset: 1',
    'Shm-Length: 2',
    'Upgrade: h2c',
    'Queue-Id: Q1',
  ];
  client.send(post('/checkv2?x=1%20#f', headers, 'message \xff\0 bytes'));
  const reply = await client.reply();
  await client.closed;
  const [seen] = scanner.requests;
  assert.ok(seen);
  assert.equal(seen.method, 'POST');
  assert.equal(seen.target, '/checkv2?x=1%20#f');
  assert.equal(seen.body.toString('latin1'), 'message \xff\0 bytes');
  assert.deepEqual(seen.all('Host'), [scanner.hosts]);
  assert.deepEqual(seen.all('Rcpt'), ['<c@d.example>', '<e@f.example>']);
  assert.deepEqual(seen.all('X-Bytes'), ['\xe4\xff\x80']);
  assert.deepEqual(seen.all('Connection'), ['close']);
  assert.deepEqual(seen.all('User-Agent'), ['rspamd-4.1.6']);
  assert.match(seen.header('IP') ?? '', /^127\.0\.0\.1:\d+$/);
  assert.match(seen.header('Log-Tag') ?? '', /^[0-9a-f]{16}$/);
  assert.equal(seen.header('From'), '<a@b.example>');
  assert.equal(seen.header('Queue-Id'), 'Q1');
  for (const gone of ['Keep-Alive', 'Key', 'Shm', 'Shm-Offset', 'Shm-Length', 'Upgrade', 'Transfer-Encoding']) {
    assert.equal(seen.header(gone), undefined, gone);
  }
  assert.equal(reply.status, 200);
  assert.deepEqual(JSON.parse(reply.body.toString()), verdict);
});

test('the reply has our Server, the Date of the scanner, and its headers in order', bounded, async (t) => {
  const raw =
    'HTTP/1.1 302 Moved about\r\nX-One: 1\r\nServer: nginx\r\nDate: Sun, 22 Nov 2026 11:57:08 GMT\r\nx-one: 2\r\n' +
    'Key: k\r\nX-Bytes: \xe9\r\nContent-Length: 4\r\n\r\nbody';
  const scanner = await scriptedScanner(t, [{ raw: Buffer.from(raw, 'latin1') }]);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  const reply = await client.send(post('/checkv2', [])).reply();
  assert.equal(`${reply.status} ${reply.reason}`, '302 Moved about');
  assert.deepEqual(reply.fields, [
    ['Connection', 'keep-alive'],
    ['Server', 'rspamd/4.1.6'],
    ['Date', 'Sun, 22 Nov 2026 11:57:08 GMT'],
    ['Content-Length', '4'],
    ['Content-Type', 'text/plain'],
    ['X-One', '1'],
    ['x-one', '2'],
    ['X-Bytes', '\xe9'],
  ]);
  assert.equal(reply.body.toString(), 'body');
  client.socket.destroy();
});

test('a chunked reply of a scanner reaches the client with a length', bounded, async (t) => {
  const scanner = await scriptedScanner(t, ['chunked']);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const reply = await new RawClient(port).send(post('/checkv2', ['Connection: close'])).reply();
  assert.equal(reply.header('Transfer-Encoding'), undefined);
  assert.deepEqual(JSON.parse(reply.body.toString()), verdict);
});

test('Host chooses the upstream, whole and in any case; anything else goes to the default', bounded, async (t) => {
  const [first, second] = [await scriptedScanner(t), await scriptedScanner(t)];
  const { port } = await startProxy(t, {
    upstreams: [
      { name: 'Def', hosts: first.hosts, default: true },
      { name: 'other:80', hosts: second.hosts },
    ],
  });
  for (const host of ['Host: other', 'Host: OTHER:80', 'Host: def', 'X-None: x', 'Host:']) {
    await new RawClient(port).send(post('/checkv2', [host, `Case: ${host}`, 'Connection: close'])).rest();
  }
  assert.deepEqual(
    second.requests.map((one) => one.header('Case')),
    ['Host: OTHER:80'],
  );
  assert.equal(first.requests.length, 4);
});

test('without an upstream the client is told so', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port, log } = await startProxy(t, { upstreams: [{ name: 'a', hosts: scanner.hosts, default: false }] });
  const reply = await new RawClient(port).send(post('/checkv2', ['Connection: close', 'Host: b'])).reply();
  assert.equal(reply.status, 503);
  assert.equal(reply.header('Content-Type'), 'application/json');
  assert.match(reply.header('Date') ?? '', /^\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT$/);
  assert.deepEqual(JSON.parse(reply.body.toString()), {
    error: 'no upstream is configured for this request: b',
    error_domain: 'proxy-error',
  });
  assert.ok(log.has('cannot find upstream for b'));
});

test('one connection carries several requests; pipelined ones are answered in order', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  scanner.play((socket, request) =>
    setTimeout(
      () => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${request.header('N')}`),
      30 - 10 * Number(request.header('N')),
    ),
  );
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  client.send([1, 2, 3].map((n) => post('/checkv2', [`N: 0${n}`])).join(''));
  for (const n of [1, 2, 3]) {
    const reply = await client.reply();
    assert.equal(reply.body.toString(), `0${n}`);
    assert.equal(reply.header('Connection'), 'keep-alive');
  }
  const last = await client.send(post('/checkv2', ['N: 01', 'Connection: Close'])).reply();
  assert.equal(last.header('Connection'), 'close');
  await client.closed;
  assert.equal(scanner.requests.length, 4);
  const tags = new Set(scanner.requests.map((one) => one.header('Log-Tag')));
  assert.equal(tags.size, 4, 'every message has an id of its own');
});

test('a client of HTTP/1.0, and one without version, is answered and closed', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  for (const line of ['GET /ping HTTP/1.0', 'GET /ping']) {
    const client = new RawClient(port);
    const reply = await client.send(`${line}\r\nConnection: keep-alive\r\n\r\n`).reply();
    assert.equal(reply.status, 200);
    assert.equal(reply.header('Connection'), 'close');
    await client.closed;
  }
  assert.deepEqual(
    scanner.requests.map((one) => `${one.method} ${one.target} ${one.header('Content-Length')}`),
    ['POST /ping 0', 'POST /ping 0'],
  );
});

test('HEAD gets a head without body, and the connection goes on', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  client.send('HEAD /ping HTTP/1.1\r\n\r\n').send('GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n');
  const text = (await client.rest()).toString();
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  assert.equal(text.match(/SCRIPTED"/g)?.length, 2, 'one body, which names the symbol twice');
});

test('a chunked request is put together', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  client.send('POST /checkv2 HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n');
  client.send('5;x=y\r\nabcde\r\n00A\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n');
  assert.equal((await client.reply()).status, 200);
  assert.equal(scanner.requests[0]?.body.toString(), 'abcde0123456789');
  assert.equal(scanner.requests[0]?.header('Content-Length'), '15');
});

test('Expect: 100-continue is answered before the body comes', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  client.send('POST /checkv2 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n');
  assert.equal((await client.reply()).status, 100);
  client.send('abc');
  client.send('def');
  assert.equal((await client.reply()).status, 200);
  assert.equal(scanner.requests[0]?.header('Expect'), undefined);
  client.socket.destroy();
});

test('a message above max_message is refused with a reply, declared or not', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port, log } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], maxMessage: 100_000 });
  const heads = ['Content-Length: 100001', 'Transfer-Encoding: chunked', 'Content-Length: 99999999999'];
  for (const head of heads) {
    const client = new RawClient(port);
    client.send(`POST /checkv2 HTTP/1.1\r\n${head}\r\n\r\n`);
    // The client goes on sending and reads when it is done: the refusal must not be lost by a reset.
    for (let sent = 0; sent < 12; sent++) {
      client.send(head.startsWith('T') ? `8000\r\n${'x'.repeat(0x8000)}\r\n` : 'x'.repeat(0x8000));
    }
    const reply = await client.reply();
    assert.equal(reply.status, 413);
    assert.equal(reply.header('Connection'), 'close');
    assert.match(reply.body.toString(), /larger than max_message: larger than 100000 bytes/);
    client.socket.end();
    await client.closed;
  }
  assert.equal(scanner.requests.length, 0);
  assert.ok(log.has('abnormally closing connection from: 127.0.0.1, error: the message is larger than max_message'));
});

const malformed: ReadonlyArray<readonly [what: string, bytes: string, status: number, reason: RegExp]> = [
  ['an unknown method', 'CHECKOUT / HTTP/1.1\r\n\r\n', 400, /not a request/],
  ['a method in lower case', 'post / HTTP/1.1\r\n\r\n', 400, /not a request/],
  ['an SMTP greeting', 'EHLO mx.example\r\n\r\n', 400, /not a request/],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, /not a request/],
  ['another version', 'GET / HTTP/2.0\r\n\r\n', 400, /version/],
  ['a target with a blank', 'GET /a b HTTP/1.1\r\n\r\n', 400, /not a request/],
  ['a target of another form', 'GET "x" HTTP/1.1\r\n\r\n', 400, /target/],
  ['a legacy command that does not exist', 'PING SPAMC/1.2\r\n\r\n', 400, /not a request/],
  ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400, /header name: "Host "/],
  ['a line without colon', 'GET / HTTP/1.1\r\nnonsense\r\n\r\n', 400, /colon/],
  ['a header that begins with a fold', 'GET / HTTP/1.1\r\n x: y\r\n\r\n', 400, /continuation/],
  ['a NUL', 'GET / HTTP/1.1\r\nA: b\0c\r\n\r\n', 400, /NUL/],
  ['a lone CR', 'GET / HTTP/1.1\r\nA: b\rc\r\n\r\n', 400, /carriage return/],
  ['a length that is no number', 'POST / HTTP/1.1\r\nContent-Length: 5x\r\n\r\nhello', 400, /Content-Length "5x"/],
  ['a negative length', 'POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\nhello', 400, /Content-Length/],
  ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!', 400, /differ/],
  ['another transfer coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n', 400, /gzip/],
  [
    'two transfer codings',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n',
    400,
    /"chunked, x"/,
  ],
  ['a bad chunk', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 400, /chunk size/],
  ['a long chunk', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n', 400, /longer than its size/],
  ['a huge header', `GET / HTTP/1.1\r\nA: ${'x'.repeat(90_000)}`, 431, /larger than 81920 bytes/],
];

test('what cannot be understood is refused with a reason, and the proxy goes on', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  for (const [what, bytes, status, reason] of malformed) {
    const client = new RawClient(port);
    const reply = await client.send(bytes).reply();
    assert.equal(reply.status, status, what);
    assert.match(JSON.parse(reply.body.toString()).error, reason, what);
    assert.match(reply.reason, reason, what);
    client.socket.end();
    await client.closed;
  }
  assert.equal(scanner.requests.length, 0);
});

test('bare LF, folds, empty lines in front, both framings: accepted as far as Rspamd does', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const bare = await new RawClient(port)
    .send('\r\n\nPOST /checkv2 HTTP/1.0\nA:  b \nF: one,\n\ttwo\nContent-length: 2\n\nhi')
    .reply();
  assert.equal(bare.status, 200);
  assert.deepEqual(scanner.requests[0]?.all('A'), ['b ']);
  assert.deepEqual(scanner.requests[0]?.all('F'), ['one, two']);
  const both = new RawClient(port);
  const head = 'POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.equal((await both.send(`${head}2\r\nhi\r\n0\r\n\r\n`).reply()).header('Connection'), 'close');
  await both.closed;
  assert.equal(scanner.requests[1]?.body.toString(), 'hi');
  const same = await new RawClient(port)
    .send('POST http://x/checkv2 HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi')
    .reply();
  assert.equal(same.status, 200);
  assert.equal(scanner.requests[2]?.target, 'http://x/checkv2');
});

test('however a request is cut, the scanner gets the same', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  for (const size of [1, 7, 200]) {
    const client = new RawClient(port);
    await client.sendSlowly(post('/checkv2', ['From: <a@b.example>', 'Connection: close'], 'x'.repeat(300)), size);
    assert.equal((await client.reply()).status, 200);
  }
  assert.deepEqual(
    scanner.requests.map((one) => one.body.length),
    [300, 300, 300],
  );
});

test('a request that is not complete in time is told so; an idle connection is just closed', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: scanner.hosts }],
    requestTimeout: 150,
    idleTimeout: 100,
  });
  const halves = ['POST /checkv2 HT', 'POST /checkv2 HTTP/1.1\r\nContent-Length: 5\r\n\r\nab'];
  for (const half of halves) {
    const client = new RawClient(port);
    assert.equal((await client.send(half).reply()).status, 408);
    client.socket.end();
  }
  assert.equal((await new RawClient(port).rest()).length, 0, 'nothing was ever sent');
  const idle = new RawClient(port);
  await idle.send(post('/checkv2', [])).reply();
  assert.equal((await idle.rest()).length, 0);
});

test('a client that sends a byte now and then has no more time than the others', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], requestTimeout: 200 });
  const client = new RawClient(port);
  const timer = setInterval(() => client.send('x'), 20);
  t.after(() => clearInterval(timer));
  client.send('POST /checkv2 HTTP/1.1\r\nContent-Length: 5000\r\n\r\n');
  assert.equal((await client.reply()).status, 408);
  clearInterval(timer);
  client.socket.end();
});

test('a client that closed only its sending side gets its reply', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  scanner.play((socket) => setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 100));
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  client.socket.end(post('/checkv2', []));
  const reply = await client.reply();
  assert.equal(reply.body.toString(), 'ok');
  await client.closed;
  // A longer wait: it is asked again and again whether it is still there, by interim replies.
  let answer = (): void => assert.fail('the scanner was not asked');
  scanner.play((socket) => {
    answer = () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const patient = new RawClient(port);
  patient.socket.end(post('/checkv2', []));
  for (let asked = 0; asked < 2; asked++) assert.equal((await patient.reply()).status, 100);
  answer();
  let last = await patient.reply();
  while (last.status === 100) last = await patient.reply();
  assert.equal(last.status, 200);
  const cut = new RawClient(port);
  cut.socket.end('POST /checkv2 HTTP/1.1\r\nContent-Length: 5\r\n\r\nab');
  assert.equal((await cut.reply()).status, 400);
});

test('a client that goes away ends the attempts for its message', bounded, async (t) => {
  const scanner = await scriptedScanner(t, ['hang']);
  const { port, log } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], maxTries: 5 });
  for (const leave of ['resetAndDestroy', 'destroy'] as const) {
    const before = scanner.requests.length;
    const client = new RawClient(port);
    client.send(post('/checkv2', []));
    await scanner.seen(before + 1);
    client.socket[leave]();
    await scanner.idle();
    assert.equal(scanner.requests.length, before + 1, leave);
  }
  assert.ok(log.has(/abnormally closing connection from: 127\.0\.0\.1, error: /));
});

test('a client that does not read its replies is cut off and holds nothing up', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const big = 'x'.repeat(1_500_000);
  scanner.play((socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n${big}`));
  const { port, frontend } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], requestTimeout: 300 });
  const lazy = new RawClient(port);
  lazy.socket.pause();
  lazy.send(post('/checkv2', []).repeat(40));
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (frontend.connections > 0) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
  assert.ok(scanner.requests.length < 40, `${scanner.requests.length} of 40 requests were served`);
  lazy.socket.destroy();
});

test('unix sockets: the path is the address, before and behind', bounded, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rspamd-proxy-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const scanner = await scriptedScanner(t, ['ok'], join(folder, 'scanner.sock'));
  const path = join(folder, 'proxy.sock');
  await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], path });
  const reply = await new RawClient(path).send(post('/checkv2', ['Connection: close'])).reply();
  assert.equal(reply.status, 200);
  assert.equal(scanner.requests[0]?.header('IP'), path);
  assert.equal(scanner.requests[0]?.header('Host'), scanner.hosts);
});

test('closing: messages under way are answered, idle connections end', bounded, async (t) => {
  const scanner = await scriptedScanner(t, ['hang']);
  const { port, frontend } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const [idle, busy] = [new RawClient(port), new RawClient(port)];
  let open: (() => void) | undefined;
  scanner.play((socket) => {
    open = () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  busy.send(post('/checkv2', []));
  await scanner.seen(1);
  const closed = frontend.drain();
  assert.equal((await idle.rest()).length, 0);
  open?.();
  assert.equal((await busy.reply()).header('Connection'), 'close');
  busy.socket.end();
  idle.socket.end();
  await closed;
  assert.equal(frontend.connections, 0);
});

test('retiring ends a connection with its next reply, not before', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port, frontend } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const client = new RawClient(port);
  await client.send(post('/checkv2', [])).reply();
  const retired = frontend.retire();
  const last = await client.send(post('/checkv2', [])).reply();
  assert.equal(last.status, 200);
  assert.equal(last.header('Connection'), 'close');
  client.socket.end();
  await client.closed;
  await retired;
});

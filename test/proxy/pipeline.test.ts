import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy-rig.ts';
import { post, RawClient, type RawReply } from '../support/raw-client.ts';
import { type ScriptedScanner, scriptedScanner } from '../support/scripted-scanner.ts';

const bounded = { timeout: 60_000 };

const ask = (port: number, ...headers: string[]): Promise<RawReply> =>
  new RawClient(port).send(post('/checkv2', [...headers, 'Connection: close'])).reply();

const errorOf = (reply: RawReply): string => JSON.parse(reply.body.toString()).error;

test('another host gets the message that one has failed, and the client does not notice', bounded, async (t) => {
  const bad = await scriptedScanner(t, ['close']);
  const good = await scriptedScanner(t, ['ok']);
  const { port, log } = await startProxy(t, { upstreams: [{ hosts: `${bad.hosts},${good.hosts}` }] });
  for (let n = 0; n < 6; n++) assert.equal((await ask(port)).status, 200);
  assert.equal(good.requests.length, 6);
  assert.ok(bad.requests.length >= 1 && bad.requests.length < 6);
  const failed = `abnormally closing connection from backend: ${bad.hosts}, error: `;
  assert.ok(log.has(`proxy_backend_master_error_handler: ${failed}`));
  assert.ok(log.has(`retry connection to: ${good.hosts} retries left: 2`));
  assert.ok(log.has(`proxy_client_finish_handler: finished master connection to ${good.hosts}; HTTP code: 200`));
});

test('every host that is left is tried before one is tried again', bounded, async (t) => {
  const scanners = await Promise.all([1, 2, 3].map(() => scriptedScanner(t, ['close'])));
  const hosts = `master-slave: ${scanners.map((one) => one.hosts).join(',')}`;
  const { port } = await startProxy(t, { upstreams: [{ hosts }], maxTries: 4 });
  assert.equal((await ask(port)).status, 502);
  const counts = scanners.map((one) => one.requests.length).sort();
  assert.deepEqual(counts, [1, 1, 2]);
});

test(
  'a single host is tried again, so often as max_retries says, with the whole message each time',
  bounded,
  async (t) => {
    for (const [maxTries, expected] of [
      [3, 3],
      [1, 1],
      [0, 1],
    ] as const) {
      const scanner = await scriptedScanner(t, ['close']);
      const { port, log } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], maxTries });
      const reply = await ask(port);
      assert.equal(reply.status, 502);
      assert.match(errorOf(reply), /^the scanner closed the connection before its reply was complete/);
      assert.deepEqual(
        scanner.requests.map((one) => one.body.toString()),
        Array(expected).fill('Subject: x\r\n\r\ntext\r\n'),
      );
      assert.ok(log.has(`cannot connect to upstream, maximum retries has been reached: ${expected}`));
      assert.ok(log.has(/retries left: 0$/));
    }
  },
);

test('retries stay with the upstream that the request named', bounded, async (t) => {
  const [fallback, other] = [await scriptedScanner(t), await scriptedScanner(t, ['close', 'close', 'ok'])];
  const { port } = await startProxy(t, {
    upstreams: [
      { name: 'def', hosts: fallback.hosts, default: true },
      { name: 'other', hosts: other.hosts },
    ],
  });
  assert.equal((await ask(port, 'Host: Other')).status, 200);
  assert.equal(other.requests.length, 3);
  assert.equal(fallback.requests.length, 0);
});

test('a scanner that is being restarted gets the message when it is back', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], maxTries: 5 });
  await scanner.stop();
  const reply = ask(port);
  await new Promise((resolve) => setTimeout(resolve, 120));
  await scanner.listen();
  assert.equal((await reply).status, 200);
});

test('an answer is an answer, whatever its status: it is not asked for again', bounded, async (t) => {
  for (const status of [500, 503, 404, 302, 204] as const) {
    const scanner = await scriptedScanner(t, [`status:${status}`]);
    const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
    const reply = await ask(port);
    assert.equal(`${reply.status} ${reply.reason}`, `${status} Scripted`);
    assert.equal(scanner.requests.length, 1);
  }
});

test('a reply that should be a verdict and is none is passed on, and the log says so', bounded, async (t) => {
  const raw = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"action": broken';
  const scanner = await scriptedScanner(t, ['text', { raw }]);
  const { port, log } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  assert.equal((await ask(port)).body.toString(), 'this is no verdict');
  assert.ok(!log.has('cannot parse results'));
  assert.equal((await ask(port)).body.toString(), '{"action": broken');
  assert.ok(log.has('cannot parse results from the master backend'));
});

type Failing = readonly [what: string, status: number, error: RegExp, start: (scanner: ScriptedScanner) => void];

const failing: readonly Failing[] = [
  ['closes', 502, /before its reply was complete/, (one) => one.play('close')],
  ['resets', 502, /before its reply was complete/, (one) => one.play('reset')],
  ['resets when connected', 502, /before its reply was complete/, (one) => one.play('drop')],
  ['stops half way', 502, /before its reply was complete/, (one) => one.play('half')],
  ['does not speak HTTP', 502, /cannot be understood/, (one) => one.play('garbage')],
  ['is silent', 504, /did not answer in time/, (one) => one.play('hang')],
  ['is silent half way', 504, /did not answer in time/, (one) => one.play('stall')],
  ['drips', 504, /did not answer in time/, (one) => one.play('drip')],
  ['floods with interim replies', 502, /cannot be understood/, (one) => one.play('flood')],
  ['sends an endless head', 502, /cannot be understood/, (one) => one.play('huge head')],
  ['sends an endless body', 502, /cannot be understood/, (one) => one.play('huge body')],
];

for (const [what, status, error, start] of failing) {
  test(`a scanner that ${what} fails each try; the client learns why`, bounded, async (t) => {
    const scanner = await scriptedScanner(t);
    start(scanner);
    // Whoever is to be too slow is so at once, all others have time on a busy machine too.
    const timeout = status === 504 ? 200 : 20_000;
    const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts, timeout }], maxTries: 2 });
    const reply = await ask(port);
    assert.equal(reply.status, status);
    assert.match(errorOf(reply), error);
    assert.ok(scanner.connections >= 2, 'tried twice');
    await scanner.idle();
  });
}

test('a refused connection is told as such', bounded, async (t) => {
  const { port } = await startProxy(t, { upstreams: [{ hosts: `127.0.0.1:${await freePort()}` }] });
  const reply = await ask(port);
  assert.equal(reply.status, 502);
  assert.match(errorOf(reply), /^cannot connect to the scanner: .*refused/i);
  const missing = await startProxy(t, { upstreams: [{ hosts: '/nonexistent/rspamd.sock' }] });
  assert.match(errorOf(await ask(missing.port)), /^cannot connect to the scanner: .*no such file/i);
});

test('no try begins after the deadline of the message', bounded, async (t) => {
  const scanner = await scriptedScanner(t, ['hang']);
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: scanner.hosts, timeout: 2_000 }],
    maxTries: 100,
    scanTimeout: 3_000,
  });
  const reply = await ask(port);
  assert.equal(reply.status, 504);
  assert.match(errorOf(reply), /^no scanner answered before the deadline of the message/);
  assert.equal(scanner.requests.length, 2);
});

test('a message that fails does not disturb the ones beside it', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  scanner.play((socket, request) => {
    if (request.header('N') === 'bad') socket.resetAndDestroy();
    else setTimeout(() => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${request.header('N')}`), 20);
  });
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], maxTries: 1 });
  const replies = await Promise.all(
    Array.from({ length: 60 }, (_, n) => ask(port, `N: ${n % 3 === 0 ? 'bad' : 100 + n}`)),
  );
  assert.deepEqual(
    replies.map((reply, n) => (n % 3 === 0 ? reply.status : Number(reply.body.toString()))),
    replies.map((_, n) => (n % 3 === 0 ? 502 : 100 + n)),
  );
});

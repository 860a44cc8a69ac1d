import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { Comparisons, type RigMirror, startProxy } from '../support/proxy-rig.ts';
import { post, RawClient, type RawReply } from '../support/raw-client.ts';
import { type Behaviour, scriptedScanner, verdict } from '../support/scripted-scanner.ts';

/** Milliseconds that a mirror has: clients that waited for it would wait as long. */
const mirrorTimeout = 5_000;

const bounded = { timeout: 60_000 };

/** One message over a connection of its own; the time until the connection was closed, too. */
async function ask(port: number, ...headers: string[]): Promise<RawReply & { readonly took: number }> {
  const began = performance.now();
  const client = new RawClient(port);
  const reply = await client.send(post('/checkv2', [...headers, 'Connection: close'])).reply();
  await client.closed;
  return { ...reply, took: performance.now() - began };
}

const misbehaving: ReadonlyArray<readonly [what: string, Behaviour]> = [
  ['answers', 'ok'],
  ['hangs', 'hang'],
  ['closes', 'close'],
  ['resets', 'reset'],
  ['resets before it was asked', 'drop'],
  ['answers before it was asked', 'early'],
  ['stops half way', 'half'],
  ['is silent half way', 'stall'],
  ['drips', 'drip'],
  ['does not speak HTTP', 'garbage'],
  ['floods with interim replies', 'flood'],
  ['sends an endless head', 'huge head'],
  ['sends an endless body', 'huge body'],
  ['answers 500', 'status:500'],
  ['answers with something else', 'text'],
];

for (const [what, behaviour] of misbehaving) {
  test(`a mirror that ${what}: the client has its answer and the end of the connection at once`, bounded, async (t) => {
    const [master, mirror] = [await scriptedScanner(t), await scriptedScanner(t, [behaviour])];
    const { port, log } = await startProxy(t, {
      upstreams: [{ hosts: master.hosts }],
      mirrors: [{ name: 'copy', hosts: mirror.hosts, timeout: mirrorTimeout }],
    });
    for (let n = 0; n < 5; n++) {
      const reply = await ask(port);
      assert.deepEqual(JSON.parse(reply.body.toString()), verdict);
      assert.ok(reply.took < mirrorTimeout * 0.8, `${reply.took} ms`);
    }
    assert.equal(master.requests.length, 5);
    // All copies end by themselves, and what they cost with them.
    if (behaviour === 'drop' || behaviour === 'early') assert.ok(mirror.connections >= 5);
    else await mirror.seen(5);
    await mirror.idle();
    assert.ok(log.has('send request to copy'));
    assert.ok(!log.has('internal error'));
  });
}

test('a mirror that nobody can connect to', bounded, async (t) => {
  const master = await scriptedScanner(t);
  const hosts = [`127.0.0.1:${await freePort()}`, '/nonexistent/rspamd.sock'];
  const { port, log } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: hosts.map((one, index) => ({ name: `copy${index}`, hosts: one })),
  });
  assert.equal((await ask(port)).status, 200);
  while (!log.has('cannot connect upstream for copy1')) await sleep(5);
  while (!log.has('abnormally closing')) await sleep(5);
  assert.ok(
    log.has(
      `proxy_backend_mirror_error_handler: abnormally closing connection from backend: copy0:${hosts[0]}, error: Connection failed: Connection refused`,
    ),
  );
});

test('a mirror gets the message of the client, with headers of its own', bounded, async (t) => {
  const [master, mirror] = [await scriptedScanner(t), await scriptedScanner(t)];
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts, settingsId: 'production' }],
    mirrors: [{ hosts: mirror.hosts, settingsId: 'test', logTag: 'queue_id', extraHeaders: [['X-Site', 'mirror']] }],
  });
  await ask(port, 'From: a@example.org', 'Rcpt: b@example.org', 'Rcpt: c@example.org', 'Queue-ID: 4XyZ', 'X-Site: mx1');
  await mirror.seen(1);
  const [[original], [copy]] = [master.requests, mirror.requests];
  assert.equal(copy?.method, 'POST');
  assert.equal(copy?.target, '/checkv2');
  assert.deepEqual(copy?.body, original?.body);
  assert.equal(copy?.header('Host'), mirror.hosts);
  assert.deepEqual(copy?.all('Rcpt'), ['b@example.org', 'c@example.org']);
  assert.deepEqual(
    ['Settings-ID', 'Log-Tag', 'X-Site'].map((name) => [original?.header(name), copy?.header(name)]),
    [
      ['production', 'test'],
      [original?.header('Log-Tag'), '4XyZ'],
      ['mx1', 'mirror'],
    ],
  );
});

test('copies are sent before the message goes to the master', bounded, async (t) => {
  const order: string[] = [];
  const noting =
    (name: string): Behaviour =>
    (socket) => {
      order.push(name);
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(verdict)}`);
    };
  const [master, mirror] = [await scriptedScanner(t, [noting('master')]), await scriptedScanner(t, [noting('mirror')])];
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: [{ hosts: mirror.hosts }],
  });
  for (let n = 0; n < 5; n++) await ask(port);
  assert.equal(order.length, 10);
  assert.equal(order[0], 'mirror');
});

test('one try for each copy; failures of a mirror are no concern of the upstream', bounded, async (t) => {
  const [master, mirror] = [await scriptedScanner(t), await scriptedScanner(t, ['close'])];
  const { port, log } = await startProxy(t, {
    upstreams: [{ hosts: `${master.hosts}` }],
    mirrors: [{ name: 'copy', hosts: mirror.hosts }],
  });
  for (let n = 0; n < 6; n++) assert.equal((await ask(port)).status, 200);
  await mirror.seen(6);
  await mirror.idle();
  assert.equal(mirror.requests.length, 6);
  assert.equal(master.requests.length, 6);
  assert.ok(!log.has(/retry connection|of upstream up0/));
});

test('copies are sent though the master fails, and though no upstream is there at all', bounded, async (t) => {
  const mirror = await scriptedScanner(t);
  const listener = new Comparisons();
  const mirrors = [{ name: 'copy', hosts: mirror.hosts }];
  const dead = await startProxy(t, {
    upstreams: [{ hosts: `127.0.0.1:${await freePort()}` }],
    mirrors,
    listeners: [listener],
  });
  assert.equal((await ask(dead.port)).status, 502);
  await mirror.seen(1);
  const none = await startProxy(t, { upstreams: [], mirrors, listeners: [listener] });
  assert.equal((await ask(none.port)).status, 503);
  await mirror.seen(2);
  await mirror.idle();
  assert.deepEqual(listener.all, []);
});

test('a client that goes away does not end the copies', bounded, async (t) => {
  const [master, mirror] = [await scriptedScanner(t, ['hang']), await scriptedScanner(t, ['hang'])];
  const { port, log } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: [{ name: 'copy', hosts: mirror.hosts, timeout: 700 }],
  });
  const client = new RawClient(port).send(post('/checkv2', []));
  await Promise.all([master.seen(1), mirror.seen(1)]);
  client.socket.destroy();
  await master.idle();
  assert.equal(mirror.open.size, 1);
  await mirror.idle();
  assert.ok(log.has('error: IO timeout'));
});

test('a mirror that follows the master is cut off when the answer is there', bounded, async (t) => {
  const [master, mirror, free] = [
    await scriptedScanner(t),
    await scriptedScanner(t, ['hang']),
    await scriptedScanner(t, ['hang']),
  ];
  const listener = new Comparisons();
  const { port, log } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: [
      { name: 'follows', hosts: mirror.hosts, followMaster: true },
      { name: 'free', hosts: free.hosts, timeout: mirrorTimeout },
    ],
    listeners: [listener],
  });
  const began = performance.now();
  await ask(port);
  await mirror.idle();
  assert.ok(performance.now() - began < mirrorTimeout * 0.8);
  assert.equal(free.open.size, 1);
  assert.deepEqual(await listener.results(0), { master: verdict, follows: 'unknown error', free: 'IO timeout' });
  assert.ok(log.has('closing follow_master mirror follows'));
});

test('a mirror that follows the master and is faster has a result', bounded, async (t) => {
  const [master, mirror] = [await scriptedScanner(t), await scriptedScanner(t)];
  master.play((socket) =>
    setTimeout(
      () => socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(verdict)}`),
      150,
    ),
  );
  const listener = new Comparisons();
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: [{ name: 'follows', hosts: mirror.hosts, followMaster: true }],
    listeners: [listener],
  });
  await ask(port);
  assert.deepEqual(await listener.results(0), { master: verdict, follows: verdict });
});

test('a mirror that follows a master which fails is cut off when that is known', bounded, async (t) => {
  const [master, mirror] = [await scriptedScanner(t, ['close']), await scriptedScanner(t, ['hang'])];
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: [{ hosts: mirror.hosts, followMaster: true, timeout: 50_000 }],
    maxTries: 1,
  });
  assert.equal((await ask(port)).status, 502);
  await mirror.idle();
});

test('one number decides for all mirrors; 0 is never, 1 always', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const chances = [0.5, 0.5, 0.2, 0, 1];
  const mirrors = chances.map((probability, index): RigMirror => {
    return { name: `m${index}`, hosts: scanner.hosts, probability, extraHeaders: [['Mirror', `m${index}`]] };
  });
  const coins = [0, 0.1, 0.199, 0.2, 0.3, 0.499, 0.5, 0.75, 0.999999];
  let flips = 0;
  const listener = new Comparisons();
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: scanner.hosts }],
    mirrors,
    listeners: [listener],
    random: () => coins[flips++] as number,
  });
  for (const _ of coins) await ask(port);
  await listener.at(coins.length - 1);
  assert.equal(flips, coins.length, 'one number for each message');
  const drawn = listener.all.map(({ results }) => [...results.keys()].slice(1).join(' '));
  const expected = coins.map((coin) => {
    if (coin < 0.2) return 'm0 m1 m2 m4';
    return coin < 0.5 ? 'm0 m1 m4' : 'm4';
  });
  assert.deepEqual(drawn, expected);
});

test('the log has the lines of the original', bounded, async (t) => {
  const [master, good, bad] = [
    await scriptedScanner(t),
    await scriptedScanner(t, ['status:500']),
    await scriptedScanner(t, [{ raw: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{' }]),
  ];
  const { port, log } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: [
      { name: 'good', hosts: good.hosts },
      { name: 'bad', hosts: bad.hosts },
    ],
  });
  await ask(port);
  while (!log.has('to bad; HTTP') || !log.has('to good; HTTP')) await sleep(5);
  for (const line of [
    'proxy_open_mirror_connections: send request to good',
    'proxy_backend_mirror_finish_handler: finished mirror connection to good; HTTP code: 500',
    'proxy_backend_mirror_finish_handler: cannot parse results from the mirror backend bad:127.0.0.1',
    'proxy_backend_mirror_finish_handler: finished mirror connection to bad; HTTP code: 200',
  ]) {
    assert.ok(log.lines.includes(line), line);
  }
});

test('messages of old clients are copied, too', bounded, async (t) => {
  const [master, mirror] = [await scriptedScanner(t), await scriptedScanner(t)];
  const listener = new Comparisons();
  const { port } = await startProxy(t, {
    upstreams: [{ hosts: master.hosts }],
    mirrors: [{ name: 'copy', hosts: mirror.hosts }],
    listeners: [listener],
  });
  const client = new RawClient(port);
  client.send('SYMBOLS RSPAMC/1.3\r\nContent-Length: 14\r\n\r\nSubject: x\r\n\r\n');
  assert.match((await client.rest()).toString(), /^RSPAMD\/1\.3 0 EX_OK/);
  assert.deepEqual(await listener.results(0), { master: verdict, copy: verdict });
  assert.equal(mirror.requests[0]?.target, '/checkv2');
});

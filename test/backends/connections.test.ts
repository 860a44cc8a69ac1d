import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { ConnectionPool, type PoolOptions, type RestRules } from '../../src/backends/index.ts';
import { Deadlines } from '../../src/message/deadlines.ts';
import { ScanError } from '../../src/message/errors.ts';
import type { Peer } from '../../src/message/peer.ts';
import { slow } from '../support/project.ts';
import { type Behaviour, type ScriptedScanner, scriptedScanner } from '../support/scripted-scanner.ts';

const bounded = { timeout: 60_000 };

interface Bench {
  readonly scanner: ScriptedScanner;
  readonly deadlines: Deadlines;
  /** What the last error said. */
  why(): string;
  /** Sends a request; gives the status, or the code of the error. */
  ask(given?: { within?: number; signal?: { readonly aborted: boolean }; body?: Buffer }): Promise<number | string>;
}

async function bench(
  t: TestContext,
  script: readonly Behaviour[],
  options: Partial<Omit<PoolOptions, 'deadlines'>> = {},
): Promise<Bench> {
  const scanner = await scriptedScanner(t, script);
  const deadlines = new Deadlines(10);
  const pool = new ConnectionPool({ keepAlive: true, maxReply: 100_000, ...options, deadlines });
  t.after(() => pool.close());
  const endpoint: Peer = { kind: 'inet', address: '127.0.0.1', port: scanner.port };
  let why = '';
  return {
    scanner,
    deadlines,
    why: () => why,
    ask: async ({ within = 20_000, signal = { aborted: false }, body = Buffer.from('message') } = {}) => {
      const request = { target: '/checkv2', host: 'scanner', fields: ['From', '<a@b.example>'], body };
      try {
        const reply = await pool.exchange(endpoint, request, { until: performance.now() + within, signal });
        return reply.status;
      } catch (error) {
        assert.ok(error instanceof ScanError, String(error));
        why = error.message;
        return error.code;
      }
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a connection is used again where both sides want it', bounded, async (t) => {
  const open = await bench(t, ['ok']);
  for (let n = 0; n < 5; n++) assert.equal(await open.ask(), 200);
  assert.equal(open.scanner.connections, 1);
  assert.equal(open.scanner.requests[4]?.header('Connection'), 'keep-alive');
  const shut = await bench(t, ['ok'], { keepAlive: false });
  for (let n = 0; n < 3; n++) assert.equal(await shut.ask(), 200);
  assert.equal(shut.scanner.connections, 3);
  assert.equal(shut.scanner.requests[2]?.header('Connection'), 'close');
  await shut.scanner.idle();
  assert.equal(shut.deadlines.size, 0);
});

test('requests at the same time have connections of their own, which are all used again', bounded, async (t) => {
  const { scanner, ask } = await bench(t, ['ok']);
  const all = (): Promise<unknown> => Promise.all(Array.from({ length: 20 }, () => ask()));
  await all();
  await all();
  assert.equal(scanner.requests.length, 40);
  assert.equal(scanner.connections, 20);
});

const notAgain: ReadonlyArray<readonly [what: string, head: string, rest: string]> = [
  ['that the scanner will close', 'Connection: Close\r\nContent-Length: 2', 'ok'],
  ['with bytes left over', 'Content-Length: 2', 'ok and more'],
  ['with a next reply that nobody asked for', 'Content-Length: 2', 'okHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno'],
  ['that rests no second', 'Keep-Alive: timeout=1\r\nContent-Length: 2', 'ok'],
];

for (const [what, head, rest] of notAgain) {
  test(`a connection ${what} is not used again`, bounded, async (t) => {
    const { scanner, ask } = await bench(t, [(socket) => socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${rest}`)]);
    assert.equal(await ask(), 200);
    assert.equal(await ask(), 200);
    assert.equal(scanner.connections, 2);
    await scanner.idle();
  });
}

test('a reply of HTTP/1.0 keeps the connection only if it says so', bounded, async (t) => {
  const reply = (connection: string): string => `HTTP/1.0 200 OK\r\n${connection}Content-Length: 2\r\n\r\nok`;
  const { scanner, ask } = await bench(t, [(socket) => socket.write(reply(''))]);
  assert.equal(await ask(), 200);
  scanner.play((socket) => socket.write(reply('Connection: Keep-Alive\r\n')));
  for (let n = 0; n < 3; n++) assert.equal(await ask(), 200);
  assert.equal(scanner.connections, 2);
});

test('a resting connection that the scanner has closed costs no try', bounded, async (t) => {
  const { scanner, ask } = await bench(t, ['ok', 'ok', 'ok', 'reset', 'ok']);
  // All three rest; the next request finds that the last of them is reset under it.
  await Promise.all([ask(), ask(), ask()]);
  assert.equal(await ask(), 200);
  assert.equal(scanner.requests.length, 5);
  await scanner.stop();
  await wait(20);
  await scanner.listen();
  assert.equal(await ask(), 200);
});

test('a reply that begins and breaks off counts, on a used connection too', bounded, async (t) => {
  const { ask } = await bench(t, ['ok', 'half', 'ok']);
  assert.equal(await ask(), 200);
  assert.equal(await ask(), 'UPSTREAM_BROKEN');
  assert.equal(await ask(), 200);
});

test('what the scanner says while it rests ends the connection', bounded, async (t) => {
  const { scanner, ask } = await bench(t, [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      setTimeout(() => socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n'), 30);
    },
    'ok',
  ]);
  assert.equal(await ask(), 200);
  await scanner.idle();
  assert.equal(await ask(), 200);
  assert.equal(scanner.connections, 2);
});

const rest: RestRules = { idle: 60_000, most: 0, evict: 'oldest', life: 0, uses: 0 };

test('a connection carries so many requests and no more (max_reuse)', bounded, async (t) => {
  const { scanner, ask } = await bench(t, ['ok'], { rest: { ...rest, uses: 2 } });
  for (let n = 0; n < 5; n++) assert.equal(await ask(), 200);
  assert.equal(scanner.connections, 3);
});

test(
  'a connection rests so long and no longer (idle_timeout), and lives so long (connection_ttl)',
  bounded,
  async (t) => {
    for (const rules of [{ idle: 60 }, { life: 60 }]) {
      const { scanner, ask, deadlines } = await bench(t, ['ok'], { rest: { ...rest, ...rules } });
      assert.equal(await ask(), 200);
      await scanner.idle();
      assert.equal(await ask(), 200);
      assert.equal(scanner.connections, 2);
      await scanner.idle();
      assert.equal(deadlines.size, 0);
    }
  },
);

test(
  'so many connections rest and no more (pool_size); which one goes is said (eviction_policy)',
  bounded,
  async (t) => {
    for (const [evict, left] of [
      ['oldest', 'second'],
      ['newest', 'first'],
    ] as const) {
      const names = new Map<Socket, string>();
      const answering = (socket: Socket): void => {
        if (!names.has(socket)) names.set(socket, names.size === 0 ? 'first' : 'second');
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      };
      const { scanner, ask } = await bench(t, [answering], { rest: { ...rest, most: 1, evict } });
      const held: Array<() => void> = [];
      scanner.play((socket) => void held.push(() => answering(socket)));
      const both = Promise.all([ask(), ask()]);
      await scanner.seen(2);
      for (const answer of held) answer();
      assert.deepEqual(await both, [200, 200]);
      while (scanner.open.size > 1) await wait(5);
      assert.equal(names.get([...scanner.open][0] as Socket), left);
      scanner.play(answering);
      assert.equal(await ask(), 200);
      assert.equal(scanner.connections, 2);
    }
  },
);

test('each stage has its own limit (read_timeout, write_timeout)', bounded, async (t) => {
  const stages = { connecting: 0, securing: 0, sending: 0, receiving: 0 };
  const slow = await bench(t, ['hang'], { stages: { ...stages, receiving: 80 } });
  assert.equal(await slow.ask({ within: 15_000 }), 'UPSTREAM_TIMEOUT');
  assert.match(slow.why(), /receiving the reply took longer than 0\.08 s/);
  const deaf = createServer((socket) => socket.pause().on('error', () => {})).listen(0, '127.0.0.1');
  t.after(() => deaf.close());
  await once(deaf, 'listening');
  const pool = new ConnectionPool({ maxReply: 1000, deadlines: new Deadlines(10), stages: { ...stages, sending: 80 } });
  t.after(() => pool.close());
  const endpoint: Peer = { kind: 'inet', address: '127.0.0.1', port: (deaf.address() as AddressInfo).port };
  const request = { target: '/', host: 'deaf', fields: [], body: Buffer.alloc(50_000_000) };
  const limits = { until: performance.now() + 15_000, signal: { aborted: false } };
  await assert.rejects(pool.exchange(endpoint, request, limits), {
    code: 'UPSTREAM_TIMEOUT',
    message: /sending the request took longer than 0\.08 s/,
  });
});

test('a reply that comes before the request is out is taken, and ends the connection', bounded, async (t) => {
  const { scanner, ask } = await bench(t, ['early', 'ok']);
  const large = Buffer.alloc(30_000_000, 'x');
  const first = await ask({ body: large });
  assert.ok(first === 200 || first === 'UPSTREAM_BROKEN', String(first));
  assert.equal(await ask(), 200);
  assert.equal(scanner.connections, 2);
});

test('a large message goes out whole', bounded, async (t) => {
  const { scanner, ask } = await bench(t, ['ok']);
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => at % 251));
  assert.equal(await ask({ body }), 200);
  assert.ok(scanner.requests[0]?.body.equals(body));
});

test('time is up, the client is gone: the exchange ends and so does its connection', bounded, async (t) => {
  const { scanner, ask, deadlines } = await bench(t, ['hang']);
  assert.equal(await ask({ within: 50 }), 'UPSTREAM_TIMEOUT');
  const before = scanner.requests.length;
  const signal = { aborted: false };
  const asked = ask({ signal });
  await scanner.seen(before + 1);
  signal.aborted = true;
  assert.equal(await asked, 'CANCELLED');
  assert.equal(await ask({ signal }), 'CANCELLED');
  assert.equal(await ask({ within: -1 }), 'UPSTREAM_TIMEOUT');
  assert.equal(scanner.requests.length, before + 1);
  await scanner.idle();
  assert.equal(deadlines.size, 0);
});

const parts = fc.oneof(
  fc.constantFrom('HTTP/1.1 200 OK\r\n', 'HTTP/1.0 503 X\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 204 \r\n'),
  fc.constantFrom(
    'Content-Length: 5\r\n',
    'Content-Length: 99999999\r\n',
    'Transfer-Encoding: chunked\r\n',
    '\r\n',
    '\n',
  ),
  fc.constantFrom('abcde', '5\r\nabcde\r\n', '0\r\n\r\n', 'Connection: close\r\n', 'Connection: keep-alive\r\n'),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const ends = fc.constantFrom('end', 'destroy', 'resetAndDestroy', 'stay');
const script = fc.array(fc.record({ bytes: fc.array(parts, { maxLength: 8 }), end: ends, pieces: fc.boolean() }), {
  minLength: 1,
  maxLength: 6,
});

test('whatever a scanner does, every exchange ends in a reply or an error, and nothing is left over', {
  timeout: 300_000,
}, async (t) => {
  const { scanner, ask, deadlines } = await bench(t, ['ok']);
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      scanner.play(
        ...steps.map(
          ({ bytes, end, pieces }): Behaviour =>
            (socket) => {
              const text = bytes.join('');
              if (pieces) for (const byte of text) socket.write(byte, 'latin1');
              else socket.write(text, 'latin1');
              if (end !== 'stay') socket[end]();
            },
        ),
      );
      const outcomes = await Promise.all(steps.map(() => ask({ within: 60 })));
      for (const outcome of outcomes) assert.ok(typeof outcome === 'number' || outcome.startsWith('UPSTREAM_'));
    }),
    { numRuns: slow ? 3000 : 60 },
  );
  await scanner.stop();
  while (deadlines.size > 0) await wait(5);
});

test('a connection that was closed and is opened again carries its own request only, once', bounded, async (t) => {
  const odd: readonly Behaviour[] = ['drop', 'reset', 'early', 'close', 'long', 'half', 'garbage', 'chunked'];
  const { scanner, ask, deadlines } = await bench(t, ['ok'], { keepAlive: false });
  for (let round = 0; round < 12; round++) {
    const bodies = Array.from({ length: 12 }, (_, at) =>
      Buffer.from(`message ${round} ${at} ${'x'.repeat(at * 9000)}`),
    );
    // Every other round goes well, and its connections are opened again in the next one.
    scanner.play(...(round % 2 === 0 ? (['ok'] as const) : ([...odd, 'ok', 'ok', 'ok', 'ok'] as const)));
    const [seen, connections] = [scanner.requests.length, scanner.connections];
    const outcomes = await Promise.all(bodies.map((body) => ask({ body })));
    await scanner.idle();
    assert.equal(scanner.connections - connections, bodies.length);
    const texts = scanner.requests.slice(seen).map(({ body }) => body.toString());
    assert.equal(new Set(texts).size, texts.length);
    for (const text of texts) assert.ok(bodies.some((body) => body.toString() === text));
    if (round % 2 === 0) assert.deepEqual([texts.length, new Set(outcomes)], [12, new Set([200])]);
  }
  assert.equal(deadlines.size, 0);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Scanner } from '../../../src/scan/index.ts';
import { clean, makeScanner, scanText, stockActions } from '../support.ts';
import { replyTo, startStorage } from './fake.ts';

const limits = { timeout: 60_000 };

/** Queries of one connection, without their lengths. */
type OnQuery = (query: Buffer, socket: Socket) => void;

interface Rig {
  readonly port: number;
  /** How each query came, in order. */
  readonly seen: ('udp' | 'tcp')[];
  connections: number;
}

/** A storage on one port of both kinds: by UDP it answers well, by TCP it does what the test wants. */
async function start(t: TestContext, onQuery: OnQuery, onConnect: (socket: Socket) => void = () => {}): Promise<Rig> {
  const rig = { port: 0, seen: [] as Rig['seen'], connections: 0 };
  const server = createServer((socket) => {
    rig.connections++;
    let unread = Buffer.alloc(0);
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    onConnect(socket);
    socket.on('data', (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16LE()) {
        const end = 2 + unread.readUInt16LE();
        rig.seen.push('tcp');
        onQuery(unread.subarray(2, end), socket);
        unread = unread.subarray(end);
      }
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  rig.port = (server.address() as AddressInfo).port;
  const answer = (query: Buffer, reply: (datagram: Buffer) => void): void => {
    rig.seen.push('udp');
    reply(replyTo(query, good));
  };
  await startStorage(t, answer, rig.port);
  return rig;
}

const good = { value: 10, flag: 1, probability: 1 };

function framed(packet: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(packet.length);
  return Buffer.concat([length, packet]);
}

/** @param wait seconds for a reply */
const makeWith = (port: number, tcp: string, wait = 5): Promise<Scanner> =>
  makeScanner(`${stockActions} fuzzy_check { timeout = ${wait}; retransmits = 0; rule "test" { servers = "127.0.0.1:${port}";
    min_bytes = 1; max_score = 10; tcp ${tcp} fuzzy_map { ONE { flag = 1; } } } }
    group "fuzzy" { symbols { ONE { weight = 10; } } }`);

async function isFound(scanner: Scanner, message = clean): Promise<boolean> {
  return (await scanText(scanner, message)).symbols['ONE'] !== undefined;
}

/** Scans until a query comes by TCP: connecting takes its time, and messages do not wait for it. */
async function untilTcp(rig: Rig, scanner: Scanner): Promise<boolean> {
  for (;;) {
    const found = await isFound(scanner);
    if (rig.seen.includes('tcp')) return found;
    assert.ok(found);
  }
}

/** Two parts with a hash each. */
const twoParts = clean
  .replace('User-Agent: test/1', 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x')
  .replace('Hi.', '--x\r\nContent-Type: text/plain\r\n\r\none\r\n--x\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--x--');

test('with tcp = yes the first message goes by UDP, and later ones by one connection', limits, async (t) => {
  const rig = await start(t, (query, socket) => socket.write(framed(replyTo(query, { ...good, more: [] }))));
  const scanner = await makeWith(rig.port, '= yes;');
  assert.ok(await untilTcp(rig, scanner));
  assert.equal(rig.seen[0], 'udp');
  rig.seen.length = 0;
  const found = await Promise.all([clean, twoParts, clean].map((message) => isFound(scanner, message)));
  assert.deepEqual(found, [true, true, true]);
  assert.deepEqual(rig.seen, ['tcp', 'tcp', 'tcp', 'tcp']);
  assert.equal(rig.connections, 1);
});

test('replies come in pieces, and several at once', limits, async (t) => {
  const held: Buffer[] = [];
  const rig = await start(t, (query, socket) => {
    held.push(framed(replyTo(query, good)));
    if (held.length < 2) return;
    const bytes = Buffer.concat(held.splice(0));
    socket.write(bytes.subarray(0, 1));
    setImmediate(() => socket.write(bytes.subarray(1, 150)));
    setImmediate(() => setImmediate(() => socket.write(bytes.subarray(150))));
  });
  const scanner = await makeWith(rig.port, '= yes;');
  while (!rig.seen.includes('tcp')) assert.ok(await isFound(scanner, twoParts));
});

for (const [what, misbehave] of [
  ['ends the connection', (socket: Socket) => socket.destroy()],
  ['says that a reply is empty', (socket: Socket) => socket.write(Buffer.alloc(2))],
  ['says that a reply is too long', (socket: Socket) => socket.write(Buffer.alloc(100, 255))],
] as const)
  test(`a storage that ${what} is asked by UDP instead`, limits, async (t) => {
    const rig = await start(t, (_, socket) => misbehave(socket));
    const scanner = await makeWith(rig.port, '{ enabled = yes; retry_delay = 60s; }');
    assert.ok(await untilTcp(rig, scanner));
    assert.equal(rig.seen.at(-1), 'udp');
  });

test('garbage and silence cost no more than the time for a reply; the verdict stands', limits, async (t) => {
  const rig = await start(t, (query, socket) => {
    socket.write(framed(Buffer.alloc(96)));
    socket.write(framed(replyTo(query, { ...good, tag: (query.readUInt32LE(8) + 5) % 2 ** 32 })));
  });
  const scanner = await makeWith(rig.port, '= yes;', 1);
  while (!rig.seen.includes('tcp')) await isFound(scanner);
  assert.equal(await isFound(scanner), false);
});

test('a connection that fails is not tried again for a while', limits, async (t) => {
  const gone: Promise<unknown>[] = [];
  const rig = await start(
    t,
    () => {},
    (socket) => {
      gone.push(once(socket, 'close'));
      socket.write(Buffer.alloc(100, 255));
    },
  );
  const scanner = await makeWith(rig.port, '{ enabled = yes; retry_delay = 60s; }');
  while (gone.length === 0) assert.ok(await isFound(scanner));
  await Promise.all(gone);
  for (let n = 0; n < 5; n++) assert.ok(await isFound(scanner));
  assert.equal(rig.connections, 1);
});

test('with tcp.auto only many messages in a second make a connection', limits, async (t) => {
  const rig = await start(t, (query, socket) => socket.write(framed(replyTo(query, good))));
  const rare = await makeWith(rig.port, '{ auto = yes; threshold = 100000; }');
  for (let n = 0; n < 5; n++) assert.ok(await isFound(rare));
  assert.equal(rig.connections, 0);
  const often = await makeWith(rig.port, '{ auto = yes; threshold = 0.01; window = 60s; }');
  assert.ok(await untilTcp(rig, often));
});

test('without tcp there is none', limits, async (t) => {
  const rig = await start(t, () => {});
  const scanner = await makeWith(rig.port, '= no;');
  for (let n = 0; n < 5; n++) assert.ok(await isFound(scanner));
  assert.equal(rig.connections, 0);
});

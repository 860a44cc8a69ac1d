import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, type TestContext, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { type Datagrams, ownDatagrams, portDatagrams, serveDatagrams } from '../../src/scan/datagrams/index.ts';

const limits = { timeout: 30_000 };

// The sockets do not keep the process.
const stays = setInterval(() => {}, 1000);
after(() => clearInterval(stays));

/** Sends everything back. */
async function echo(t: TestContext, host = '127.0.0.1'): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  socket.bind(0, host);
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket.address().port;
}

/** What comes back for so many datagrams, or why nothing does. */
function exchange(
  datagrams: Datagrams,
  host: string,
  port: number,
  sent: readonly Buffer[],
): Promise<string[] | string> {
  return new Promise((resolve) => {
    const heard: string[] = [];
    const socket = datagrams.connect(host, port, {
      message: (datagram) => {
        heard.push(datagram.toString('latin1'));
        if (heard.length < sent.length) return;
        socket.close();
        resolve(heard.toSorted());
      },
      failed: (reason) => resolve(reason),
    });
    for (const datagram of sent) socket.send(datagram);
  });
}

function throughPort(t: TestContext): Datagrams {
  const { port1, port2 } = new MessageChannel();
  serveDatagrams(port1, ownDatagrams);
  t.after(() => port2.close());
  return portDatagrams(port2);
}

for (const [name, make] of [
  ['of this thread', () => ownDatagrams],
  ['at the end of a port', throughPort],
] as const) {
  test(`sockets ${name}: datagrams of every size reach whom they are for`, limits, async (t) => {
    const datagrams = make(t);
    const ports = await Promise.all([echo(t), echo(t), echo(t, '::1')]);
    const outcomes = ports.map((port, at) => {
      const sent = [0, 1, 500, 9000].map((size) => Buffer.from(`${at} ${'x'.repeat(size)}`));
      const host = at === 2 ? '::1' : '127.0.0.1';
      return exchange(datagrams, host, port, sent).then((heard) =>
        assert.deepEqual(heard, sent.map((one) => one.toString()).toSorted()),
      );
    });
    await Promise.all(outcomes);
  });

  test(`sockets ${name}: a failure is told once, and after the close nothing`, limits, async (t) => {
    const datagrams = make(t);
    const closed = createSocket('udp4').bind(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address();
    await new Promise<void>((resolve) => closed.close(() => resolve()));
    assert.match((await exchange(datagrams, '127.0.0.1', port, [Buffer.from('x')])) as string, /ECONNREFUSED/);
    assert.match((await exchange(datagrams, '127.0.0.1', 0, [Buffer.from('x')])) as string, /[Pp]ort/);
    const alive = await echo(t);
    const ended = datagrams.connect('127.0.0.1', alive, {
      message: () => assert.fail('heard after the close'),
      failed: () => assert.fail('failed after the close'),
    });
    ended.send(Buffer.from('x'));
    ended.close();
    ended.close();
    assert.deepEqual(await exchange(datagrams, '127.0.0.1', alive, [Buffer.from('y')]), ['y']);
  });
}

test('the sockets of a thread are closed when it ends', limits, async () => {
  const { port1, port2 } = new MessageChannel();
  let open = 0;
  const closed = new Promise<void>((resolve) => {
    serveDatagrams(port1, {
      connect: () => {
        open++;
        return { send: () => {}, close: () => --open === 0 && resolve() };
      },
    });
  });
  const datagrams = portDatagrams(port2);
  for (let n = 0; n < 3; n++) datagrams.connect('127.0.0.1', 53, { message: () => {}, failed: () => {} });
  datagrams.connect('127.0.0.1', 53, { message: () => {}, failed: () => {} }).close();
  await new Promise((wake) => setImmediate(wake));
  port2.close();
  await closed;
  assert.equal(open, 0);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  createMilterServer,
  type MilterOptions,
  type MilterServer,
  milterDefaults,
} from '../../src/frontends/milter/index.ts';
import { ScanError } from '../../src/message/errors.ts';
import { silentLogger } from '../../src/message/log.ts';
import type { Scan, ScanReply, ScanRequest } from '../../src/message/scan.ts';
import { Mta } from '../conformance/milter/mta.ts';
import { message, offer, packet, verdict } from './support.ts';

const patience = 30_000;

interface Running {
  readonly milter: MilterServer;
  readonly requests: ScanRequest[];
  readonly verdicts: ReadonlyMap<string, number>;
  open(): Promise<{ mta: Mta; socket: Socket }>;
}

/** A milter server on a TCP port, or on a unix socket. */
async function running(
  t: TestContext,
  scan: Scan,
  options: Partial<MilterOptions> = {},
  path?: string,
): Promise<Running> {
  const requests: ScanRequest[] = [];
  const verdicts = new Map<string, number>();
  const milter = createMilterServer(
    { ...milterDefaults, ...options },
    {
      scan: (request) => {
        requests.push(request);
        return scan(request);
      },
      logger: silentLogger,
      now: () => performance.now(),
      verdicts,
    },
  );
  const server = createServer((socket) =>
    milter.handleConnection(
      socket,
      path === undefined
        ? { kind: 'inet', address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
        : { kind: 'unix', path },
    ),
  );
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path });
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    milter.destroy();
    await milter.drain();
  });
  return {
    milter,
    requests,
    verdicts,
    async open() {
      const socket = path === undefined ? connect((server.address() as AddressInfo).port, '127.0.0.1') : connect(path);
      t.after(() => socket.destroy());
      await once(socket, 'connect');
      return { mta: new Mta(socket), socket };
    },
  };
}

const accept: Scan = async () => verdict({});

async function letters(mta: Mta, count: number): Promise<string> {
  let found = '';
  while (found.length < count) found += (await mta.packet(patience))?.cmd ?? assert.fail(`only ${found} came`);
  return found;
}

for (const kind of ['TCP', 'unix'] as const)
  test(`ten messages on one ${kind} connection, then a quit`, { timeout: 60_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'milter-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = kind === 'unix' ? join(folder, 's') : undefined;
    const { open, requests, milter, verdicts } = await running(t, accept, {}, path);
    const { mta, socket } = await open();
    mta.send(offer());
    assert.equal(await letters(mta, 1), 'O');
    for (let round = 0; round < 10; round++) {
      mta.send(Buffer.concat(message({ body: `body ${round}` })));
      assert.equal(await letters(mta, 1), 'a');
    }
    assert.deepEqual(
      requests.map(({ body }) => body.toString().slice(-6)),
      Array.from({ length: 10 }, (_, n) => `body ${n}`),
    );
    assert.equal(requests[0]?.peer.kind, kind === 'unix' ? 'unix' : 'inet');
    mta.send(packet('Q'));
    assert.equal(await mta.closes(patience), true);
    if (!socket.closed) await once(socket, 'close');
    await milter.drain();
    assert.equal(milter.connections, 0);
    assert.deepEqual(verdicts, new Map([['no action', 10]]));
  });

test('what MTAs were told is counted', { timeout: 60_000 }, async (t) => {
  const answers = [verdict({ action: 'reject' }), verdict({ action: 'unheard of' }), undefined];
  const { open, verdicts } = await running(t, async () => answers.shift() ?? Promise.reject(new Error('no scanner')));
  const { mta } = await open();
  mta.send(offer());
  assert.equal(await letters(mta, 1), 'O');
  for (const expected of ['y', 't', 't']) {
    mta.send(Buffer.concat(message({ body: 'body' })));
    assert.equal(await letters(mta, 1), expected);
  }
  assert.deepEqual(
    verdicts,
    new Map([
      ['reject', 1],
      ['tempfail', 2],
    ]),
  );
});

test('connections do not see each other', { timeout: 60_000 }, async (t) => {
  const { open } = await running(t, async ({ body }) =>
    verdict({ action: 'reject', messages: { smtp_message: body.toString() } }),
  );
  const mtas = await Promise.all(Array.from({ length: 16 }, async () => (await open()).mta));
  await Promise.all(
    mtas.map(async (mta, number) => {
      mta.send(Buffer.concat([offer(), ...message({ headers: [], body: `I am ${number}` })]));
      assert.equal((await mta.packet(patience))?.cmd, 'O');
      assert.equal((await mta.packet(patience))?.payload.toString(), `554 5.7.1 I am ${number}\0`);
    }),
  );
});

test('a client that goes away cancels its scan', { timeout: 60_000 }, async (t) => {
  const cancelled: Array<() => boolean> = [];
  const { open, milter } = await running(t, ({ signal }) => {
    cancelled.push(() => signal.aborted);
    return new Promise<ScanReply>(() => {});
  });
  const { mta, socket } = await open();
  mta.send(Buffer.concat([offer(), ...message()]));
  await letters(mta, 1);
  socket.destroy();
  while (cancelled[0]?.() !== true) await new Promise(setImmediate);
  await milter.drain();
  assert.equal(milter.connections, 0);
});

test('a health check in HTTP', { timeout: 60_000 }, async (t) => {
  const { open } = await running(t, accept);
  const { mta } = await open();
  mta.send(Buffer.from('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n'));
  assert.equal(await mta.closes(patience), true);
  assert.match(mta.waiting.toString(), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\npong\r\n$/s);
});

test('port checks and noise leave the others alone', { timeout: 60_000 }, async (t) => {
  const { open, milter } = await running(t, accept);
  const { mta: steady } = await open();
  steady.send(offer());
  await letters(steady, 1);
  for (const noise of ['', 'EHLO x\r\n', '\x16\x03\x01\x02\0\x01\0', 'POST / HTTP/1.1\r\n\r\n', '\0\0\0\0']) {
    const { mta, socket } = await open();
    if (noise === '') socket.end();
    else mta.send(Buffer.from(noise, 'latin1'));
    assert.equal(await mta.closes(patience), true, noise);
    assert.equal(mta.waiting.length, 0);
  }
  steady.send(Buffer.concat(message()));
  assert.equal(await letters(steady, 1), 'a');
  assert.equal(milter.connections, 1);
});

test('a large new body arrives whole at a slow reader', { timeout: 60_000 }, async (t) => {
  const body = Buffer.alloc(8 * 1024 * 1024, 'new body ');
  const scanned = deferred();
  const { open } = await running(t, async () => {
    setImmediate(scanned.resolve);
    return verdict({}, body);
  });
  const { mta, socket } = await open();
  socket.pause();
  mta.send(Buffer.concat([offer(), ...message()]));
  await scanned.promise;
  socket.resume();
  const parts: Buffer[] = [];
  for (;;) {
    const next = (await mta.packet(patience)) ?? assert.fail('the body ends early');
    if (next.cmd === 'a') break;
    if (next.cmd === 'b') parts.push(next.payload);
  }
  assert.ok(parts.every(({ length }) => length <= 65_535));
  assert.ok(Buffer.concat(parts).equals(body));
});

test('time passes for all sessions: progress, then the deadline', { timeout: 60_000 }, async (t) => {
  const { open } = await running(t, () => new Promise(() => {}), { progressInterval: 1, scanDeadline: 1500 });
  const { mta } = await open();
  mta.send(Buffer.concat([offer(), ...message()]));
  assert.equal(await letters(mta, 3), 'Opt');
});

test('draining: the message in hand gets its verdict, then the connection ends', { timeout: 60_000 }, async (t) => {
  const started = deferred();
  const release = deferred();
  const { open, milter } = await running(t, async () => {
    started.resolve();
    await release.promise;
    throw new ScanError('SHUTTING_DOWN');
  });
  const [busy, idle] = [(await open()).mta, (await open()).mta];
  busy.send(Buffer.concat([offer(), ...message()]));
  idle.send(offer());
  await letters(idle, 1);
  await started.promise;
  const drained = milter.drain();
  assert.equal(await idle.closes(patience), true);
  assert.equal(busy.closed, false);
  release.resolve();
  assert.equal(await letters(busy, 2), 'Ot');
  assert.equal(await busy.closes(patience), true);
  await drained;
});

test('retiring: a session lives until its MTA ends it', { timeout: 60_000 }, async (t) => {
  const { open, milter } = await running(t, accept);
  const { mta } = await open();
  mta.send(offer());
  await letters(mta, 1);
  let retired = false;
  const done = milter.retire().then(() => {
    retired = true;
  });
  for (let round = 0; round < 2; round++) {
    mta.send(Buffer.concat(message()));
    assert.equal(await letters(mta, 1), 'a');
  }
  assert.equal(retired, false);
  mta.send(packet('Q'));
  await done;
  await milter.retire();
});

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
}

function deferred(): Deferred {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

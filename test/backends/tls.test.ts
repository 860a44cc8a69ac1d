import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlain, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createSecureContext, createServer, type SecureContext, type TLSSocket } from 'node:tls';
import { ConnectionPool, type PoolOptions, tlsOpener } from '../../src/backends/index.ts';
import { Deadlines } from '../../src/message/deadlines.ts';
import { ScanError } from '../../src/message/errors.ts';
import type { Peer } from '../../src/message/peer.ts';
import { type Certificate, makeCertificate, noOpenssl } from '../support/certificates.ts';

const options = { timeout: 60_000, skip: noOpenssl };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Scanner {
  readonly endpoint: Peer;
  /** Connections that came to a secure state, with whether they took up an earlier session. */
  readonly secured: boolean[];
  /** Requests that came in plain text to us, by their first line. */
  readonly asked: string[];
  readonly server: Server;
}

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers requests over TLS on a port or a socket. */
async function scanner(t: TestContext, made: Certificate, path?: string, reply: string = answer): Promise<Scanner> {
  const [secured, asked]: [boolean[], string[]] = [[], []];
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: readFileSync(made.cert), key: readFileSync(made.key) }, (socket) => {
    sockets.add(socket);
    secured.push(socket.isSessionReused());
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      asked.push(bytes.toString('latin1').split('\r\n')[0] as string);
      if (reply === answer) socket.write(reply);
      else socket.end(reply);
    });
  });
  server.on('tlsClientError', () => {});
  const endpoint = await listening(t, server, path);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { endpoint, secured, asked, server };
}

async function listening(t: TestContext, server: Server, path?: string): Promise<Peer> {
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  if (path !== undefined) return { kind: 'unix', path };
  return { kind: 'inet', address: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 };
}

const trusting = (made: Certificate): SecureContext => createSecureContext({ ca: readFileSync(made.cert) });

type Ask = (endpoint: Peer, serverName: string | undefined, within?: number) => Promise<number | ScanError>;

function asking(t: TestContext, context: SecureContext, more: Partial<PoolOptions> = {}): Ask {
  const pool = new ConnectionPool({
    opener: tlsOpener(context),
    keepAlive: true,
    maxReply: 1000,
    deadlines: new Deadlines(10),
    ...more,
  });
  t.after(() => pool.close());
  return async (endpoint, serverName, within = 20_000) => {
    const request = { target: '/checkv2', host: 'scanner', serverName, fields: [], body: Buffer.from('secret') };
    const limits = { until: performance.now() + within, signal: { aborted: false } };
    try {
      return (await pool.exchange(endpoint, request, limits)).status;
    } catch (error) {
      assert.ok(error instanceof ScanError, String(error));
      return error;
    }
  };
}

function failed(outcome: number | ScanError, code: string, why: RegExp): void {
  assert.ok(outcome instanceof ScanError, `no error but ${outcome}`);
  assert.equal(outcome.code, code, outcome.message);
  assert.match(outcome.message, why);
  assert.ok(outcome.retry);
}

test('one secured connection carries all requests', options, async (t) => {
  const made = makeCertificate(folderOf(t), 'one', ['IP:127.0.0.1', 'DNS:localhost']);
  const { endpoint, secured, asked } = await scanner(t, made);
  const ask = asking(t, trusting(made));
  for (let n = 0; n < 5; n++) assert.equal(await ask(endpoint, '127.0.0.1'), 200);
  assert.deepEqual([secured.length, asked.length], [1, 5]);
  // It was secured for that name, not for this one.
  assert.equal(await ask(endpoint, 'localhost'), 200);
  assert.equal(secured.length, 2);
});

test('without keep-alive the next connection takes up the session of the last one', options, async (t) => {
  const made = makeCertificate(folderOf(t), 'one', ['IP:127.0.0.1']);
  const { endpoint, secured } = await scanner(
    t,
    made,
    undefined,
    answer.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
  );
  const ask = asking(t, trusting(made), { keepAlive: false });
  for (let n = 0; n < 4; n++) assert.equal(await ask(endpoint, '127.0.0.1'), 200);
  assert.deepEqual(secured, [false, true, true, true]);
});

test('a certificate must be good and of that name; else nothing is sent, time and again', options, async (t) => {
  const folder = folderOf(t);
  const made = makeCertificate(folder, 'one', ['IP:127.0.0.1']);
  const other = makeCertificate(folder, 'two', ['IP:127.0.0.1']);
  const { endpoint, asked } = await scanner(t, made);
  const [strangers, ours] = [asking(t, trusting(other)), asking(t, trusting(made))];
  for (let n = 0; n < 3; n++) {
    failed(await strangers(endpoint, '127.0.0.1'), 'UPSTREAM_UNREACHABLE', /TLS handshake: self-signed certificate/);
    failed(await ours(endpoint, 'mail.example'), 'UPSTREAM_UNREACHABLE', /TLS handshake: Host: mail\.example\. is not/);
    failed(await ours(endpoint, '127.0.0.2'), 'UPSTREAM_UNREACHABLE', /TLS handshake: IP: 127\.0\.0\.2 is not/);
  }
  assert.deepEqual(asked, []);
  assert.equal(await ours(endpoint, '127.0.0.1'), 200);
});

test('on a unix socket the certificate must be good, but there is no name to check', options, async (t) => {
  const folder = folderOf(t);
  const made = makeCertificate(folder, 'one', ['DNS:whatever.example']);
  const other = makeCertificate(folder, 'two', ['DNS:whatever.example']);
  const { endpoint } = await scanner(t, made, join(folder, 'scanner.sock'));
  assert.equal(await asking(t, trusting(made))(endpoint, undefined), 200);
  failed(await asking(t, trusting(other))(endpoint, undefined), 'UPSTREAM_UNREACHABLE', /self-signed/);
});

test('a scanner without TLS, one that hangs, one that breaks off', options, async (t) => {
  const made = makeCertificate(folderOf(t), 'one', ['IP:127.0.0.1']);
  const behaviours: ReadonlyArray<readonly [act: (socket: Socket) => void, code: string, why: RegExp]> = [
    [(socket) => void socket.end(answer), 'UPSTREAM_UNREACHABLE', /TLS handshake: ./],
    [(socket) => void socket.end(), 'UPSTREAM_UNREACHABLE', /TLS handshake: ./],
    [(socket) => void socket.resetAndDestroy(), 'UPSTREAM_UNREACHABLE', /TLS handshake: connection reset by peer/],
  ];
  for (const [act, code, why] of behaviours) {
    const seen: Buffer[] = [];
    const server = createPlain((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => act(socket));
      socket.on('data', (bytes) => seen.push(bytes));
    });
    const endpoint = await listening(t, server);
    failed(await asking(t, trusting(made))(endpoint, '127.0.0.1'), code, why);
    assert.ok(!Buffer.concat(seen).includes('secret'));
  }
  const hanging = await listening(
    t,
    createPlain((socket) => void socket.on('error', () => {})),
  );
  failed(await asking(t, trusting(made))(hanging, '127.0.0.1', 100), 'UPSTREAM_TIMEOUT', /did not answer in time$/);
  const stages = { connecting: 0, securing: 200, sending: 0, receiving: 0 };
  const limited = await asking(t, trusting(made), { stages })(hanging, '127.0.0.1');
  failed(limited, 'UPSTREAM_TIMEOUT', /the TLS handshake took longer than 0\.2 s/);
});

test('a reply that breaks off is an error of the connection', options, async (t) => {
  const made = makeCertificate(folderOf(t), 'one', ['IP:127.0.0.1']);
  for (const reply of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf']) {
    const { endpoint } = await scanner(t, made, undefined, reply);
    failed(await asking(t, trusting(made))(endpoint, '127.0.0.1'), 'UPSTREAM_BROKEN', /unexpected end/);
  }
});

test('a resting connection that the scanner has closed costs no try', options, async (t) => {
  const made = makeCertificate(folderOf(t), 'one', ['IP:127.0.0.1']);
  const { endpoint, secured } = await scanner(t, made, undefined, `${answer}`.replace('ok', 'OK'));
  const ask = asking(t, trusting(made));
  for (let n = 0; n < 3; n++) assert.equal(await ask(endpoint, '127.0.0.1'), 200);
  assert.equal(secured.length, 3);
});

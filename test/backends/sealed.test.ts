import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connections, SealedConnections, type WireRequest } from '../../src/backends/index.ts';
import { ScanError } from '../../src/message/errors.ts';
import { Headers } from '../../src/message/headers.ts';
import { ClientKey, CryptClient, CryptServer, generateKeyPair, PublicKey } from '../../src/wire/crypt/index.ts';
import { ciphers } from '../wire/crypt/ciphers.ts';

const pair = generateKeyPair();
const endpoint = { kind: 'inet', address: '127.0.0.1', port: 11333 } as const;
const limits = { until: Number.POSITIVE_INFINITY, signal: { aborted: false } };
const request: WireRequest = {
  target: '/checkv2?x=1',
  host: 'scanner:11333',
  fields: ['From', '<a@b.example>', 'Rcpt', 'c@d.example', 'Rcpt', 'e@f.example'],
  body: Buffer.from('Subject: x\r\n\r\n'),
};
const inner = Buffer.from('HTTP/1.1 403 No\r\nContent-Length: 2\r\nContent-Type: application/json\r\nX: y\r\n\r\n{}');

interface Wire {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly string[];
  readonly body: Buffer;
}

const sealedWire = (body: Buffer): Wire => {
  return { status: 200, reason: 'OK', fields: ['Content-Type', 'application/octet-stream'], body };
};

/** The plain connections below the encrypted ones, which answer as told. */
class Scanner implements Connections {
  readonly seen: WireRequest[] = [];
  closed = false;
  readonly #answer: (request: WireRequest) => Wire;

  constructor(answer: (request: WireRequest) => Wire) {
    this.#answer = answer;
  }

  async exchange(_: unknown, seen: WireRequest) {
    this.seen.push(seen);
    const { status, reason, fields, body } = this.#answer(seen);
    return { status, reason, headers: new Headers(fields), body };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

const keyOf = ({ fields }: WireRequest): string => fields[fields.indexOf('Key') + 1] as string;

for (const cipher of ciphers) {
  test(`${cipher.name}: nothing of a message shows outside, and the reply inside is the reply`, async () => {
    const server = new CryptServer(cipher, [pair]);
    const opened: unknown[] = [];
    const scanner = new Scanner((outer) => {
      const { request: inside, channel } = server.openRequest(keyOf(outer), outer.body);
      opened.push([inside.method, inside.target, inside.headers.flat, inside.body.toString()]);
      return sealedWire(server.sealReply([inner], channel));
    });
    const sealed = new SealedConnections(scanner, new CryptClient(cipher), pair.publicKey);
    const reply = await sealed.exchange(endpoint, request, limits);
    assert.deepEqual([reply.status, reply.reason, reply.body.toString()], [403, 'No', '{}']);
    assert.equal(reply.headers.get('X'), 'y');
    const [outer] = scanner.seen;
    assert.deepEqual([outer?.target, outer?.host], ['/post', 'scanner:11333']);
    assert.deepEqual(outer?.fields.slice(0, 3), ['Content-Type', 'application/octet-stream', 'Key']);
    assert.equal(outer?.fields.length, 4);
    assert.ok(!outer?.body.includes('Subject') && !outer?.body.includes('a@b.example'));
    const fields = ['Content-Length', '14', 'Connection', 'close', 'Host', 'scanner:11333', ...request.fields];
    assert.deepEqual(opened, [['POST', '/checkv2?x=1', fields, 'Subject: x\r\n\r\n']]);
    await sealed.exchange(endpoint, { ...request, target: '/ping', body: Buffer.alloc(0) }, limits);
    assert.deepEqual((opened[1] as unknown[]).slice(0, 2), ['GET', '/ping']);
    await sealed.close();
    assert.ok(scanner.closed);
  });

  const bad: ReadonlyArray<
    readonly [what: string, answer: (outer: WireRequest, server: CryptServer) => Wire, why: RegExp]
  > = [
    [
      'in plain text',
      () => ({
        status: 200,
        reason: 'OK',
        fields: ['Content-Type', 'application/json'],
        body: Buffer.from('{"action":"no action"}'),
      }),
      /an encrypted request got a reply in plain text \(200 OK\)/,
    ],
    [
      'that says in plain text what is wrong',
      () => ({ status: 503, reason: 'busy', fields: [], body: Buffer.from('x'.repeat(100)) }),
      /an encrypted request got a reply in plain text \(503 busy\)/,
    ],
    ['without a body', () => sealedWire(Buffer.alloc(0)), /shorter than nonce and MAC/],
    ['of noise', () => sealedWire(Buffer.alloc(200, 7)), /MAC .* is wrong/],
    ['that is our own request', (outer) => sealedWire(outer.body), /bad status line/],
    [
      'with a bit changed',
      (outer, server) => {
        const { channel } = server.openRequest(keyOf(outer), outer.body);
        const body = server.sealReply([inner], channel);
        body.writeUInt8(body.readUInt8(50) ^ 1, 50);
        return sealedWire(body);
      },
      /MAC .* is wrong/,
    ],
    [
      'cut off',
      (outer, server) => {
        const { channel } = server.openRequest(keyOf(outer), outer.body);
        return sealedWire(server.sealReply([inner], channel).subarray(0, -1));
      },
      /MAC .* is wrong/,
    ],
    [
      'for somebody else',
      (_, server) => sealedWire(server.sealReply([inner], { own: pair, peer: generateKeyPair().publicKey })),
      /MAC .* is wrong/,
    ],
    [
      'with no reply inside',
      (outer, server) => {
        const { channel } = server.openRequest(keyOf(outer), outer.body);
        return sealedWire(server.sealReply([Buffer.from('nothing at all')], channel));
      },
      /the message inside the encrypted body cannot be used/,
    ],
  ];

  for (const [what, answer, why] of bad) {
    test(`${cipher.name}: a reply ${what} is an error, after which another host may be tried`, async () => {
      const server = new CryptServer(cipher, [pair]);
      const scanner = new Scanner((outer) => answer(outer, server));
      const sealed = new SealedConnections(scanner, new CryptClient(cipher), pair.publicKey);
      const failed = await sealed.exchange(endpoint, request, limits).catch((error: unknown) => error);
      assert.ok(failed instanceof ScanError);
      assert.deepEqual([failed.code, failed.retry], ['UPSTREAM_MALFORMED', true]);
      assert.match(failed.message, why);
    });
  }

  test(`${cipher.name}: what cannot be encrypted goes nowhere`, async () => {
    const scanner = new Scanner(() => assert.fail('asked'));
    const client = new CryptClient(cipher, new ClientKey());
    const weak = new SealedConnections(scanner, client, new PublicKey(Buffer.alloc(32)));
    await assert.rejects(weak.exchange(endpoint, request, limits), { code: 'INTERNAL', retry: false });
    const sealed = new SealedConnections(scanner, client, pair.publicKey);
    for (const changed of [
      { target: '/a b' },
      { fields: ['A', 'b\r\nC: d'] },
      { fields: ['A B', 'c'] },
      { host: 'a\n' },
    ]) {
      await assert.rejects(sealed.exchange(endpoint, { ...request, ...changed }, limits), {
        code: 'BAD_REQUEST',
        retry: false,
      });
    }
    assert.equal(scanner.seen.length, 0);
  });
}

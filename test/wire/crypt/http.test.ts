import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '../../../src/message/headers.ts';
import {
  bodyOverhead,
  type Cipher,
  ClientKey,
  CryptClient,
  CryptError,
  type CryptErrorKind,
  CryptServer,
  encodeBase32,
  generateKeyPair,
  ReplayGuard,
  sealBody,
  sharedKey,
} from '../../../src/wire/crypt/index.ts';
import { fuzz, mutate, noise, rounds } from '../support/fuzz.ts';
import { ciphers } from './ciphers.ts';

const ofKind = (kind: CryptErrorKind) => (error: unknown) => error instanceof CryptError && error.kind === kind;

const pair = generateKeyPair();
const message = {
  target: '/checkv2',
  headers: Headers.of(['Content-Type', 'text/plain'], ['Rcpt', 'a@b'], ['Rcpt', 'c@d']),
  body: Buffer.from('Subject: x\r\n\r\nhello\r\n'),
};

function ends(cipher: Cipher): { client: CryptClient; server: CryptServer } {
  return { client: new CryptClient(cipher), server: new CryptServer(cipher, [pair]) };
}

for (const cipher of ciphers) {
  test(`${cipher.name}: request and reply there and back`, () => {
    const { client, server } = ends(cipher);
    const sealed = client.sealRequest(message, pair.publicKey);
    assert.equal(sealed.keyHeader, `${pair.publicKey.shortId}=${sealed.channel.own.publicKey}`);
    assert.ok(server.isSealed(sealed.keyHeader));
    const { request, channel } = server.openRequest(sealed.keyHeader, sealed.body);
    assert.equal(request.method, 'POST');
    assert.equal(request.target, '/checkv2');
    assert.deepEqual([...request.headers], [['Content-Length', '21'], ...message.headers]);
    assert.deepEqual(request.body, message.body);

    const reply = [
      Buffer.from('HTTP/1.1 500 invalid command\r\nContent-Length: 2\r\nServer: s\r\n\r\n'),
      Buffer.from('{}'),
    ];
    const opened = client.openReply(server.sealReply(reply, channel), sealed.channel);
    assert.deepEqual([opened.status, opened.reason, opened.body.toString()], [500, 'invalid command', '{}']);
    assert.deepEqual(
      [...opened.headers],
      [
        ['Content-Length', '2'],
        ['Server', 's'],
      ],
    );
  });

  test(`${cipher.name}: without a body the request is a GET and has no Content-Length`, () => {
    const { client, server } = ends(cipher);
    const headers = Headers.of(['Content-Length', '7'], ['Transfer-Encoding', 'chunked'], ['A', 'b']);
    const sealed = client.sealRequest({ target: '/ping', headers, body: Buffer.alloc(0) }, pair.publicKey);
    const { request } = server.openRequest(sealed.keyHeader, sealed.body);
    assert.deepEqual([request.method, [...request.headers]], ['GET', [['A', 'b']]]);
  });

  test(`${cipher.name}: a body that was opened once is refused from then on; a new attempt is not`, () => {
    const { client, server } = ends(cipher);
    const sealed = client.sealRequest(message, pair.publicKey);
    server.openRequest(sealed.keyHeader, sealed.body);
    assert.throws(() => server.openRequest(sealed.keyHeader, sealed.body), ofKind('replayed'));
    assert.throws(() => server.openRequest(sealed.keyHeader, Buffer.from(sealed.body)), ofKind('replayed'));
    const again = client.sealRequest(message, pair.publicKey);
    assert.equal(again.keyHeader, sealed.keyHeader);
    assert.ok(server.openRequest(again.keyHeader, again.body));
  });

  test(`${cipher.name}: a reply of another exchange, a plain reply and a cut one are failures`, () => {
    const { client, server } = ends(cipher);
    const sealed = client.sealRequest(message, pair.publicKey);
    const { channel } = server.openRequest(sealed.keyHeader, sealed.body);
    const reply = server.sealReply([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx')], channel);
    const other = { own: generateKeyPair(), peer: pair.publicKey };
    assert.throws(() => client.openReply(reply, other), ofKind('forged'));
    assert.throws(() => client.openReply(reply.subarray(0, -1), sealed.channel), ofKind('forged'));
    assert.throws(() => client.openReply(reply.subarray(0, bodyOverhead - 1), sealed.channel), ofKind('short'));
    const plain = Buffer.from('{"error":"invalid command","error_domain":"protocol-error"}');
    assert.throws(() => client.openReply(plain, sealed.channel), ofKind('forged'));
    assert.throws(() => client.openReply(Buffer.alloc(0), sealed.channel), ofKind('short'));
  });

  test(`${cipher.name}: whatever is done to an encrypted body, nothing but the original is opened`, {
    timeout: 120_000,
  }, () => {
    const { client } = ends(cipher);
    const sealed = client.sealRequest(message, pair.publicKey);
    const taken = fuzz(
      7,
      (random) => {
        const changed = random() < 0.1 ? noise(Math.floor(random() * 200), random) : mutate(sealed.body, random);
        const header = random() < 0.3 ? mutateText(sealed.keyHeader, random) : sealed.keyHeader;
        const server = new CryptServer(cipher, [pair]);
        server.openRequest(header, changed);
        assert.ok(changed.equals(sealed.body), 'a changed body was opened');
      },
      rounds,
    );
    assert.ok(taken < rounds);
  });

  test(`${cipher.name}: an opened text that is no HTTP message is refused, whatever it is`, {
    timeout: 120_000,
  }, () => {
    const own = generateKeyPair();
    const key = sharedKey(cipher, own, pair.publicKey);
    const header = `${pair.publicKey.shortId}=${own.publicKey}`;
    const inner = Buffer.from('POST /checkv2 HTTP/1.0\r\nContent-Length: 5\r\nA: b\r\n\r\nhello');
    const server = new CryptServer(cipher, [pair]);
    const taken = fuzz(9, (random) => {
      const frame = Buffer.concat([Buffer.alloc(bodyOverhead), mutate(inner, random)]);
      server.openRequest(header, sealBody(cipher, frame, key));
    });
    assert.ok(taken > 0);
  });
}

function mutateText(text: string, random: () => number): string {
  return mutate(Buffer.from(text, 'latin1'), random).toString('latin1');
}

const [cipher] = ciphers as [Cipher];
const sealed = new CryptClient(cipher).sealRequest(message, pair.publicKey);
const clientKey = `${sealed.channel.own.publicKey}`;
const shortId = pair.publicKey.shortId;

const headers: ReadonlyArray<readonly [name: string, header: string, kind: CryptErrorKind | 'plain' | 'taken']> = [
  ['the short id', `${shortId}=${clientKey}`, 'taken'],
  ['the whole id', `${encodeBase32(pair.publicKey.id)}=${clientKey}`, 'taken'],
  ['another id', `yyyyyyyy=${clientKey}`, 'unknown-key'],
  ['no equals sign', 'foo', 'plain'],
  ['nothing', '', 'plain'],
  ['two words', 'abc=def', 'key-syntax'],
  ['an id of four bytes', `${shortId.slice(0, 7)}=${clientKey}`, 'key-syntax'],
  ['a key of 33 bytes', `${shortId}=${clientKey}y`, 'key-syntax'],
  ['no key', `${shortId}=`, 'key-syntax'],
  ['no id', `=${clientKey}`, 'key-syntax'],
  ['capitals', `${shortId}=${clientKey.toUpperCase()}`, 'key-syntax'],
  ['a key of small order', `${shortId}=${encodeBase32(Buffer.alloc(32))}`, 'weak-key'],
  ['the key of somebody else', `${shortId}=${generateKeyPair().publicKey}`, 'forged'],
];

for (const [name, header, expected] of headers) {
  test(`Key header with ${name}: ${expected}`, () => {
    const server = new CryptServer(cipher, [generateKeyPair(), pair]);
    assert.equal(server.isSealed(header), expected !== 'plain');
    if (expected === 'plain') return;
    if (expected === 'taken') assert.ok(server.openRequest(header, sealed.body));
    else assert.throws(() => server.openRequest(header, sealed.body), ofKind(expected));
  });
}

test('a server without key pairs for encryption takes every request as plain', () => {
  for (const pairs of [[], [generateKeyPair('sign')]]) {
    assert.equal(new CryptServer(cipher, pairs).isSealed(sealed.keyHeader), false);
  }
});

test('noise with wrong MACs does not push anything out of the replay memory', () => {
  const guard = new ReplayGuard(4);
  const server = new CryptServer(cipher, [pair], undefined, guard);
  server.openRequest(sealed.keyHeader, sealed.body);
  for (let times = 0; times < 50; times++) {
    const forged = Buffer.from(sealed.body);
    forged.writeUInt32LE(times, 0);
    assert.throws(() => server.openRequest(sealed.keyHeader, forged), ofKind('forged'));
  }
  assert.throws(() => server.openRequest(sealed.keyHeader, sealed.body), ofKind('replayed'));
});

test('bytes beyond ASCII go through', () => {
  const server = new CryptServer(cipher, [pair]);
  const headers = Headers.of(['Helo', 'caf\xc3\xa0']);
  const sent = new CryptClient(cipher).sealRequest(
    { target: '/\xc3\xa0', headers, body: message.body },
    pair.publicKey,
  );
  const { request } = server.openRequest(sent.keyHeader, sent.body);
  assert.deepEqual([request.target, request.headers.get('helo')], ['/\xc3\xa0', 'caf\xc3\xa0']);
});

test('nothing can be smuggled through target or header', () => {
  const client = new CryptClient(cipher, new ClientKey());
  const { body } = message;
  const bad = [
    { target: '/a b', headers: new Headers(), body },
    { target: '/a\r\nX: y', headers: new Headers(), body },
    { target: '', headers: new Headers(), body },
    { target: '/', headers: Headers.of(['A', 'b\r\nC: d']), body },
    { target: '/', headers: Headers.of(['A: b\r\nC', 'd']), body },
    { target: '/', headers: Headers.of(['A', 'b\u010d\u010aC: d']), body },
    { target: '/', headers: Headers.of(['A B', 'c']), body },
    { target: '/', headers: Headers.of(['', 'c']), body },
  ];
  for (const request of bad) assert.throws(() => client.sealRequest(request, pair.publicKey), ofKind('inner'));
});

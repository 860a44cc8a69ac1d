import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers } from '../../src/message/headers.ts';
import {
  bodyOverhead,
  CryptClient,
  CryptServer,
  generateKeyPair,
  type InnerReply,
  loadCipher,
  type PublicKey,
  type SealedRequest,
} from '../../src/wire/crypt/index.ts';
import { freePort } from '../support/free-port.ts';
import { type Rig, type RigOptions, startProxy } from '../support/proxy-rig.ts';
import { post, RawClient, type RawReply } from '../support/raw-client.ts';
import { type ScriptedScanner, scriptedScanner, verdict } from '../support/scripted-scanner.ts';

const bounded = { timeout: 60_000 };
const cipher = await loadCipher();
const pair = generateKeyPair();
const client = new CryptClient(cipher);
const mail = Buffer.from('Subject: x\r\n\r\ntext\r\n');
const elsewhere = { kind: 'inet', address: '192.0.2.7', port: 4711 } as const;

const seal = (key: PublicKey = pair.publicKey, fields: readonly string[] = [], target = '/checkv2'): SealedRequest =>
  client.sealRequest({ target, headers: new Headers(fields), body: mail }, key);

/** The outer request, as clients send it. */
function outer({ keyHeader, body }: { keyHeader: string; body: Buffer }, fields: readonly string[] = []): Buffer {
  const lines = ['POST /post HTTP/1.1', `Key: ${keyHeader}`, `Content-Length: ${body.length}`, ...fields];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
}

function opened(reply: RawReply, sealed: SealedRequest): InnerReply {
  assert.equal(`${reply.status} ${reply.reason}`, '200 OK');
  assert.equal(reply.header('Content-Type'), 'application/octet-stream');
  return client.openReply(reply.body, sealed.channel);
}

async function start(
  t: Parameters<typeof startProxy>[0],
  options: Partial<RigOptions> = {},
): Promise<Rig & { readonly scanner: ScriptedScanner }> {
  const scanner = await scriptedScanner(t);
  const crypt = new CryptServer(cipher, [pair]);
  return { ...(await startProxy(t, { upstreams: [{ hosts: scanner.hosts }], crypt, ...options })), scanner };
}

test('an encrypted request is answered encrypted; the scanner sees what was inside', bounded, async (t) => {
  const { port, scanner } = await start(t);
  const raw = new RawClient(port);
  for (let n = 0; n < 3; n++) {
    const sealed = seal(pair.publicKey, ['From', '<a@b.example>', 'Rcpt', 'c@d.example', 'Rcpt', 'e@f.example']);
    const reply = opened(await raw.send(outer(sealed, ['From: outer@b.example'])).reply(), sealed);
    assert.equal(`${reply.status} ${reply.reason}`, '200 OK');
    assert.deepEqual(JSON.parse(reply.body.toString()), verdict);
    assert.deepEqual(
      ['Connection', 'Server', 'Content-Type'].map((name) => reply.headers.get(name)),
      ['close', 'rspamd/4.1.6', 'application/json'],
    );
    const seen = scanner.requests[n];
    assert.deepEqual([seen?.method, seen?.target, seen?.body], ['POST', '/checkv2', mail]);
    assert.deepEqual([seen?.all('From'), seen?.all('Rcpt')], [['<a@b.example>'], ['c@d.example', 'e@f.example']]);
    assert.deepEqual([seen?.header('Key'), seen?.header('Content-Length')], [undefined, String(mail.length)]);
  }
  raw.socket.destroy();
});

test(
  'the inner Host chooses the upstream, and inner File headers have no more rights than others',
  bounded,
  async (t) => {
    const [one, two] = [await scriptedScanner(t), await scriptedScanner(t)];
    const upstreams = [
      { name: 'one', hosts: one.hosts, default: true },
      { name: 'two', hosts: two.hosts },
    ];
    const { port } = await start(t, { upstreams });
    const sealed = seal(pair.publicKey, ['Host', 'two', 'Shm', '/x']);
    opened(await new RawClient(port).send(outer(sealed, ['Host: one', 'Connection: close'])).reply(), sealed);
    assert.deepEqual([one.requests.length, two.requests.length, two.requests[0]?.header('Shm')], [0, 1, undefined]);
    for (const file of [
      seal(pair.publicKey, ['File', '/etc/passwd']),
      seal(pair.publicKey, [], '/checkv2?file=/etc/passwd'),
    ]) {
      const refused = opened(await new RawClient(port).send(outer(file, ['Connection: close'])).reply(), file);
      assert.equal(`${refused.status} ${refused.reason}`, '400 File and shm message sources are not allowed');
    }
  },
);

test('failures of the scanner are told inside', bounded, async (t) => {
  const { port } = await start(t, { upstreams: [{ hosts: `127.0.0.1:${await freePort()}` }], maxTries: 1 });
  const sealed = seal();
  const reply = opened(await new RawClient(port).send(outer(sealed, ['Connection: close'])).reply(), sealed);
  assert.equal(reply.status, 502);
  assert.match(JSON.parse(reply.body.toString()).error, /^cannot connect to the scanner: /);
});

test('a sealed reply can be compressed', bounded, async (t) => {
  const { port } = await start(t);
  const sealed = seal(pair.publicKey, ['Accept-Encoding', 'zstd']);
  const reply = opened(await new RawClient(port).send(outer(sealed, ['Connection: close'])).reply(), sealed);
  assert.equal(reply.headers.get('Compression'), 'zstd');
  assert.equal(reply.body.readUInt32LE(0), 0xfd2fb528);
});

test('the connection stays open unless one of the two parts says otherwise', bounded, async (t) => {
  const { port } = await start(t);
  const cases: ReadonlyArray<readonly [inside: string[], outside: string[], kept: string]> = [
    [[], [], 'keep-alive'],
    [['Connection', 'close'], [], 'close'],
    [['Connection', 'close'], ['Connection: keep-alive'], 'keep-alive'],
    [[], ['Connection: close'], 'close'],
  ];
  for (const [inside, outside, kept] of cases) {
    const raw = new RawClient(port);
    const reply = await raw.send(outer(seal(pair.publicKey, inside), outside)).reply();
    assert.equal(reply.header('Connection'), kept);
    raw.socket.destroy();
  }
});

test('a key that is being replaced works beside its successor', bounded, async (t) => {
  const next = generateKeyPair();
  const { port } = await start(t, { crypt: new CryptServer(cipher, [next, pair]) });
  for (const { publicKey } of [pair, next]) {
    const sealed = seal(publicKey);
    assert.equal(opened(await new RawClient(port).send(outer(sealed)).reply(), sealed).status, 200);
  }
});

const changed = (sealed: SealedRequest, change: (body: Buffer) => Buffer | undefined): SealedRequest => {
  const body = Buffer.from(sealed.body);
  return { ...sealed, body: change(body) ?? body };
};

const bad: ReadonlyArray<readonly [what: string, request: () => { keyHeader: string; body: Buffer }, why: RegExp]> = [
  ['for another key', () => seal(generateKeyPair().publicKey), /a key that is not ours/],
  ['with a Key that is none', () => ({ ...seal(), keyHeader: 'abc=def' }), /the Key header or the key text/],
  ['with an empty Key', () => ({ ...seal(), keyHeader: '=' }), /the Key header or the key text/],
  [
    'with a key of small order',
    () => ({ ...seal(), keyHeader: `${pair.publicKey.shortId}=${'y'.repeat(52)}` }),
    /all-zero shared secret/,
  ],
  ['without a body', () => changed(seal(), () => Buffer.alloc(0)), /shorter than nonce and MAC/],
  ['cut off in front of its text', () => changed(seal(), (body) => body.subarray(0, bodyOverhead - 1)), /shorter/],
  ['cut off at its end', () => changed(seal(), (body) => body.subarray(0, -1)), /MAC .* is wrong/],
  [
    'with a bit changed',
    () => changed(seal(), (body) => void body.writeUInt8(body.readUInt8(60) ^ 1, 60)),
    /MAC .* is wrong/,
  ],
  ['with another nonce', () => changed(seal(), (body) => void body.fill(7, 0, 24)), /MAC .* is wrong/],
  [
    'in plain text',
    () => changed(seal(), () => Buffer.from(`Subject: x\r\n\r\n${'plain '.repeat(20)}`)),
    /MAC .* is wrong/,
  ],
];

for (const [what, request, why] of bad) {
  test(`a request ${what} is an error, goes nowhere, and harms nobody else`, bounded, async (t) => {
    const { port, scanner, log } = await start(t);
    const raw = new RawClient(port);
    const reply = await raw.send(outer(request())).reply();
    assert.deepEqual([reply.status, reply.header('Connection')], [400, 'close']);
    assert.match(JSON.parse(reply.body.toString()).error, why);
    await raw.closed;
    assert.ok(log.has(why), log.lines.join('\n'));
    assert.equal(scanner.connections, 0);
    const sealed = seal();
    assert.equal(opened(await new RawClient(port).send(outer(sealed)).reply(), sealed).status, 200);
  });
}

test('the same bytes a second time are refused, on the same connection and on another', bounded, async (t) => {
  const { port, scanner } = await start(t);
  const sealed = seal();
  const raw = new RawClient(port);
  assert.equal(opened(await raw.send(outer(sealed)).reply(), sealed).status, 200);
  for (const again of [raw, new RawClient(port)]) {
    const reply = await again.send(outer(sealed)).reply();
    assert.equal(reply.status, 400);
    assert.match(reply.reason, /was received before/);
  }
  assert.equal(scanner.requests.length, 1);
});

test('what is inside must be a request', bounded, async (t) => {
  const { port, scanner } = await start(t);
  const crypt = new CryptServer(cipher, [pair]);
  for (const text of [
    '',
    'GARBAGE\r\n\r\n',
    'POST /x HTTP/1.0\r\nContent-Length: 3\r\n\r\nlonger',
    'HTTP/1.1 200 OK\r\n\r\n',
  ]) {
    const { keyHeader, channel } = seal();
    const reversed = { own: pair, peer: channel.own.publicKey };
    const body = crypt.sealReply([Buffer.from(text)], reversed);
    const reply = await new RawClient(port).send(outer({ keyHeader, body })).reply();
    assert.equal(reply.status, 400);
    assert.match(reply.reason, /the message inside the encrypted body cannot be used/);
  }
  assert.equal(scanner.connections, 0);
});

test(
  'a worker without key pair refuses encrypted requests at their head; a Key without = means nothing',
  bounded,
  async (t) => {
    const { port, scanner } = await start(t, { crypt: undefined });
    const raw = new RawClient(port).send(
      `POST /post HTTP/1.1\r\nKey: ${seal().keyHeader}\r\nContent-Length: 900000\r\n\r\n`,
    );
    const reply = await raw.reply();
    assert.deepEqual([reply.status, reply.header('Connection')], [400, 'close']);
    assert.match(reply.reason, /it is encrypted, and this worker has no keypair/);
    const plain = await new RawClient(port).send(post('/checkv2', ['Key: nonsense'])).reply();
    assert.equal(plain.status, 200);
    assert.equal(scanner.requests[0]?.header('Key'), undefined);
  },
);

test(
  'encrypted_only: plain requests from other machines are refused, those from this one are not',
  bounded,
  async (t) => {
    const far = await start(t, { encryptedOnly: true, from: elsewhere });
    const refused = await new RawClient(far.port).send(post('/checkv2', [])).reply();
    assert.deepEqual([refused.status, refused.header('Connection')], [403, 'close']);
    assert.equal(refused.reason, 'this listener takes encrypted requests only');
    assert.match((await new RawClient(far.port).send('CHECK SPAMC/1.2\r\n\r\n').rest()).toString(), /^SPAMD\/1\.1 75 /);
    const sealed = seal();
    assert.equal(opened(await new RawClient(far.port).send(outer(sealed)).reply(), sealed).status, 200);
    assert.equal(far.scanner.requests.length, 1);
    for (const from of [
      { kind: 'inet', address: '127.9.9.9', port: 1 },
      { kind: 'inet', address: '::1', port: 1 },
      { kind: 'unix', path: '/run/x' },
    ] as const) {
      const near = await start(t, { encryptedOnly: true, from });
      assert.equal((await new RawClient(near.port).send(post('/checkv2', [])).reply()).status, 200);
    }
    for (const address of ['fe80::1', '10.0.0.1', '128.0.0.1']) {
      const { port } = await start(t, { encryptedOnly: true, from: { kind: 'inet', address, port: 1 } });
      assert.equal((await new RawClient(port).send(post('/checkv2', [])).reply()).status, 403);
    }
  },
);

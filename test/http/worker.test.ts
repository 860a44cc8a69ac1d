import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { generateKeyPair, type KeyPair, writeKeyPair } from '../../src/wire/crypt/index.ts';
import { decodeMsgpack } from '../../src/wire/msgpack/index.ts';
import { parseMultipart, writeMultipart } from '../../src/wire/multipart/index.ts';
import { loadZstd } from '../../src/wire/zstd/index.ts';
import { type Certificate, makeCertificate, noOpenssl } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { projectRoot } from '../support/project.ts';
import { type ProxyProcess, startProxyProcess } from '../support/proxy-process.ts';
import { post, RawClient, type RawReply } from '../support/raw-client.ts';
import { noRspamd, startRspamd } from '../support/rspamd.ts';

const zstd = await loadZstd();

/** The whole program, from its configuration to its sockets. */

const bounded = { timeout: 180_000 };
const withOpenssl = { ...bounded, skip: noOpenssl };
const withRspamd = { ...bounded, skip: noRspamd };
const gtube = readFileSync(join(projectRoot, 'fixtures/messages/gtube.eml'), 'latin1');
const selfScan = 'upstream "local" { default = yes; self_scan = yes; }';

const log = (level = 'info'): string => `logging { type = "console"; level = "${level}"; }\n`;
const worker = (lines: string): string => `worker "rspamd_proxy" { count = 1; ${lines} }\n`;
const keypair = (pair: KeyPair): string =>
  `keypair { ${Object.entries(writeKeyPair(pair))
    .map(([name, value]) => `${name} = "${value}";`)
    .join(' ')} }`;

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-http-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const verdictIn = (reply: RawReply): { action: string } => JSON.parse(reply.body.toString());

async function ask(port: number, target = '/checkv2', fields: readonly string[] = []): Promise<RawReply> {
  const client = new RawClient(port);
  const reply = await client.send(post(target, fields, gtube)).reply();
  client.socket.destroy();
  return reply;
}

/** A scan over TLS. */
async function askSecurely(port: number, ca: Certificate, options: ConnectionOptions = {}): Promise<string> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ca: readFileSync(ca.cert), ...options });
  await once(socket, 'secureConnect');
  socket.end(post('/checkv2', ['Connection: close'], gtube));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

/** `rspamd-proxy run` that must not come up. @returns what it says */
function refused(t: TestContext, config: string): string {
  const file = join(temporary(t), 'rspamd.conf');
  writeFileSync(file, config);
  const asRoot = process.getuid?.() === 0 ? ['-i'] : [];
  const args = [join(projectRoot, 'bin/rspamd-proxy'), 'run', '-f', '-c', file, ...asRoot];
  const done = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(done.status, 1, done.stdout + done.stderr);
  return done.stdout + done.stderr;
}

test('a listener with ssl takes TLS, its neighbour does not', withOpenssl, async (t) => {
  const folder = temporary(t);
  const made = makeCertificate(folder, 'proxy', ['IP:127.0.0.1']);
  const [secured, open] = [await freePort(), await freePort()];
  const binds = `bind_socket = "127.0.0.1:${secured} ssl"; bind_socket = "127.0.0.1:${open}";`;
  const proxy = await startProxyProcess(
    t,
    log() + worker(`${binds} ssl_cert = "${made.cert}"; ssl_key = "${made.key}"; timeout = 2s; ${selfScan}`),
  );
  assert.match(
    await askSecurely(secured, made),
    /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)*HTTP\/1\.1 200 OK\r\n[\s\S]*"action":"reject"/,
  );
  assert.match(await askSecurely(secured, made, { maxVersion: 'TLSv1.2' }), /"action":"reject"/);
  assert.equal(verdictIn(await ask(open)).action, 'reject');
  // Plain text is no TLS, and gets no HTTP.
  const plain = await new RawClient(secured).send(post('/checkv2', [], gtube)).rest();
  assert.doesNotMatch(plain.toString('latin1'), /HTTP/);
  await proxy.until(/abnormally closing connection from: 127\.0\.0\.1, error: .*http request/i);
  // One that never finishes its handshake is cut off in the time that a request has.
  const silent = connectPlain(secured, '127.0.0.1').resume();
  await once(silent, 'close');
  // One that breaks off harms nobody.
  const broken = connectPlain(secured, '127.0.0.1');
  await once(broken, 'connect');
  broken.end(Buffer.from([22, 3, 1, 2, 0, 1]));
  assert.match(await askSecurely(secured, made), /"action":"reject"/);
  await assert.rejects(askSecurely(secured, made, { ca: undefined } as ConnectionOptions), /self-signed certificate/);
  assert.equal(await proxy.stop(), 0);
});

test('a worker that lets TCP clients name files says so when it starts', bounded, async (t) => {
  const folder = temporary(t);
  const [port, quiet] = [await freePort(), await freePort()];
  const binds = `bind_socket = "127.0.0.1:${port}"; bind_socket = "${folder}/s";`;
  const off = `bind_socket = "127.0.0.1:${quiet}"; allow_file_and_shm_inputs = false;`;
  const proxy = await startProxyProcess(t, log() + worker(`${binds} ${selfScan}`) + worker(`${off} ${selfScan}`));
  const warnings = proxy.output().match(/SECURITY: .*/g) ?? [];
  assert.equal(warnings.length, 1);
  assert.ok(warnings[0]?.includes(`File/Path/Shm message source inputs on the TCP listener '127.0.0.1:${port}'`));
});

test('a renewed certificate is used after a reload; a broken one changes nothing', withOpenssl, async (t) => {
  const folder = temporary(t);
  const made = makeCertificate(folder, 'proxy', ['IP:127.0.0.1']);
  const port = await freePort();
  const tls = `bind_socket = "127.0.0.1:${port} ssl"; ssl_cert = "${made.cert}"; ssl_key = "${made.key}";`;
  const proxy = await startProxyProcess(t, log() + worker(`${tls} ${selfScan}`));
  const old = { ...made, cert: `${folder}/old` };
  copyFileSync(made.cert, old.cert);
  assert.match(await askSecurely(port, old), /"action":"reject"/);
  writeFileSync(made.cert, 'no certificate');
  proxy.child.kill('SIGHUP');
  await proxy.until(/cannot use ssl_cert/);
  assert.match(await askSecurely(port, old), /"action":"reject"/);
  makeCertificate(folder, 'proxy', ['IP:127.0.0.1']);
  proxy.child.kill('SIGHUP');
  for (;;) {
    const answer = await askSecurely(port, made).catch((error: Error) => error);
    if (typeof answer === 'string') break;
    assert.match(answer.message, /self-signed certificate/, 'until then the old one');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await assert.rejects(askSecurely(port, old), /self-signed certificate/);
});

test('a certificate that cannot be used keeps the worker from starting, and is named', withOpenssl, async (t) => {
  const folder = temporary(t);
  const [one, two] = [makeCertificate(folder, 'one', ['IP:127.0.0.1']), makeCertificate(folder, 'two', ['IP:::1'])];
  const lines = (cert: string, key: string, more = ''): string =>
    worker(`bind_socket = "127.0.0.1:1 ssl"; ssl_cert = "${cert}"; ssl_key = "${key}"; ${selfScan}`).replace(
      '127.0.0.1:1 ',
      `${folder}/s `,
    ) + more;
  assert.match(refused(t, lines(`${folder}/missing`, one.key)), /cannot read ssl_cert: .*missing/);
  assert.match(refused(t, lines(one.cert, `${folder}/missing`)), /cannot read ssl_key: .*missing/);
  assert.match(refused(t, lines(one.cert, two.key)), /cannot use ssl_cert .* with ssl_key .*key values mismatch/);
  const odd = 'options { ssl_ciphers = "NONSENSE"; }';
  assert.match(refused(t, lines(one.cert, one.key, odd)), /cannot use .* ssl_ciphers NONSENSE/);
});

test('a key pair that cannot be used keeps the worker from starting, and none of it is shown', bounded, async (t) => {
  const folder = temporary(t);
  const [one, two] = [generateKeyPair(), generateKeyPair()];
  const lines = (pair: KeyPair): string => worker(`bind_socket = "${folder}/s"; ${keypair(pair)} ${selfScan}`);
  const crossed = refused(t, lines({ ...one, secret: two.secret }));
  assert.match(crossed, /cannot use keypair: .*the public key does not belong to the private key/);
  assert.ok(!crossed.includes(writeKeyPair(two)['privkey'] as string));
  assert.match(refused(t, lines(generateKeyPair('sign'))), /cannot use keypair: it is for signatures/);
});

/** Settings of a proxy in front of another one. */
const secured = (port: number, key: KeyPair): string =>
  `upstream "back" { default = yes; hosts = "127.0.0.1:${port}"; ssl = yes; compress = yes; keepalive = yes;
   key = "${key.publicKey}"; }`;

async function chain(
  t: TestContext,
): Promise<{ front: number; back: ProxyProcess; certificate: Certificate; pair: KeyPair }> {
  const certificate = makeCertificate(temporary(t), 'back', ['IP:127.0.0.1']);
  const [frontPort, backPort, pair] = [await freePort(), await freePort(), generateKeyPair()];
  const tls = `ssl_cert = "${certificate.cert}"; ssl_key = "${certificate.key}";`;
  const back = await startProxyProcess(
    t,
    log() + worker(`bind_socket = "127.0.0.1:${backPort} ssl"; ${tls} ${keypair(pair)} ${selfScan}`),
  );
  await startProxyProcess(
    t,
    `options { ssl_ca_path = "${certificate.cert}"; }${log()}` +
      worker(`bind_socket = "127.0.0.1:${frontPort}"; ${secured(backPort, pair)}`),
  );
  return { front: frontPort, back, certificate, pair };
}

test('TLS, encryption, compression and keep-alive at once: one connection for all', withOpenssl, async (t) => {
  const { front, back } = await chain(t);
  for (let n = 0; n < 10; n++) assert.equal(verdictIn(await ask(front)).action, 'reject');
  assert.equal(back.output().match(/accepted http connection/g)?.length, 1);
  const reply = await ask(front, '/checkv2', ['Accept-Encoding: zstd']);
  assert.equal(reply.header('Compression'), 'zstd');
});

test('forms and msgpack come through the same way', withOpenssl, async (t) => {
  const { front } = await chain(t);
  const packed = await ask(front, '/checkv2', ['Accept: application/msgpack']);
  assert.equal(packed.header('Content-Type'), 'application/msgpack');
  assert.equal((decodeMsgpack(packed.body) as { action: string }).action, 'reject');
  const form = writeMultipart(
    [
      { name: 'metadata', contentType: 'application/json', body: Buffer.from('{"from":"a@b.example"}') },
      { name: 'message', body: Buffer.from(gtube, 'latin1') },
    ],
    'form-data',
  );
  for (const accepted of ['identity', 'zstd']) {
    const fields = [`Content-Type: ${form.contentType}`, `Accept-Encoding: ${accepted}`];
    const client = new RawClient(front).send(post('/checkv3', fields, Buffer.concat(form.chunks).toString('latin1')));
    const reply = await client.reply();
    client.socket.destroy();
    const unpacked = (bytes: Buffer, encoding: string | undefined): Buffer =>
      encoding === 'zstd' ? zstd.decompress(bytes, 100_000) : bytes;
    const body = unpacked(reply.body, reply.header('Compression'));
    const result = parseMultipart(body, reply.header('Content-Type') ?? '').find(({ name }) => name === 'result');
    assert.ok(result !== undefined, reply.body.toString('latin1'));
    assert.equal(JSON.parse(unpacked(result.body, result.encoding).toString()).action, 'reject');
  }
});

test('a scanner whose certificate or key is another one gets no message', withOpenssl, async (t) => {
  const { back, certificate, pair } = await chain(t);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(back.output())?.[1]);
  const stranger = makeCertificate(temporary(t), 'stranger', ['IP:127.0.0.1']);
  const run = async (upstream: string, ca: string): Promise<RawReply> => {
    const own = await freePort();
    const proxy = await startProxyProcess(
      t,
      `options { ssl_ca_path = "${ca}"; }${log()}${worker(`bind_socket = "127.0.0.1:${own}"; max_retries = 1; ${upstream}`)}`,
    );
    const reply = await ask(own);
    await proxy.stop();
    return reply;
  };
  const unknown = await run(secured(port, pair), stranger.cert);
  assert.equal(unknown.status, 502);
  assert.match(unknown.reason, /^cannot connect to the scanner: TLS handshake: self-signed certificate/);
  const misnamed = await run(secured(port, pair).replace('127.0.0.1', 'localhost'), certificate.cert);
  assert.equal(misnamed.status, 502);
  assert.match(misnamed.reason, /TLS handshake: Host: localhost\. is not/);
  const otherKey = await run(secured(port, generateKeyPair()), certificate.cert);
  assert.equal(otherKey.status, 502);
  assert.match(
    otherKey.reason,
    /the reply of the scanner cannot be understood: an encrypted request got a reply in plain text/,
  );
  const noTls = await run(secured(port, pair).replace('ssl = yes;', ''), certificate.cert);
  assert.equal(noTls.status, 502);
  assert.doesNotMatch(back.output(), /HTTP code: 200/);
});

test('a real scanner with a key pair answers our encrypted and compressed requests', withRspamd, async (t) => {
  const [pair, port] = [generateKeyPair(), await freePort()];
  const sections = `worker "normal" { bind_socket = "127.0.0.1:{port}"; count = 1; ${keypair(pair)} }`;
  const scanner = await startRspamd(t, { sections, ready: '/ping' });
  const upstream = (more: string): string =>
    `upstream "real" { default = yes; hosts = "127.0.0.1:${scanner.port}"; compress = yes; ${more} }`;
  const key = `key = "${pair.publicKey}";`;
  await startProxyProcess(t, log() + worker(`bind_socket = "127.0.0.1:${port}"; ${upstream(key)}`));
  const reply = await ask(port, '/checkv2', ['Queue-Id: Q7']);
  assert.equal(verdictIn(reply).action, 'reject');
  assert.match(scanner.log(), /qid: <Q7>/);
  assert.equal((await ask(port, '/ping')).body.toString(), 'pong\r\n');
  const nonsense = await ask(port, '/nonsense');
  assert.equal(`${nonsense.status} ${nonsense.reason}`, '500 invalid command');
  const wrong = await freePort();
  const other = `key = "${generateKeyPair().publicKey}";`;
  await startProxyProcess(t, log() + worker(`bind_socket = "127.0.0.1:${wrong}"; max_retries = 2; ${upstream(other)}`));
  assert.equal((await ask(wrong)).status, 502);
});

test('real rspamc --key gets its answer, from either of two keys; rspamadm made one of them', withRspamd, async (t) => {
  const port = await freePort();
  const made = spawnSync('rspamadm', ['keypair'], { encoding: 'latin1', timeout: 60_000 }).stdout;
  const own = generateKeyPair();
  const config = worker(`bind_socket = "127.0.0.1:${port}"; ${made} ${keypair(own)} ${selfScan}`);
  await startProxyProcess(t, log() + config);
  const file = join(temporary(t), 'mail');
  writeFileSync(file, gtube);
  for (const key of [/pubkey = "(\w+)"/.exec(made)?.[1] ?? '', String(own.publicKey)]) {
    for (const more of [[], ['-z']]) {
      const args = ['-h', `127.0.0.1:${port}`, '--key', key, '--json', ...more, file];
      const { stdout } = await promisify(execFile)('rspamc', args, { timeout: 60_000 });
      assert.equal(JSON.parse(stdout.slice(stdout.indexOf('{'))).action, 'reject');
    }
  }
  const args = ['-h', `127.0.0.1:${port}`, '--key', String(generateKeyPair().publicKey), '--json', file];
  const failed = await promisify(execFile)('rspamc', args, { timeout: 60_000 }).catch((error: unknown) => error);
  assert.doesNotMatch(String((failed as { stdout?: string }).stdout), /"action"/);
});

test('Debian’s proxy with a key for us gets its answers', withRspamd, async (t) => {
  const [port, pair] = [await freePort(), generateKeyPair()];
  const proxy = await startProxyProcess(
    t,
    log() + worker(`bind_socket = "127.0.0.1:${port}"; ${keypair(pair)} ${selfScan}`),
  );
  const upstream = `upstream "us" { default = yes; hosts = "127.0.0.1:${port}"; key = "${pair.publicKey}"; }`;
  const sections = `worker "rspamd_proxy" { bind_socket = "127.0.0.1:{port}"; count = 1; ${upstream} }`;
  const theirs = await startRspamd(t, { sections, ready: '/ping' });
  for (let n = 0; n < 3; n++) assert.equal(verdictIn(await ask(theirs.port)).action, 'reject');
  assert.doesNotMatch(proxy.output(), /abnormally/);
});

test('a mirror has TLS, key and compression of its own', withOpenssl, async (t) => {
  const folder = temporary(t);
  const certificate = makeCertificate(folder, 'mirror', ['IP:127.0.0.1']);
  const [front, back, pair] = [await freePort(), await freePort(), generateKeyPair()];
  const tls = `ssl_cert = "${certificate.cert}"; ssl_key = "${certificate.key}"; encrypted_only = yes;`;
  const behind = worker(`bind_socket = "127.0.0.1:${back} ssl"; ${tls} ${keypair(pair)} ${selfScan}`);
  const mirror = await startProxyProcess(t, log() + behind);
  const how = `ssl = yes; compress = yes; keepalive = yes; key = "${pair.publicKey}"; settings_id = "mirrored";`;
  const lines = `mirror "copy" { hosts = "127.0.0.1:${back}"; ${how} } comparison_log = "${folder}/compared";`;
  await startProxyProcess(
    t,
    `options { ssl_ca_path = "${certificate.cert}"; }${log()}` +
      worker(`bind_socket = "127.0.0.1:${front}"; ${selfScan} ${lines}`),
  );
  assert.equal(verdictIn(await ask(front)).action, 'reject');
  await mirror.until(/HTTP code: 200/);
  const compared = async (): Promise<string> => {
    for (;;) {
      const text = existsSync(`${folder}/compared`) ? readFileSync(`${folder}/compared`, 'utf8') : '';
      if (text.endsWith('\n')) return text;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  assert.match(await compared(), /"copy":\{[^}]*"action":"reject"/);
});

test('self-scan takes compressed messages, within max_message', bounded, async (t) => {
  const port = await freePort();
  const config = `options { max_message = 20kb; }${log()}${worker(`bind_socket = "127.0.0.1:${port}"; ${selfScan}`)}`;
  await startProxyProcess(t, config);
  const send = async (body: Buffer, field = 'Compression: zstd'): Promise<RawReply> => {
    const client = new RawClient(port);
    client.send(`POST /checkv2 HTTP/1.1\r\n${field}\r\nContent-Length: ${body.length}\r\n\r\n`).send(body);
    const reply = await client.reply();
    client.socket.destroy();
    return reply;
  };
  for (const field of ['Compression: zstd', 'Content-Encoding: zstd']) {
    const reply = await send(zstd.compress(Buffer.from(gtube, 'latin1')), field);
    const body = reply.header('Compression') === 'zstd' ? zstd.decompress(reply.body, 10_000) : reply.body;
    assert.equal(JSON.parse(body.toString()).action, 'reject');
  }
  const bomb = await send(zstd.compress(Buffer.alloc(10_000_000)));
  assert.deepEqual([bomb.status, /larger than/.test(bomb.reason)], [413, true]);
  const damaged = await send(Buffer.from('no zstd at all'));
  assert.deepEqual([damaged.status, /does not begin with a zstd frame/.test(damaged.reason)], [400, true]);
  assert.equal((await send(Buffer.from(gtube), 'Compression: gzip')).status, 400);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Headers } from '../../src/message/headers.ts';
import { CryptClient, CryptServer, generateKeyPair, loadCipher } from '../../src/wire/crypt/index.ts';
import { encodeMsgpack } from '../../src/wire/msgpack/index.ts';
import { writeMultipart } from '../../src/wire/multipart/index.ts';
import { loadZstd } from '../../src/wire/zstd/index.ts';
import { slow } from '../support/project.ts';
import { type Rig, startProxy } from '../support/proxy-rig.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { type ScriptedScanner, scriptedScanner, verdict } from '../support/scripted-scanner.ts';
import { below, mutate, noise, seeded } from '../wire/support/fuzz.ts';

const rounds = slow ? 20_000 : 600;
const bounded = { timeout: slow ? 1_800_000 : 180_000 };
const cipher = await loadCipher();
const zstd = await loadZstd();
const pair = generateKeyPair();
const mail = Buffer.from('Subject: x\r\n\r\ntext\r\n');
const json = Buffer.from(JSON.stringify(verdict));

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

function withBody(head: readonly string[], body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(lines(...head, `Content-Length: ${body.length}`, '')), body]);
}

/** What is worth damaging, of requests. Encrypted ones are made anew: a second one would be a replay. */
const requests: ReadonlyArray<() => Buffer> = [
  () => withBody(['POST /checkv2?a=b&file=c HTTP/1.1', 'From: a@b.example', 'Rcpt: c@d.example', 'Host: up0'], mail),
  () =>
    Buffer.from(lines('POST /checkv2 HTTP/1.1', 'Transfer-Encoding: chunked', '', '5;x=y', 'abcde', '0', 'T: u', '')),
  () => withBody(['POST / HTTP/1.0', 'Connection: keep-alive', 'Expect: 100-continue', 'X: y', '\tz'], mail),
  () => withBody(['POST /checkv2 HTTP/1.1', 'Compression: zstd', 'Accept-Encoding: zstd'], zstd.compress(mail)),
  () => withBody(['CHECK RSPAMC/1.3', 'Queue-Id: Q', 'From: <a@b.example>', 'Rcpt: <c@d.example>'], mail),
  () => withBody(['REPORT SPAMC/1.2', 'User: nobody'], mail),
  () => Buffer.from(lines('GET /ping HTTP/1.1', '', 'GET /ping HTTP/1.1', '')),
  () => {
    const headers = Headers.of(['From', 'a@b.example'], ['Accept-Encoding', 'zstd']);
    const sealed = new CryptClient(cipher).sealRequest({ target: '/checkv2', headers, body: mail }, pair.publicKey);
    return withBody(['POST /post HTTP/1.1', `Key: ${sealed.keyHeader}`], sealed.body);
  },
  () => withBody(['POST /checkv3 HTTP/1.1', 'Content-Type: multipart/form-data; boundary=b'], form('b', 'metadata')),
];

function form(boundary: string, first: string): Buffer {
  const parts = [
    { name: first, contentType: 'application/json', body: json },
    { name: 'message', contentType: 'message/rfc822', body: mail },
  ];
  return Buffer.concat(writeMultipart(parts, 'form-data', boundary).chunks);
}

/** The same of replies. */
const replies: readonly Buffer[] = [
  withBody(['HTTP/1.1 200 OK', 'Content-Type: application/json', 'Connection: close'], json),
  withBody(['HTTP/1.1 200 OK', 'Content-Type: application/json', 'Compression: zstd'], zstd.compress(json)),
  withBody(['HTTP/1.1 200 OK', 'Content-Type: application/msgpack', 'Keep-Alive: timeout=9'], encodeMsgpack(verdict)),
  withBody(['HTTP/1.1 200 OK', 'Content-Type: multipart/mixed; boundary="b"'], form('b', 'result')),
  withBody(['HTTP/1.1 200 OK', 'Content-Type: application/json', 'Message-Offset: 20'], json),
  Buffer.from(
    lines('HTTP/1.1 200 OK', 'Content-Type: application/json', 'Transfer-Encoding: chunked', '', '2', '{}', '0', ''),
  ),
  Buffer.from(
    `${lines('HTTP/1.1 103 Early Hints', 'A: b', '', 'HTTP/1.0 200 OK', 'Content-Type: application/json', '')}${json}`,
  ),
  Buffer.from(lines('HTTP/1.1 204 No Content', '')),
];

const damaged = (seed: Buffer, random: () => number): Buffer =>
  random() < 0.05 ? noise(below(random, 300), random) : mutate(seed, random);

/** Growth of the memory that is not garbage stays within bounds. */
async function within(bytes: number, run: () => Promise<void>): Promise<void> {
  const before = process.memoryUsage().rss;
  await run();
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < bytes, `${Math.round(grown / 1e6)} MB more than before`);
}

async function stillServes({ port }: Rig, scanner: ScriptedScanner): Promise<void> {
  scanner.play('ok');
  const reply = await new RawClient(port).send(post('/checkv2', ['Connection: close'])).reply();
  assert.deepEqual(JSON.parse(reply.body.toString()), verdict);
}

test(
  'whatever a client sends, it gets an answer or had said nothing, and every refusal is in the log',
  bounded,
  async (t) => {
    const scanner = await scriptedScanner(t);
    const rig = await startProxy(t, {
      upstreams: [{ hosts: scanner.hosts }],
      crypt: new CryptServer(cipher, [pair]),
      maxTries: 1,
    });
    let refused = 0;
    await within(200_000_000, async () => {
      for (let round = 0; round < rounds; round++) {
        const random = seeded(1000 + round);
        const bytes = damaged(requests[below(random, requests.length)]?.() as Buffer, random);
        const cut = below(random, bytes.length + 1);
        const logged = rig.log.lines.length;
        const client = new RawClient(rig.port);
        client.send(bytes.subarray(0, cut)).send(bytes.subarray(cut)).socket.end();
        const answer = (await client.rest()).toString('latin1');
        const where = `seed ${1000 + round}: ${JSON.stringify(bytes.toString('latin1'))}`;
        if (answer === '') assert.match(bytes.toString('latin1'), /^[\r\n]*$/, where);
        else assert.match(answer, /^(?:HTTP\/1\.1 \d{3} |RSPAMD\/1\.3 |SPAMD\/1\.[15] )/, where);
        if (!/^(?:HTTP\/1\.1 4\d\d|R?SPAMD\/1\.\d 75) /.test(answer)) continue;
        refused++;
        const told = rig.log.lines
          .slice(logged)
          .some((line) => /error: .|deny file message source|HTTP code/.test(line));
        assert.ok(told, `${where}\n${rig.log.lines.slice(logged).join('\n')}`);
      }
    });
    assert.ok(refused > rounds / 5, `${refused} of ${rounds} were refused`);
    await stillServes(rig, scanner);
  },
);

/** What a client may be told when its scanner went mad. */
function judge(answer: string, where: string): void {
  assert.match(answer, /^(?:HTTP\/1\.1 [1-9]\d\d |RSPAMD\/1\.3 |SPAMD\/1\.1 )/, where);
  const [, body] = /^HTTP\/1\.1 50[24] [\s\S]*?\r\n\r\n(\{"error":[\s\S]*)$/.exec(answer) ?? [];
  if (body !== undefined) assert.ok((JSON.parse(body) as { error: string }).error.length > 10, where);
}

const clients = [
  post('/checkv2', ['Connection: close']),
  post('/checkv2', ['Connection: close', 'Accept-Encoding: zstd']),
  `CHECK RSPAMC/1.3\r\nContent-length: 2\r\n\r\nhi`,
  `CHECK SPAMC/1.2\r\nContent-length: 2\r\n\r\nhi`,
];

async function hostile(
  t: TestContext,
  rig: Rig,
  scanner: ScriptedScanner,
  raw: (random: () => number) => Buffer | 'sealed',
) {
  let failures = 0;
  await within(200_000_000, async () => {
    for (let round = 0; round < rounds; round++) {
      const random = seeded(5000 + round);
      const made = raw(random);
      if (made !== 'sealed') scanner.play({ raw: made });
      const logged = rig.log.lines.length;
      const client = new RawClient(rig.port);
      const answer = (await client.send(clients[below(random, clients.length)] as string).rest()).toString('latin1');
      const where = `seed ${5000 + round}: ${made === 'sealed' ? made : JSON.stringify(made.toString('latin1'))}`;
      judge(answer, where);
      if (!answer.startsWith('HTTP/1.1 502')) continue;
      failures++;
      const told = rig.log.lines
        .slice(logged)
        .some((line) => /abnormally closing connection from backend: .*error: ./.test(line));
      assert.ok(told, where);
    }
  });
  t.diagnostic(`${failures} of ${rounds} were errors of the scanner`);
  assert.ok(failures > rounds / 20);
}

test(
  'whatever a scanner answers, the client gets a reply, and the log has the reason of every failure',
  bounded,
  async (t) => {
    const scanner = await scriptedScanner(t);
    const rig = await startProxy(t, { upstreams: [{ hosts: scanner.hosts, timeout: 2_000 }], maxTries: 1, zstd });
    await hostile(t, rig, scanner, (random) => damaged(replies[below(random, replies.length)] as Buffer, random));
    await stillServes(rig, scanner);
  },
);

test('the same of a scanner with a key', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const upstreams = [{ hosts: scanner.hosts, timeout: 2_000, key: pair.publicKey, compress: true }];
  const rig = await startProxy(t, { upstreams, maxTries: 1, zstd });
  await hostile(t, rig, scanner, (random) => {
    const inner = replies[below(random, replies.length)] as Buffer;
    scanner.play((socket, seen) => {
      const server = new CryptServer(cipher, [pair]);
      const { channel } = server.openRequest(seen.header('Key') ?? '', seen.body);
      const inside = random() < 0.5;
      const sealed = server.sealReply([inside ? damaged(inner, random) : inner], channel);
      const whole = withBody(['HTTP/1.1 200 OK', 'Content-Type: application/octet-stream'], sealed);
      socket.end(inside ? whole : damaged(whole, random));
    });
    return 'sealed';
  });
});

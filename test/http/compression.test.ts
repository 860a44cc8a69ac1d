import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadZstd } from '../../src/wire/zstd/index.ts';
import { startProxy } from '../support/proxy-rig.ts';
import { post, RawClient, type RawReply } from '../support/raw-client.ts';
import { scriptedScanner, verdict } from '../support/scripted-scanner.ts';

const bounded = { timeout: 60_000 };
const zstd = await loadZstd();

function plain(reply: RawReply): string {
  assert.deepEqual([reply.header('Compression'), reply.header('Content-Encoding')], ['zstd', 'zstd']);
  return zstd.decompress(reply.body, 100_000).toString();
}

test('clients that take zstd get it, others do not', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const ask = (...headers: string[]): Promise<RawReply> => new RawClient(port).send(post('/checkv2', headers)).reply();
  for (const header of ['Accept-Encoding: zstd', 'accept-encoding: gzip, ZSTD;q=0.5', 'Compression: Zstd']) {
    const reply = await ask(header);
    assert.deepEqual(JSON.parse(plain(reply)), verdict);
    assert.equal(reply.header('Content-Type'), 'application/json');
  }
  for (const header of ['X: y', 'Accept-Encoding: gzip', 'Accept-Encoding: gzip, zstd;q=0', 'Compression: zstd2']) {
    const reply = await ask(header);
    assert.deepEqual(JSON.parse(reply.body.toString()), verdict);
    assert.equal(reply.header('Compression'), undefined);
  }
  scanner.play('status:404');
  const missing = await ask('Accept-Encoding: zstd');
  assert.equal(missing.status, 404);
  assert.deepEqual(JSON.parse(plain(missing)), verdict);
  scanner.play('status:204', { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' });
  for (let n = 0; n < 2; n++) {
    const empty = await ask('Accept-Encoding: zstd');
    assert.deepEqual([empty.body.length, empty.header('Compression')], [0, undefined]);
  }
});

test(
  'result and rewritten message are compressed together; Message-Offset counts what they were',
  bounded,
  async (t) => {
    const both = `${JSON.stringify(verdict)}Subject: new\r\n\r\n`;
    const offset = JSON.stringify(verdict).length;
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nMessage-Offset: ${offset}\r\n`;
    const scanner = await scriptedScanner(t, [{ raw: `${head}Content-Length: ${both.length}\r\n\r\n${both}` }]);
    const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
    const reply = await new RawClient(port).send(post('/checkv2', ['Accept-Encoding: zstd'])).reply();
    assert.equal(reply.header('Message-Offset'), String(offset));
    assert.equal(plain(reply), both);
  },
);

test('a compressed request goes on as it is', bounded, async (t) => {
  const scanner = await scriptedScanner(t);
  for (const compress of [false, true]) {
    const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts, compress }] });
    const body = zstd.compress(Buffer.from('Subject: x\r\n\r\n'));
    const request = `POST /checkv2 HTTP/1.1\r\nCompression: zstd\r\nContent-Length: ${body.length}\r\n\r\n`;
    await new RawClient(port).send(Buffer.concat([Buffer.from(request), body])).reply();
    const seen = scanner.requests.at(-1);
    assert.deepEqual(seen?.body, body);
    assert.deepEqual(seen?.all('Compression'), ['zstd']);
  }
});

test('a compressed reply is read, and given to each client in the form that it takes', bounded, async (t) => {
  const body = zstd.compress(Buffer.from(JSON.stringify(verdict)));
  const head = (name: string): string =>
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${name}: zstd\r\nContent-Length: ${body.length}\r\n\r\n`;
  const scanner = await scriptedScanner(t);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  for (const name of ['Compression', 'Content-Encoding']) {
    scanner.play({ raw: Buffer.concat([Buffer.from(head(name)), body]) });
    const reply = await new RawClient(port).send(post('/checkv2', [])).reply();
    assert.deepEqual(JSON.parse(reply.body.toString()), verdict);
    assert.equal(reply.header(name), undefined);
    const again = await new RawClient(port).send(post('/checkv2', ['Accept-Encoding: zstd'])).reply();
    assert.deepEqual(JSON.parse(plain(again)), verdict);
    const legacy = await new RawClient(port)
      .send('CHECK RSPAMC/1.3\r\nAccept-Encoding: zstd\r\nContent-length: 1\r\n\r\nx')
      .rest();
    assert.match(legacy.toString(), /^RSPAMD\/1\.3 0 EX_OK\r\nMetric: default; False; 2\.50 \/ 15\.00/);
  }
});

test('a bomb in a reply is an error of the scanner', bounded, async (t) => {
  const bomb = zstd.compress(Buffer.alloc(3_000_000));
  const damaged = zstd.compress(Buffer.alloc(3_000)).fill(7, 4);
  const head = (length: number): Buffer =>
    Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCompression: zstd\r\nContent-Length: ${length}\r\n\r\n`,
    );
  for (const body of [bomb, damaged, bomb.subarray(0, -1)]) {
    const scanner = await scriptedScanner(t, [{ raw: Buffer.concat([head(body.length), body]) }, 'ok']);
    const { port, log } = await startProxy(t, {
      upstreams: [{ hosts: scanner.hosts }],
      maxReply: 2_000_000,
      maxTries: 1,
    });
    const reply = await new RawClient(port).send(post('/checkv2', [])).reply();
    assert.equal(reply.status, 502);
    assert.match(reply.reason, /^the reply of the scanner cannot be understood: the .*(data|frame)/);
    assert.ok(log.has('the reply of the scanner cannot be understood'));
  }
});

test('what is encoded otherwise stays as it is', bounded, async (t) => {
  const head =
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n';
  const scanner = await scriptedScanner(t, [{ raw: `${head}abc` }]);
  const { port } = await startProxy(t, { upstreams: [{ hosts: scanner.hosts }] });
  const reply = await new RawClient(port).send(post('/checkv2', ['Accept-Encoding: gzip, zstd'])).reply();
  assert.deepEqual([reply.header('Content-Encoding'), reply.body.toString()], ['gzip', 'abc']);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { noNginx, startNginx } from '../support/nginx.ts';
import { startProxy } from '../support/proxy-rig.ts';
import { post, RawClient } from '../support/raw-client.ts';

const options = { timeout: 60_000, skip: noNginx };

interface Seen {
  readonly connection: number;
  readonly requests: number;
}

async function ask(port: number): Promise<Seen> {
  const reply = await new RawClient(port).send(post('/checkv2', ['Connection: close'])).reply();
  assert.equal(reply.status, 200, reply.reason);
  return JSON.parse(reply.body.toString()) as Seen;
}

test('keepalive: a server that keeps connections open sees one for all messages', options, async (t) => {
  const nginx = await startNginx(t, 'keepalive_timeout 30s;');
  const tls = createSecureContext({ ca: readFileSync(nginx.certificate.cert) });
  for (const upstream of [
    { hosts: `127.0.0.1:${nginx.plain}`, keepAlive: true },
    { hosts: `127.0.0.1:${nginx.secured}`, keepAlive: true, tls },
  ]) {
    const { port } = await startProxy(t, { upstreams: [upstream] });
    const all: Seen[] = [];
    for (let n = 0; n < 20; n++) all.push(await ask(port));
    assert.equal(new Set(all.map(({ connection }) => connection)).size, 1);
    assert.deepEqual(
      all.map(({ requests }) => requests),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    const { port: without } = await startProxy(t, { upstreams: [{ ...upstream, keepAlive: false }] });
    for (let n = 0; n < 3; n++) assert.equal((await ask(without)).requests, 1);
  }
});

test('keepalive: a server that closes its connections now and then costs no message and no try', options, async (t) => {
  const nginx = await startNginx(t, 'keepalive_requests 3; keepalive_timeout 30s;');
  const upstreams = [{ hosts: `127.0.0.1:${nginx.plain}`, keepAlive: true }];
  const { port, log } = await startProxy(t, { upstreams, maxTries: 1 });
  const counts: number[] = [];
  for (let n = 0; n < 7; n++) counts.push((await ask(port)).requests);
  assert.deepEqual(counts, [1, 2, 3, 1, 2, 3, 1]);
  const all = await Promise.all(Array.from({ length: 100 }, () => ask(port)));
  assert.equal(all.length, 100);
  assert.ok(!log.has('abnormally'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxy } from '../support/proxy-rig.ts';
import { post, RawClient } from '../support/raw-client.ts';
import { noRspamd, scannerSections, startRspamd } from '../support/rspamd.ts';

const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

test('with a real scanner: verdict, ping, error and legacy reply', { timeout: 60_000, skip: noRspamd }, async (t) => {
  const scanner = await startRspamd(t, { sections: scannerSections, ready: '/ping' });
  for (const keepAlive of [false, true]) {
    const { port } = await startProxy(t, { upstreams: [{ hosts: `127.0.0.1:${scanner.port}`, keepAlive }] });
    const client = new RawClient(port);
    const spam = `Subject: spam\r\nMessage-ID: <spam@example.org>\r\n\r\n${gtube}\r\n`;
    const reject = await client.send(post('/checkv2', ['From: <a@b.example>', 'Rcpt: <c@d.example>'], spam)).reply();
    assert.equal(reject.status, 200);
    const verdict = JSON.parse(reject.body.toString());
    assert.equal(verdict.action, 'reject');
    assert.equal(verdict['message-id'], 'spam@example.org');
    const ham = await client.send(post('/checkv2', ['IP: 198.51.100.7'])).reply();
    assert.equal(JSON.parse(ham.body.toString()).action, 'no action');
    const pong = await client.send('GET /ping HTTP/1.1\r\n\r\n').reply();
    assert.equal(pong.body.toString(), 'pong\r\n');
    const unknown = await client.send(post('/nonsense', [])).reply();
    assert.equal(`${unknown.status} ${unknown.reason}`, '500 invalid command');
    const legacy = `CHECK RSPAMC/1.3\r\nContent-length: ${spam.length}\r\nQueue-Id: Q1\r\n\r\n${spam}`;
    const text = (await new RawClient(port).send(legacy).rest()).toString();
    assert.match(
      text,
      /^RSPAMD\/1\.3 0 EX_OK\r\nMetric: default; True; [\d.-]+ \/ 15\.00 \/ 0\.0\r\nAction: reject\r\n/,
    );
    client.socket.destroy();
  }
  assert.match(scanner.log(), /qid: <Q1>/);
});

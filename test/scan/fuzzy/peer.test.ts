import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { makeScanner, type Reply, scanText, stockActions } from '../support.ts';
import { eventually, named, start, weights } from './rig.ts';

// What Debian's release has not yet: RSPAMD_PEER=/opt/rspamd/bin/rspamd npm test -- fuzzy
const program = process.env['RSPAMD_PEER'];
const skip = program === undefined ? 'RSPAMD_PEER is not set' : existsSync(program) ? false : `no ${program}`;
const limits = { timeout: 120_000, skip };

const row = (n: number, host: string) =>
  `<tr class="line${n % 7} wide"><td><p>text ${n * 13}<a href="https://www.${host}/?id=${n}">go</a></p></td></tr>`;

function mail(rows: number, host: string): string {
  const lines = Array.from({ length: rows }, (_, n) => row(n, host)).join('\r\n');
  return `From: Anna <anna@example.org>\r\nTo: b@example.net\r\nSubject: page\r\nMessage-ID: <1@example.org>\r\nDate: Sun, 22 Nov 2026 11:59:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head><title>x</title></head><body><!-- none --><div><unknown>\r\n<table class="Main t12">${lines}</table></div><img src="https://img.example.com/a.png" class="2019-01-02"></body></html>\r\n`;
}

for (const algorithm of ['siphash', 'mumhash', 'xxhash', 'fasthash'])
  for (const ignore of ['no', 'yes'])
    test(
      `HTML is found as another Rspamd finds it: ${algorithm}, ignore_link_domains = ${ignore}`,
      limits,
      async (t) => {
        const checks = `checks { text { enabled = no; } html { min_tags = 5; weight = 0.8; ignore_link_domains = ${ignore}; } }`;
        const rig = await start(t, `algorithm = ${algorithm}; ${checks}`, algorithm === 'mumhash', program);
        const scanner = await makeScanner(`${stockActions} ${rig.section} ${weights}`);
        const ours = (message: string): Promise<Reply> => scanText(scanner, message);
        await rig.add(mail(20, 'example.com'), 11, 10);
        await eventually(() => rig.theirs(mail(20, 'example.com')), 'FUZZY_DENIED');
        for (const message of [
          mail(20, 'example.com'),
          mail(20, 'example.net'),
          mail(22, 'example.com'),
          mail(3, 'x.org'),
        ]) {
          const [found, theirs] = [await ours(message), await rig.theirs(message)];
          assert.deepEqual(named(found), named(theirs));
          const [score, expected] = [found, theirs].map(({ symbols }) => symbols['FUZZY_DENIED']?.score ?? 0);
          assert.ok(Math.abs((score as number) - (expected as number)) < 0.01, `${score}, not ${expected}`);
        }
      },
    );

/** A port that leads to another one by TCP only. */
async function tcpOnly(t: TestContext, target: number): Promise<number> {
  const port = await freePort();
  const server = createServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }).listen(port, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return port;
}

for (const encrypted of [false, true])
  test(`another Rspamd answers by TCP, ${encrypted ? 'encrypted' : 'plain'}`, limits, async (t) => {
    const rig = await start(t, 'algorithm = mumhash;', encrypted, program);
    const message = mail(20, 'example.com');
    await rig.add(message, 11, 10);
    const theirs = await eventually(() => rig.theirs(message), 'FUZZY_DENIED');
    const port = await tcpOnly(t, rig.port);
    const section = rig.section
      .replace(`127.0.0.1:${rig.port}`, `127.0.0.1:${port}`)
      .replace('fuzzy_check {', 'fuzzy_check { max_errors = 1000;')
      .replace('retransmits = 3;', 'retransmits = 0;')
      .replace('timeout = 2s;', 'timeout = 1s;')
      .replace('symbol = "FUZZY_UNKNOWN";', 'symbol = "FUZZY_UNKNOWN"; tcp = yes;');
    const scanner = await makeScanner(`${stockActions} ${section} ${weights}`);
    // The first message has nobody to ask.
    const found = await eventually(
      () => scanText(scanner, message, { headers: [['IP', '192.0.2.7']] }),
      'FUZZY_DENIED',
    );
    assert.deepEqual(named(found), named(theirs));
  });

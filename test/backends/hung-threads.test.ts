import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ScanPool } from '../../src/backends/index.ts';
import { buildConfig } from '../../src/config/index.ts';
import type { ScanError } from '../../src/message/errors.ts';
import { silentLogger } from '../../src/message/log.ts';
import { scanSpec, stockDnsSettings } from '../../src/scan/index.ts';
import { loadText } from '../../src/ucl/index.ts';
import { openDnsServer } from '../support/dns-server.ts';
import { projectRoot } from '../support/project.ts';

const rounds = process.env['RSPAMD_PROXY_SLOW'] === '1' ? 67 : 1;

const program = new URL('../../../test/support/hanging-scan-thread.mjs', import.meta.url);

let number = 0;

/** Nothing of it is known to a cache: it asks DNS a good deal. */
function message(text: string): Buffer {
  number++;
  return Buffer.from(
    `Received: from a${number}.example.com (a${number}.example.com [192.0.2.${number % 250}]) by mx.example.net; Tue, 1 Dec 2026 00:00:00 +0000\r\n` +
      `From: x@a${number}.example.com\r\nTo: y@example.net\r\nSubject: ${text}\r\n` +
      `DKIM-Signature: v=1; a=rsa-sha256; d=a${number}.example.com; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n` +
      `\r\nhttp://u${number}.example.com/ http://v${number}.example.org/\r\n`,
  );
}

test('a thread that hangs while answers of DNS come in dies alone', {
  timeout: 60_000 + rounds * 60_000,
}, async (t) => {
  const dns = await openDnsServer({});
  t.after(() => dns.close());
  const { root } = loadText('');
  if (root === undefined) throw new Error('no tree');
  const spec = {
    scan: scanSpec(buildConfig(root).config),
    dns: { ...stockDnsSettings, servers: [dns.address] },
    dataFolder: undefined,
  };
  const pool = new ScanPool(spec, { threads: 4, perThread: 4, queue: 1000, patience: 5000, program }, silentLogger);
  t.after(() => pool.close());
  await pool.ready;
  const ask = { id: 'x', headers: ['IP', '192.0.2.1'], receivedAt: 0, shape: 'modern', format: 'json' } as const;
  const outcome = (text: string): Promise<string> =>
    pool.scan({ ...ask, body: message(text) }).then(
      (body) => ('action' in (JSON.parse(body.toString()) as object) ? 'judged' : 'no verdict'),
      (error: ScanError) => (error.code === 'UPSTREAM_TIMEOUT' ? error.code : `${error.code}: ${error.message}`),
    );
  let judged = 0;
  for (let round = 0; round < rounds; round++) {
    const asked = dns.queries.length;
    const hung = ['HANG', 'HANG', 'HANG'].map(outcome);
    const others = ['a', 'b', 'c', 'd', 'e', 'f'].map(outcome);
    assert.deepEqual(new Set(await Promise.all(hung)), new Set(['UPSTREAM_TIMEOUT']));
    // What was in the same threads ends with them.
    const verdicts = await Promise.all(others);
    for (const verdict of verdicts) assert.match(verdict, /^(judged|UPSTREAM_TIMEOUT)$/);
    judged += verdicts.filter((verdict) => verdict === 'judged').length;
    assert.ok(dns.queries.length > asked, 'DNS was asked');
    await pool.ready;
    assert.equal(await outcome('after'), 'judged');
  }
  assert.ok(judged >= rounds, `${judged} messages beside hung ones were judged`);
});

test('nothing that runs in threads has UDP sockets or a resolver of Node of its own', { timeout: 30_000 }, () => {
  const folders = ['scan', 'scripts', 'lua', 'rspamd-lua', 'ucl', 'wire'].map((name) => join(projectRoot, 'src', name));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const sources = files.filter((path) => path.endsWith('.ts'));
  assert.ok(sources.length > 100);
  const guilty = sources.filter((path) =>
    /node:dgram|createLookup|\bresolve(4|6|Srv|Txt|Mx)\b/.test(readFileSync(path, 'utf8')),
  );
  assert.deepEqual(guilty, [join(projectRoot, 'src/scan/datagrams/own.ts')]);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ScanPool, type ScanPoolOptions } from '../../src/backends/index.ts';
import { buildConfig } from '../../src/config/index.ts';
import type { ScanError } from '../../src/message/errors.ts';
import { silentLogger } from '../../src/message/log.ts';
import { scanSpec, stockDnsSettings } from '../../src/scan/index.ts';
import { loadText } from '../../src/ucl/index.ts';

const limits = { timeout: 60_000 };

const program = new URL('../../../test/support/bad-scan-thread.mjs', import.meta.url);

async function open(t: TestContext, options: Partial<ScanPoolOptions>): Promise<ScanPool> {
  const { root } = loadText('');
  if (root === undefined) throw new Error('no tree');
  const spec = { scan: scanSpec(buildConfig(root).config), dns: stockDnsSettings, dataFolder: undefined };
  const usual = { threads: 1, perThread: 8, queue: 100, patience: 10_000, program };
  const pool = new ScanPool(spec, { ...usual, ...options }, silentLogger);
  t.after(() => pool.close());
  await pool.ready;
  return pool;
}

async function scan(pool: ScanPool, text: string): Promise<string> {
  const ask = { id: 'x', headers: [], receivedAt: 0, shape: 'modern', format: 'json' } as const;
  return (await pool.scan({ ...ask, body: Buffer.from(text) })).toString();
}

const outcome = (promise: Promise<string>): Promise<string> =>
  promise.then(
    (text) => text.replace(/ in \d+$/, ''),
    (error: ScanError) => error.code,
  );

test('a thread that crashes is replaced; only what it had fails', limits, async (t) => {
  for (const how of ['crash', 'throw']) {
    const pool = await open(t, {});
    const before = await scan(pool, 'hello');
    const [waiting, crashed] = [outcome(scan(pool, 'wait')), outcome(scan(pool, how))];
    assert.deepEqual(await Promise.all([waiting, crashed]), ['UPSTREAM_BROKEN', 'UPSTREAM_BROKEN']);
    const after = await scan(pool, 'hello');
    assert.match(after, /^hello in /);
    assert.notEqual(after, before);
    assert.deepEqual(pool.counts.threads, { replaced: 1, turnedAway: 0 });
  }
});

test('a thread that hangs is replaced', limits, async (t) => {
  const pool = await open(t, { patience: 1500 });
  assert.equal(await outcome(scan(pool, 'hang')), 'UPSTREAM_TIMEOUT');
  assert.equal(await outcome(scan(pool, 'hello')), 'hello');
});

test('a thread that answers others is not taken for a hung one', limits, async (t) => {
  const pool = await open(t, { patience: 600 });
  const left = outcome(scan(pool, 'wait'));
  const threads = new Set<string>();
  for (const end = performance.now() + 1500; performance.now() < end; await wait(50))
    threads.add(await scan(pool, 'hello'));
  assert.equal(threads.size, 1);
  assert.equal(await left, 'UPSTREAM_TIMEOUT');
});

test('a hung thread does not keep others from working', limits, async (t) => {
  const pool = await open(t, { threads: 2, perThread: 1, patience: 3000 });
  const hung = outcome(scan(pool, 'hang'));
  const others = await Promise.all(Array.from({ length: 20 }, () => outcome(scan(pool, 'hello'))));
  assert.deepEqual(new Set(others), new Set(['hello']));
  assert.equal(await hung, 'UPSTREAM_TIMEOUT');
});

test('what a thread cannot answer fails alone', limits, async (t) => {
  const pool = await open(t, {});
  assert.deepEqual(await Promise.all(['fail', 'hello'].map((text) => outcome(scan(pool, text)))), [
    'INTERNAL',
    'hello',
  ]);
});

test('beyond the queue messages are turned away at once', limits, async (t) => {
  const pool = await open(t, { perThread: 1, queue: 2 });
  const all = ['wait', 'one', 'two', 'three'].map((text) => outcome(scan(pool, text)));
  assert.equal(await all[3], 'NO_LIVE_HOST');
  assert.equal(pool.counts.threads.turnedAway, 1);
  assert.deepEqual(pool.status, { threads: 1, busy: 1, running: 1, queued: 2, learned: undefined });
  await pool.close();
  assert.deepEqual(await Promise.all(all.slice(0, 3)), ['SHUTTING_DOWN', 'SHUTTING_DOWN', 'SHUTTING_DOWN']);
  assert.equal(await outcome(scan(pool, 'late')), 'SHUTTING_DOWN');
});

test('threads of ours scan', limits, async (t) => {
  const pool = await open(t, { program: new URL('../../src/backends/self-scan/thread.js', import.meta.url) });
  const reply = JSON.parse(await scan(pool, 'Subject: x\r\n\r\nhello\r\n')) as { symbols: object };
  assert.ok('MISSING_FROM' in reply.symbols);
  await pool.collect();
  const { scanned, hits } = pool.counts.scan;
  assert.equal(scanned, 1);
  assert.deepEqual([...hits.keys()].sort(), Object.keys(reply.symbols).sort());
  assert.ok(pool.symbols.some(({ name, rule }) => name === 'MISSING_FROM' && rule !== undefined));
});

test('what threads counted is there when they have ended', limits, async (t) => {
  const pool = await open(t, { program: new URL('../../src/backends/self-scan/thread.js', import.meta.url) });
  await scan(pool, 'Subject: x\r\n\r\nhello\r\n');
  await pool.close();
  assert.equal(pool.counts.scan.scanned, 1);
});

test('a thread that hangs does not keep others from telling', limits, async (t) => {
  const pool = await open(t, { patience: 5000 });
  const hung = outcome(scan(pool, 'hang'));
  const begun = performance.now();
  await pool.collect();
  // Less than it takes until the thread is replaced.
  assert.ok(performance.now() - begun < 4500);
  assert.equal(await hung, 'UPSTREAM_TIMEOUT');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildConfig } from '../../src/config/index.ts';
import { Headers } from '../../src/message/headers.ts';
import { silentLogger } from '../../src/message/log.ts';
import { loadKnowledge, type Scanned, Scanner, ScanStatistics, scanSpec } from '../../src/scan/index.ts';
import { loadText } from '../../src/ucl/index.ts';
import { clean, emptyDns, now, stockActions } from './support.ts';

const limits = { timeout: 60_000 };

type Scan = (headers?: readonly string[]) => Promise<Scanned>;

async function counting(): Promise<{ scan: Scan; statistics: ScanStatistics; scanner: Scanner }> {
  const { root } = loadText(`${stockActions} actions { bounce = 8; }`);
  if (root === undefined) throw new Error('no tree');
  const statistics = new ScanStatistics();
  const environment = {
    resolver: emptyDns,
    knowledge: await loadKnowledge(undefined),
    logger: silentLogger,
    statistics,
  };
  const scanner = new Scanner(scanSpec(buildConfig(root).config), environment);
  const scan: Scan = (headers = []) =>
    scanner.scan({ id: 'test', body: Buffer.from(clean), headers: new Headers(headers), receivedAt: now });
  return { scan, statistics, scanner };
}

test('a scan is counted with its action and its symbols', limits, async () => {
  const { scan, statistics, scanner } = await counting();
  const { task } = await scan();
  await scan();
  const { counts } = statistics;
  const found = [...task.results.symbols.keys()].sort();
  assert.ok(found.length > 5);
  assert.deepEqual([counts.scanned, counts.recentSeconds.length], [2, 2]);
  assert.deepEqual(counts.actions, new Map([['no action', 2]]));
  assert.deepEqual(
    [...counts.hits].sort(),
    found.map((name) => [name, 2]),
  );
  const sum = [...counts.scores.values()].reduce((total, one) => total + one, 0);
  assert.ok(Math.abs(sum - 2 * task.results.score) < 1e-9);
  const known = new Set(scanner.symbols.map(({ name }) => name));
  assert.ok(found.every((name) => known.has(name)));
});

test('a client does not make up what is counted, and may ask for not being counted', limits, async () => {
  const { scan, statistics } = await counting();
  const settings = (value: object): string[] => ['Settings', JSON.stringify(value)];
  await scan(settings({ symbols: { NOBODY_KNOWS: 1 }, actions: { invented: -100 } }));
  await scan(settings({ actions: { bounce: -100 } }));
  await scan(['Flags', 'no_stat']);
  const { actions, hits, scanned } = statistics.counts;
  assert.equal(scanned, 2);
  assert.deepEqual(
    actions,
    new Map([
      ['custom', 1],
      ['bounce', 1],
    ]),
  );
  assert.equal(hits.has('NOBODY_KNOWS'), false);
});

test('the time of rules is taken now and then', limits, async () => {
  const { scan, statistics } = await counting();
  const { timedRuns, timedSeconds } = statistics.counts;
  await scan();
  assert.equal(timedRuns.size, 0);
  for (let n = 1; n < 20; n++) await scan();
  assert.ok(timedRuns.size > 20);
  assert.deepEqual(new Set(timedRuns.values()), new Set([2]));
  assert.ok([...timedSeconds.values()].every((seconds) => seconds >= 0 && seconds < 10));
});

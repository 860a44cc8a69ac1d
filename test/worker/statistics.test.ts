import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { WorkerReport } from '../../src/worker/messages.ts';
import {
  metrics,
  noWorkerCounts,
  Statistics,
  StatisticsFile,
  takeWorkerCounts,
} from '../../src/worker/statistics/index.ts';
import { Rates } from '../../src/worker/statistics/rates.ts';
import { counters, statistics as told } from '../../src/worker/statistics/replies.ts';
import { MemoryLog } from '../support/proxy-rig.ts';

const timeout = 60_000;

const about = { version: '1.2.3', configId: 'abc', startedAt: Date.now() - 5_500 };

function worker(symbols: WorkerReport['symbols'], state: 'alive' | 'dead'): WorkerReport {
  const host = { name: 'h:1', state, deadFor: undefined, weight: 1, priority: undefined, addresses: [], errors: 0 };
  const status = { ...host, inflight: 1, latency: 20, picked: 0, passed: 0, failed: 0 };
  const threads = { threads: 2, busy: 1, running: 3, queued: 4, learned: { spam: 5, ham: 6 } };
  return { conns: 1, utime: 0, systime: 0, uptime: 1, maxrss: 1, hosts: { up: [status] }, threads, symbols };
}

/** One worker that scanned two messages, and another one that is gone. */
function filled(): Statistics {
  const statistics = new Statistics();
  const counts = noWorkerCounts();
  counts.scan.scanned = 2;
  counts.scan.actions = new Map([
    ['reject', 1],
    ['greylist', 1],
    ['odd "one"', 1],
  ]);
  counts.scan.hits.set('FOUND', 2);
  counts.scan.scores.set('FOUND', 3);
  counts.scan.timedRuns.set('RULE', 2);
  counts.scan.timedSeconds.set('RULE', 0.004);
  counts.proxy.attempts.set('up', 3);
  counts.proxy.attemptFailures.set('up', 1);
  counts.proxy.attemptSeconds.set('up', 1);
  counts.clients.connections.set('milter', 7);
  const once = takeWorkerCounts(counts);
  assert.ok(once);
  assert.equal(takeWorkerCounts(counts), undefined);
  statistics.add(once);
  statistics.add({ clients: { connections: new Map([['http', 1]]), refused: 2, milterVerdicts: new Map() } });
  return statistics;
}

const symbols = [
  { name: 'FOUND', weight: 1.5, rule: 'RULE' },
  { name: 'NEVER', weight: -1, rule: 'OTHER' },
];

const view = () => ({
  about,
  statistics: filled(),
  reports: new Map([
    [1, worker(symbols, 'alive')],
    [2, worker(symbols, 'dead')],
    [3, undefined],
  ]),
});

test('what was counted, in the form of the controller', { timeout }, () => {
  const reply = told(view());
  assert.deepEqual(reply['actions'], {
    reject: 1,
    'soft reject': 0,
    'rewrite subject': 0,
    'add header': 0,
    greylist: 1,
    'no action': 0,
    'odd "one"': 1,
  });
  const { scanned, spam_count, ham_count, uptime, connections, learned, total_learns } = reply;
  assert.deepEqual(
    [scanned, spam_count, ham_count, uptime, connections, learned, total_learns],
    [2, 1, 1, 5, 8, 11, 11],
  );
  assert.deepEqual(reply['upstreams'], { up: { attempts: 3, failures: 1, average_time: 0.5 } });
  assert.deepEqual(reply['hosts'], { up: { 'h:1': { workers: { alive: 1, dead: 1 }, inflight: 2, latency: 0.02 } } });
  assert.deepEqual(reply['scan_threads'], { threads: 4, busy: 2, running: 6, queued: 8, replaced: 0, turned_away: 0 });
  assert.deepEqual(counters(view()), [
    { symbol: 'FOUND', weight: 1.5, frequency: 0, frequency_stddev: 0, hits: 2, time: 2, score: 1.5 },
    { symbol: 'NEVER', weight: -1, frequency: 0, frequency_stddev: 0, hits: 0, time: 0, score: 0 },
  ]);
});

test('every metric is told once, with help and type before its samples', { timeout }, () => {
  const text = metrics(view());
  assert.ok(text.endsWith('# EOF\n'));
  assert.match(text, /^rspamd_actions_total\{type="odd \\"one\\""\} 1$/m);
  assert.match(text, /^rspamd_proxy_host_workers\{upstream="up",host="h:1",state="dead"\} 1$/m);
  const seen = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const [, word, name] = /^# (HELP|TYPE) (\S+) \S/.exec(line) ?? [];
    if (word === 'HELP') {
      assert.ok(!seen.has(name ?? ''), line);
      seen.add(name ?? '');
      current = name ?? '';
    } else if (word === 'TYPE') assert.equal(name, current);
    else
      assert.match(
        line,
        new RegExp(`^${current}(\\{\\w+="(\\\\.|[^"\\\\])*"(,\\w+="(\\\\.|[^"\\\\])*")*\\})? -?[\\d.e-]+$`),
      );
  }
});

test('rates follow the hits', { timeout }, () => {
  const rates = new Rates(0);
  const hits = new Map<string, number>();
  for (let n = 1; n <= 60; n++) rates.update(hits.set('OFTEN', n * 20), n * 10_000);
  const { mean, stddev } = rates.of('OFTEN');
  assert.ok(Math.abs(mean - 2) < 0.001 && stddev < 0.01, `${mean} ${stddev}`);
  rates.update(hits, 610_000);
  assert.ok(Math.abs(rates.of('OFTEN').mean - 1.5) < 0.01);
  assert.ok(rates.of('OFTEN').stddev > 0.5);
  assert.deepEqual(rates.of('NEVER'), { mean: 0, stddev: 0 });
  rates.reset(hits, 610_000);
  assert.equal(rates.of('OFTEN').mean, 0);
});

function file(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-statistics-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'stats.ucl');
}

function opened(path: string): { statistics: Statistics; kept: StatisticsFile; log: MemoryLog } {
  const [statistics, log] = [new Statistics(), new MemoryLog()];
  const kept = new StatisticsFile(statistics, log);
  kept.load(path);
  return { statistics, kept, log };
}

test('statistics outlive the program', { timeout }, (t) => {
  const path = file(t);
  const first = opened(path);
  first.statistics.add(filled().counts);
  first.kept.save();
  first.kept.save();
  assert.deepEqual(readdirSync(join(path, '..')), ['stats.ucl']);
  const saved = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  // What the original looks for.
  assert.equal(saved['scanned'], 2);
  assert.deepEqual(saved['actions'], { reject: 1, greylist: 1, 'odd "one"': 1 });
  const second = opened(path);
  assert.deepEqual(second.statistics.counts, first.statistics.counts);
  assert.deepEqual([...first.log.lines, ...second.log.lines], []);
  for (const { kept } of [first, second]) kept.use(undefined);
});

test('statistics go on from those of the original', { timeout }, (t) => {
  const path = file(t);
  // As Debian's Rspamd writes them.
  writeFileSync(
    path,
    '{"scanned":4,"learned":0,"actions":{"reject":1,"no action":3},"connections":5,"control_connections":6}',
  );
  const { statistics, kept } = opened(path);
  assert.equal(statistics.counts.scan.scanned, 4);
  assert.deepEqual(
    statistics.counts.scan.actions,
    new Map([
      ['reject', 1],
      ['no action', 3],
    ]),
  );
  assert.equal(statistics.controlConnections, 6);
  kept.use(undefined);
});

test('a file that cannot be used costs no more than the statistics in it', { timeout }, (t) => {
  const path = file(t);
  writeFileSync(path, 'no statistics');
  const broken = opened(path);
  assert.ok(broken.log.has('cannot read stats_file'));
  broken.kept.save();
  assert.equal((JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)['scanned'], 0);
  // Another program writes it now.
  writeFileSync(path, '{"scanned":1000}');
  broken.kept.save();
  broken.kept.save();
  assert.equal(readFileSync(path, 'utf8'), '{"scanned":1000}');
  assert.equal(broken.log.lines.filter((line) => line.includes('another program writes stats_file')).length, 1);
  const nowhere = opened(join(path, '..', 'no', 'folder'));
  nowhere.kept.save();
  assert.ok(nowhere.log.has('cannot write stats_file'));
  for (const { kept } of [broken, nowhere]) kept.use(undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleSource, SymbolSpec, Task } from '../../src/scan/index.ts';
import { clean, makeScanner, type Reply, scanText } from './support.ts';

const limits = { timeout: 60_000 };

/** A rule that runs after all others of the built-in tree. */
function rule(symbols: Readonly<Record<string, SymbolSpec>>, run: (task: Task) => void): RuleSource {
  return () => [{ name: 'TEST', stage: 'postfilter', symbols, run }];
}

const ours = new Set(['A', 'B', 'C', 'OFF', 'UNKNOWN_TO_ALL']);

function scores({ symbols }: Reply): Record<string, number> {
  return Object.fromEntries(
    Object.entries(symbols).flatMap(([name, { score }]) => (ours.has(name) ? [[name, score] as const] : [])),
  );
}

test('hits add up; of a symbol that counts once the heaviest stays', limits, async () => {
  const scanner = await makeScanner(undefined, [
    rule({ A: { score: 1 }, B: { score: 1, oneShot: true }, C: { score: -1, oneShot: true } }, (task) => {
      for (const multiplier of [1, 2, 0.5]) task.insert('A', multiplier);
      for (const multiplier of [1, 2, 0.5, -4]) task.insert('B', multiplier);
      for (const multiplier of [1, 3, -9]) task.insert('C', multiplier);
      task.insert('A', Number.NaN);
    }),
  ]);
  assert.deepEqual(scores(await scanText(scanner, clean)), { A: 3.5, B: 2, C: -3 });
});

test('the configuration says how often hits count, and how much', limits, async () => {
  const tree = `actions { reject = 15; }
    group "g" { symbols { A { weight = 2; nshots = 2; } OFF { weight = 9; enabled = false; } B { weight = 3; one_shot = true; } } }`;
  const scanner = await makeScanner(tree, [
    rule({ A: { score: 1 }, B: { score: 1 } }, (task) => {
      for (let at = 0; at < 4; at++) task.insert('A');
      for (let at = 0; at < 4; at++) task.insert('B');
      task.insert('UNKNOWN_TO_ALL');
      task.insert('OFF');
    }),
  ]);
  const reply = await scanText(scanner, clean);
  assert.deepEqual(scores(reply), { A: 4, B: 3, UNKNOWN_TO_ALL: 0 });
  assert.equal(reply.symbols['A']?.metric_score, 2);
});

test('a group lets no more through than its cap, in either direction', limits, async () => {
  const tree = `actions { reject = 15; }
    group "g" { max_score = 5; min_score = -2; symbols { A { weight = 3; } B { weight = 3; } C { weight = -9; } } }`;
  const scanner = await makeScanner(tree, [
    rule({}, (task) => {
      for (const name of ['A', 'B', 'A', 'C']) task.insert(name);
    }),
  ]);
  assert.deepEqual(scores(await scanText(scanner, clean)), { A: 3, B: 2, C: -7 });
});

test('options are unique, printable and of limited length', limits, async () => {
  const scanner = await makeScanner(undefined, [
    rule({ A: {} }, (task) => {
      task.insert('A', 1, ['x', 'x', 'a\u0007b', 'y'.repeat(4093), 'z']);
      task.insert('A', 1, ['late']);
    }),
  ]);
  const { symbols } = await scanText(scanner, clean);
  assert.deepEqual(symbols['A']?.options, ['x', 'a\ufffdb', '...']);
});

test('thresholds: the highest that is reached counts, null is none', limits, async () => {
  const heavy = (weight: number) => [rule({ A: { score: weight } }, (task) => task.insert('A'))];
  const at = async (tree: string, weight: number) =>
    (await scanText(await makeScanner(tree, heavy(weight)), clean)).action;
  const tree = 'actions { reject = 55; add_header = 26; greylist = 14; rewrite_subject = 40; }';
  assert.equal(await at(tree, 60), 'reject');
  assert.equal(await at(tree, 45), 'rewrite subject');
  assert.equal(await at(tree, 30), 'add header');
  assert.equal(await at(tree, 20), 'greylist');
  assert.equal(await at(tree, -5), 'no action');
  assert.equal(await at('actions { reject = null; add_header = 6; }', 30), 'add header');
});

test('grow_factor raises what counts against a message', limits, async () => {
  const weigh = [
    rule({ A: { score: 5 }, B: { score: 3 }, C: { score: -3 } }, (task) => {
      for (const name of ['A', 'B', 'C']) task.insert(name);
    }),
  ];
  const plain = await scanText(await makeScanner('actions { reject = 20; }', weigh), clean);
  const grown = await scanText(await makeScanner('actions { reject = 20; grow_factor = 1.1; }', weigh), clean);
  assert.equal(grown.symbols['C']?.score, -3);
  assert.ok((grown.symbols['A']?.score ?? 0) > 5 * 1.1);
  const share = (reply: Reply) => (reply.symbols['A']?.score ?? 0) / (reply.symbols['B']?.score ?? 1);
  assert.ok(Math.abs(share(grown) - share(plain)) < 1e-5);
});

test('a fixed verdict wins whatever the score', limits, async () => {
  const passing = (result: Parameters<Task['passthrough']>[0], weight = 0) => [
    rule({ A: { score: weight } }, (task) => {
      task.insert('A');
      task.passthrough(result);
    }),
  ];
  const scan = async (...given: Parameters<typeof passing>) =>
    scanText(await makeScanner(undefined, passing(...given)), clean);
  const soft = await scan({ action: 'soft reject', module: 'm', message: 'come again' }, 50);
  assert.equal(soft.action, 'soft reject');
  assert.equal(soft.messages['smtp_message'], 'come again');
  assert.equal(soft.passthrough_module, 'm');
  const none = await scan({ action: 'no action', module: 'm', score: 0 }, 50);
  assert.deepEqual([none.action, none.score], ['no action', 0]);
  const low = await scan({ action: 'no action', module: 'm', score: 0 }, -5);
  assert.ok(low.score < 0);
  const discarded = await scan({ action: 'discard', module: 'm' });
  assert.equal(discarded.action, 'discard');
});

test('a least verdict only raises', limits, async () => {
  const least = async (action: string, weight: number, score?: number) => {
    const given = { action, module: 'm', least: true, ...(score === undefined ? {} : { score }) };
    const source = rule({ A: { score: weight } }, (task) => {
      task.insert('A');
      task.passthrough(given);
    });
    const reply = await scanText(await makeScanner(undefined, [source]), clean);
    return [reply.action, reply.score >= 6] as const;
  };
  assert.deepEqual(await least('add header', 0), ['add header', true]);
  assert.deepEqual(await least('add header', 50), ['reject', true]);
  assert.deepEqual(await least('soft reject', 0), ['soft reject', false]);
  assert.deepEqual(await least('soft reject', 50), ['reject', true]);
});

test('of several fixed verdicts the one of highest priority counts', limits, async () => {
  const source = rule({}, (task) => {
    task.passthrough({ action: 'soft reject', module: 'low' });
    task.passthrough({ action: 'reject', module: 'high', priority: 9 });
    task.passthrough({ action: 'discard', module: 'middle', priority: 5 });
  });
  const reply = await scanText(await makeScanner(undefined, [source]), clean);
  assert.deepEqual([reply.action, reply.passthrough_module], ['reject', 'high']);
});

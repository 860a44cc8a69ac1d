import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Rule, RuleSource, Stage } from '../../src/scan/index.ts';
import { clean, makeScanner, scanText } from './support.ts';

const limits = { timeout: 60_000 };

function noting(log: string[], given: readonly (Pick<Rule, 'name'> & Partial<Rule>)[]): RuleSource {
  return () =>
    given.map((rule) => ({
      stage: 'filter' as Stage,
      symbols: {},
      ...rule,
      run: async (task) => {
        log.push(rule.name);
        await rule.run?.(task);
      },
    }));
}

test('stages follow each other, and a rule runs after those that it depends on', limits, async () => {
  const log: string[] = [];
  const slow = async (): Promise<void> => {
    await wait(20);
    log.push('slow is through');
  };
  const scanner = await makeScanner(undefined, [
    noting(log, [
      { name: 'last', stage: 'idempotent' },
      { name: 'post', stage: 'postfilter' },
      { name: 'waits', after: ['SLOW_SYMBOL', 'nobody'] },
      { name: 'slow', symbols: { SLOW_SYMBOL: {} }, run: slow },
      { name: 'pre low', stage: 'prefilter', priority: 1 },
      { name: 'pre high', stage: 'prefilter', priority: 2 },
      { name: 'conn', stage: 'connfilter' },
    ]),
  ]);
  await scanText(scanner, clean);
  assert.deepEqual(log, ['conn', 'pre high', 'pre low', 'slow', 'slow is through', 'waits', 'post', 'last']);
});

test('rules in a circle run all the same, and people are told', limits, async () => {
  const log: string[] = [];
  const scanner = await makeScanner(undefined, [
    noting(log, [
      { name: 'one', after: ['two'] },
      { name: 'two', after: ['one'] },
    ]),
  ]);
  await scanText(scanner, clean);
  assert.deepEqual(log.toSorted(), ['one', 'two']);
  assert.equal(scanner.problems.length, 1);
});

test('a rule that throws ends alone', limits, async () => {
  const log: string[] = [];
  const fail = (): never => {
    throw new Error('no');
  };
  const scanner = await makeScanner(undefined, [
    noting(log, [
      { name: 'thrower', run: fail },
      { name: 'doubter', condition: fail },
      { name: 'after it', after: ['thrower', 'doubter'] },
    ]),
  ]);
  await scanText(scanner, clean);
  assert.deepEqual(log, ['thrower', 'after it']);
});

test('a fixed verdict keeps the filters from running, but for some', limits, async () => {
  const log: string[] = [];
  const scanner = await makeScanner(undefined, [
    noting(log, [
      {
        name: 'pre',
        stage: 'prefilter',
        run: (task) => void task.passthrough({ action: 'reject', module: 'pre' }),
      },
      { name: 'usual' },
      { name: 'fine', flags: ['fine'] },
      { name: 'stubborn', flags: ['ignorePassthrough'] },
      { name: 'post', stage: 'postfilter' },
      { name: 'last', stage: 'idempotent' },
    ]),
  ]);
  const reply = await scanText(scanner, clean);
  assert.deepEqual(log, ['pre', 'fine', 'stubborn', 'last']);
  assert.equal(reply.action, 'reject');
});

test('beyond the highest limit filters stop, unless all are asked for', limits, async () => {
  const run = async (tree: string, headers: readonly (readonly [string, string])[]): Promise<boolean> => {
    const log: string[] = [];
    const scanner = await makeScanner(`actions { reject = 15; } ${tree}`, [
      noting(log, [
        { name: 'heavy', symbols: { HEAVY: { score: 99 } }, priority: 99, run: (task) => task.insert('HEAVY') },
        { name: 'further', priority: -99 },
      ]),
    ]);
    await scanText(scanner, clean, { headers });
    return log.includes('further');
  };
  assert.equal(await run('', []), false);
  assert.equal(await run('', [['Pass', 'all']]), true);
  assert.equal(await run('options { check_all_filters = true; }', []), true);
});

test('a scan ends at its deadline, with what was found until then', limits, async () => {
  const log: string[] = [];
  const rules = [
    noting(log, [
      { name: 'quick', symbols: { QUICK: { score: 1 } }, run: (task) => task.insert('QUICK') },
      { name: 'never', run: () => new Promise<void>(() => {}) },
      { name: 'after it', after: ['never'] },
      { name: 'post', stage: 'postfilter' },
    ]),
  ];
  const reply = await scanText(await makeScanner('options { task_timeout = 0.2s; }', rules), clean);
  assert.ok('QUICK' in reply.symbols);
  assert.deepEqual(log.toSorted(), ['never', 'post', 'quick']);
  const soft = 'options { task_timeout = 0.2s; soft_reject_on_timeout = true; }';
  const refused = await scanText(await makeScanner(soft, rules), clean);
  assert.equal(refused.action, 'soft reject');
  assert.equal(refused.messages['smtp_message'], 'timeout processing message');
});

test('without a deadline a scan waits', limits, async () => {
  const log: string[] = [];
  const scanner = await makeScanner('options { task_timeout = 0; }', [
    noting(log, [
      { name: 'slow', run: () => wait(50) },
      { name: 'after it', after: ['slow'] },
    ]),
  ]);
  await scanText(scanner, clean);
  assert.deepEqual(log, ['slow', 'after it']);
});

test('names are taken once', limits, async () => {
  const twice = noting([], [{ name: 'same' }, { name: 'same' }]);
  await assert.rejects(makeScanner(undefined, [twice]), /two rules same/);
});

test('what the configuration switches off does not run, and nothing waits for it', limits, async () => {
  const log: string[] = [];
  const tree = 'group g { symbols { OFF_A { enabled = false; } OFF_B { disabled = true; } } }';
  const scanner = await makeScanner(tree, [
    noting(log, [
      { name: 'off', symbols: { OFF_A: {}, OFF_B: {} } },
      { name: 'partly on', symbols: { ON: {} } },
      { name: 'waits', after: ['off', 'OFF_A'] },
    ]),
  ]);
  await scanText(scanner, clean);
  assert.deepEqual(log.toSorted(), ['partly on', 'waits']);
});

test('modules are switched off in their section', limits, async () => {
  const plain = await scanText(await makeScanner(), clean);
  assert.ok('ONCE_RECEIVED' in plain.symbols || 'MIME_GOOD' in plain.symbols);
  const off = await scanText(await makeScanner('mime_types { enabled = false; }'), clean);
  assert.ok('MIME_GOOD' in plain.symbols && !('MIME_GOOD' in off.symbols));
});

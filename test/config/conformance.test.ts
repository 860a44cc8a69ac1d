import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { difference } from '../conformance/configs/plain.ts';
import { suite } from '../conformance/configs.ts';
import { runSuite } from '../conformance/main.ts';
import { projectRoot, sharedFolder } from '../support/project.ts';

const corpus = sharedFolder === undefined ? undefined : join(sharedFolder, 'corpus/configs');

for (const [name, folder] of [
  ['our own configurations', join(projectRoot, 'fixtures/configs')],
  ['the corpus', corpus],
] as const) {
  test(`${name} mean what Rspamd says`, {
    timeout: 120_000,
    skip: folder === undefined && 'no ../shared here',
  }, async () => {
    const lines: string[] = [];
    const { passed, failed } = await runSuite(suite, folder ?? '', (line) => lines.push(line));
    assert.deepEqual([failed, lines], [0, []]);
    assert.ok(passed > 20);
  });
}

test('the suite notices another value, another refusal and another complaint', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'suite-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const entry = (name: string, files: Record<string, string>) => {
    mkdirSync(join(folder, name));
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, name, file), content);
  };
  entry('value', { 'worker-proxy.inc': 'timeout = 1s', 'expected.json': '{"timeout": 2.0}' });
  entry('accepted', { 'worker-proxy.inc': 'timeout = 1s', 'expected-error.txt': 'rcl parse error: no\n' });
  entry('refused', { 'worker-proxy.inc': 'timeout = "1s"', 'expected.json': '{"timeout": "1s"}' });
  entry('reason', { 'worker-proxy.inc': 'timeout = "1s"', 'expected-error.txt': 'rcl parse error: other reason\n' });
  entry('complaint', { 'worker-proxy.inc': 'timeot = 1', 'expected.json': '{"timeot": 1}' });
  entry('good', { 'worker-proxy.inc': 'timeout = 1s', 'expected.json': '{"timeout": 1.0}' });
  const { passed, failed } = await runSuite(suite, folder, () => {});
  assert.deepEqual([passed, failed], [1, 5]);
});

test('differences are found wherever they are', { timeout: 60_000 }, () => {
  assert.equal(difference({ a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] }), undefined);
  assert.equal(difference({ a: [1, { b: 'x' }] }, { a: [1, { b: 'y' }] }), 'a[1].b: expected "x", got "y"');
  assert.equal(difference({ a: 1 }, { a: 1, b: 2 }), 'b: expected nothing, got 2');
  assert.equal(difference(0.333333, 1 / 3), undefined);
  assert.equal(difference([1, 2], [2, 1]), '[0]: expected 1, got 2');
});

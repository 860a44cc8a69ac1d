import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSuite } from '../conformance/main.ts';
import { suite } from '../conformance/ucl.ts';
import { projectRoot, sharedFolder } from '../support/project.ts';
import { folderOf } from './support.ts';

async function passes(folder: string): Promise<void> {
  const lines: string[] = [];
  const { passed, failed } = await runSuite(suite, folder, (line) => lines.push(line));
  assert.deepEqual({ failed, lines }, { failed: 0, lines: [] });
  assert.ok(passed > 0);
}

test('our own cases', { timeout: 60_000 }, () => passes(join(projectRoot, 'fixtures/ucl')));

test('the corpus', { timeout: 60_000, skip: sharedFolder === undefined && 'there is no ../shared' }, () =>
  passes(join(sharedFolder ?? '', 'corpus/ucl')),
);

test('the suite finds what is wrong', { timeout: 60_000 }, async (t) => {
  const folder = folderOf(t, {
    'value.in': 'a = 1',
    'value.json': '{"a": 2}',
    'kind.in': 'a = 1',
    'kind.json': '{"a": 1.0}',
    'order.in': 'a = 1; b = 2',
    'order.json': '{"b": 2, "a": 1}',
    'refused.in': 'a = ;',
    'refused.json': '{}',
    'accepted.in': 'a = 1',
    'accepted.err': 'delimiter is missing',
    'otherwise.in': 'a = ;',
    'otherwise.err': 'delimiter is missing',
    'text.in': 'a = 1',
    'text.json': '{"a": 1}',
    'text.res': 'a = 2;\n',
    'nothing.in': 'a = 1',
    'good.in': 'A = 1.5; a = x',
    'good.json': '{"A": 1.5, "a": "x"}',
    'good.res': 'a = 1.500000;\na = "x";\n',
  });
  const lines: string[] = [];
  const { passed, failed, skipped } = await runSuite(suite, folder, (line) => lines.push(line));
  assert.deepEqual({ passed, failed, skipped }, { passed: 1, failed: 7, skipped: 1 });
  assert.match(lines.join('\n'), /FAIL value: \$\.a: 2 \(int\) expected, 1 found/);
});

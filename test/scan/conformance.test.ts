import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSuite } from '../conformance/main.ts';
import { suite } from '../conformance/scan.ts';
import { projectRoot } from '../support/project.ts';

test('our own messages come out as they should', { timeout: 120_000 }, async () => {
  const lines: string[] = [];
  const { passed, failed } = await runSuite(suite, join(projectRoot, 'fixtures/scan'), (line) => lines.push(line));
  assert.equal(failed, 0, lines.join('\n'));
  assert.ok(passed > 5);
});

const corpus = join(projectRoot, suite.defaultFolder);
const skip = !existsSync(corpus) && `${suite.defaultFolder} is not on this machine`;

test('the messages of the corpus come out nearly as in Rspamd', { timeout: 300_000, skip }, async () => {
  const summary = await runSuite(suite, corpus, () => {});
  const least = {
    jaccard: 0.999,
    'same action': 0.99,
    precision: 0.999,
    recall: 0.999,
    'same other parts': 0.99,
    'same default mode': 0.99,
    'same milter block': 0.99,
    'owned jaccard': 0.999,
  };
  for (const [figure, value] of Object.entries(least))
    assert.ok(Number(summary[figure]) >= value, `${figure} is ${summary[figure]}`);
  assert.ok(Number(summary['score difference']) <= 0.05);
});

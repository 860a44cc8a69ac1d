import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/project.ts';
import { executable } from '../support/proxy-process.ts';

const tree = [join(projectRoot, '../shared/corpus/configs/stock-4.1.6/conf'), '/etc/rspamd'].find((folder) =>
  existsSync(join(folder, 'rspamd.conf')),
);

function milliseconds(...args: string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return performance.now() - began;
}

const skip = tree === undefined ? 'there is no stock tree of Rspamd here' : false;

// Some nine times the start of Node alone (40 ms, so 0.4 s); a ratio, as machines and what else they do differ.
test('configtest of a whole stock tree takes little more than the start of Node', { timeout: 120_000, skip }, () => {
  const ratios = Array.from({ length: 5 }, () => {
    const start = milliseconds('-e', '0');
    return milliseconds(executable, 'configtest', '-q', '-c', join(tree ?? '', 'rspamd.conf')) / start;
  });
  const [, , median = Number.NaN] = ratios.sort((a, b) => a - b);
  assert.ok(median < 20, `${median.toFixed(1)} times as long`);
});

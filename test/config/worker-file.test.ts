import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadTree } from '../../src/config/index.ts';
import { get } from '../../src/ucl/index.ts';
import { readEntry, recorded, subjects } from '../conformance/configs/entry.ts';
import { difference, plain } from '../conformance/configs/plain.ts';
import { sharedFolder } from '../support/project.ts';

const corpus = join(sharedFolder ?? '', 'corpus/configs');

/** Files that people have in local.d, with what Rspamd makes of them there. */
function localFiles() {
  const folders = readdirSync(corpus, { withFileTypes: true }).filter((one) => one.isDirectory());
  return folders
    .flatMap(({ name }) => subjects(readEntry(join(corpus, name)), corpus))
    .filter(({ section, entry }) => {
      const placed = entry.source.includes('placed as local.d/worker-proxy.inc]');
      return section === 'worker-proxy' && placed && !entry.source.includes('of this entry as the base file');
    });
}

test('a worker-proxy.inc on its own is what it is in local.d', {
  timeout: 60_000,
  skip: sharedFolder === undefined && 'no ../shared here',
}, () => {
  let compared = 0;
  for (const subject of localFiles()) {
    const expected = recorded(subject, 'expected-merged.json');
    if (expected === undefined) continue;
    const { root, findings } = loadTree({ workerFile: subject.path, env: subject.entry.env });
    const worker = get(get(root, 'worker'), 'rspamd_proxy');
    assert.ok(worker !== undefined, `${subject.name}: ${findings.map(({ message }) => message).join('; ')}`);
    assert.equal(difference(JSON.parse(expected), plain(worker)), undefined, subject.name);
    compared++;
  }
  assert.ok(compared > 20, `${compared} files`);
});

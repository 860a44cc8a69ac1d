import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stateFiles } from '../../src/cli/state-files.ts';
import { buildConfig, loadTree, type TreeOptions } from '../../src/config/index.ts';

const timeout = 60_000;

function filesOf(options: TreeOptions): ReturnType<typeof stateFiles> {
  const tree = loadTree(options);
  assert.ok(tree.root);
  return stateFiles(buildConfig(tree.root).config, tree);
}

test('where a running program is found: in its configuration, or in a place of its own', { timeout }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rspamd-proxy-files-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const vars = [['DBDIR', folder]] as const;
  assert.deepEqual(filesOf({ embedded: true, vars }), {
    controlSocket: `${folder}/rspamd-proxy.sock mode=0600`,
    statistics: `${folder}/rspamd-proxy.stats`,
  });
  const file = join(folder, 'rspamd.conf');
  writeFileSync(file, 'options { control_socket = "$DBDIR/a mode=0660"; stats_file = "$DBDIR/b"; }');
  assert.deepEqual(filesOf({ file, vars }), { controlSocket: `${folder}/a mode=0660`, statistics: `${folder}/b` });
  writeFileSync(file, 'options {}');
  assert.deepEqual(filesOf({ file, vars }), { controlSocket: undefined, statistics: undefined });
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { suite as compare } from '../conformance/compare.ts';
import { runSuite } from '../conformance/main.ts';
import { suite as parser } from '../conformance/parser.ts';
import { projectRoot } from '../support/project.ts';

for (const suite of [compare, parser]) {
  for (const folder of [`fixtures/${suite.name}`, suite.defaultFolder]) {
    const path = join(projectRoot, folder);
    const skip = !existsSync(path) && `${folder} is not on this machine`;
    test(`conformance ${suite.name}: ${folder}`, { timeout: 120_000, skip }, async () => {
      const lines: string[] = [];
      const { failed, passed } = await runSuite(suite, path, (line) => lines.push(line));
      assert.equal(failed, 0, lines.join('\n'));
      assert.ok(passed > 0);
    });
  }
}

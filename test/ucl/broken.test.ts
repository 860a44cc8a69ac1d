import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadFile, renderDiagnostic } from '../../src/ucl/index.ts';
import { projectRoot } from '../support/project.ts';

const folder = join(projectRoot, 'fixtures/broken/ucl');
const update = process.env['UPDATE_FIXTURES'] === '1';
const template = { env: new Map([['X', 'v']]), paths: new Map<string, string>() };

/** Every file beside its `.expected`: all that is said of it, and whether it is taken. */
for (const name of readdirSync(folder).filter((one) => one.endsWith('.conf'))) {
  test(`${name} is explained`, { timeout: 60_000 }, () => {
    const { root, diagnostics } = loadFile(join(folder, name), { template, cwd: folder });
    const lines = diagnostics.map(renderDiagnostic).join('\n').replaceAll(`${folder}/`, '').replaceAll(folder, '.');
    const said = `${lines}\n${root === undefined ? 'rejected' : 'accepted'}\n`;
    const expected = join(folder, name.replace(/\.conf$/, '.expected'));
    if (update && !existsSync(expected)) writeFileSync(expected, said);
    assert.equal(said, readFileSync(expected, 'utf8'));
  });
}

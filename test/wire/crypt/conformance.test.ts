import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { suite } from '../../conformance/httpcrypt.ts';
import { runSuite } from '../../conformance/main.ts';
import { projectRoot, sharedFolder } from '../../support/project.ts';
import { temporaryFolder } from '../support/scanner.ts';

const fixtures = join(projectRoot, suite.defaultFolder);

async function run(folder: string): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  const { passed, failed } = await runSuite(suite, folder, (line) => lines.push(line));
  return { passed, failed, lines };
}

test('every vector of fixtures/httpcrypt', { timeout: 60_000 }, async () => {
  const { passed, failed, lines } = await run(fixtures);
  assert.deepEqual({ failed, lines: lines.filter((line) => !line.includes('sodium')) }, { failed: 0, lines: [] });
  assert.ok(passed > 30);
});

test('every vector that came from running scanners', {
  timeout: 60_000,
  skip: sharedFolder === undefined ? 'no ../shared here' : false,
}, async () => {
  const { passed, failed, lines } = await run(join(sharedFolder as string, 'reference'));
  assert.deepEqual({ failed, lines: lines.filter((line) => !line.includes('sodium')) }, { failed: 0, lines: [] });
  assert.ok(passed > 30);
});

test('one changed hex digit of any member fails its case', { timeout: 120_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const text = readFileSync(join(fixtures, 'httpcrypt-vectors.json'), 'utf8');
  const places = [...text.matchAll(/"\w+_hex": "(?=[0-9a-f]{8})/g)].map((found) => found.index + found[0].length);
  assert.ok(places.length > 50);
  for (const at of places.filter((_, index) => index % 5 === 0)) {
    const other = text[at] === '0' ? '1' : '0';
    writeFileSync(join(folder, 'httpcrypt-vectors.json'), text.slice(0, at) + other + text.slice(at + 1));
    assert.ok((await run(folder)).failed > 0, text.slice(at - 30, at + 10));
  }
});

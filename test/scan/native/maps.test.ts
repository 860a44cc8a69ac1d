import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { get, loadText, type UclValue } from '../../../src/ucl/index.ts';
import { mapsOf } from './rig.ts';

const timeout = 60_000;
const value = (text: string): UclValue => get(loadText(`x = ${text};`).root, 'x') as UclValue;

test('maps of files and of the configuration', { timeout }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'maps-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'names');
  writeFileSync(path, '# comment\nOne.test\n\n two.test 5 # more\n');
  const problems: string[] = [];
  const maps = mapsOf((problem) => problems.push(problem));
  const names = maps.names(value(`["${path}", "three.test", "/nowhere/at/all"]`));
  assert.deepEqual(['one.TEST', 'two.test', 'three.test', 'four.test'].map(names), [true, true, true, false]);
  const networks = maps.networks(value('["192.0.2.0/24", "2001:db8::/32"]'));
  assert.deepEqual(['192.0.2.9', '198.51.100.1', '2001:db8::5'].map(networks), [true, false, true]);
  const values = maps.values(value(`"file://${path}"`));
  assert.deepEqual([values('two.test'), values('one.test'), values('none')], ['5', '', undefined]);
  const globs = join(folder, 'globs');
  writeFileSync(globs, '*@a.test first\nb?@* second\n');
  const fitting = maps.values(value(`{ url = "${globs}"; type = glob; }`));
  assert.deepEqual(['x@a.test', 'bb@c.test', 'bbb@c.test'].map(fitting), ['first', 'second', undefined]);
  assert.deepEqual(problems, []);
  const backup = maps.names(value(`["http://127.0.0.1:1/list", "fallback+file://${path}"]`));
  assert.equal(backup('one.test'), true);
  assert.deepEqual(problems, []);
  maps.names(value('"redis://maps.test/list"'));
  assert.match(problems.join(), /^a map cannot be read from redis:/);
});

test('a file that changes is read again', { timeout }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'maps-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'names');
  writeFileSync(path, 'one.test\n');
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const names = mapsOf(assert.fail).names(value(`"${path}"`));
  assert.deepEqual([names('one.test'), names('two.test')], [true, false]);
  writeFileSync(path, 'two.test\n');
  utimesSync(path, 1, 1);
  now += 10_000;
  assert.deepEqual([names('one.test'), names('two.test')], [false, true]);
  rmSync(path);
  now += 10_000;
  assert.equal(names('two.test'), false);
});

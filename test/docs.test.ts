import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from './support/project.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const documents = ['README.md', 'CHANGELOG.md', ...readdirSync(join(projectRoot, 'docs')).map((one) => `docs/${one}`)];

test('docs/dependencies.md names what package.json has, and nothing else has a row', { timeout: 60_000 }, () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  const text = read('docs/dependencies.md');
  const [atRunTime = ''] = text.split('For development');
  const rows = [...atRunTime.matchAll(/^\| (\S+(?:, \S+)*)(?: \(optional\))? \|/gm)].flatMap(([, names = '']) =>
    names.split(', '),
  );
  const wanted = Object.keys({ ...dependencies, ...optionalDependencies });
  assert.deepEqual(rows.filter((name) => name !== 'package' && name !== '---').sort(), wanted.sort());
  for (const name of Object.keys(devDependencies ?? {})) assert.ok(text.includes(name), `${name} is not explained`);
});

test('links between documents lead somewhere', { timeout: 60_000 }, () => {
  for (const document of documents) {
    for (const [, target = ''] of read(document).matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g))
      assert.ok(existsSync(join(projectRoot, dirname(document), target)), `${document}: ${target}`);
  }
});

test('commands that README.md names exist', { timeout: 60_000 }, async () => {
  const { commandNames } = await import('../src/cli/main.ts');
  const named = [...read('README.md').matchAll(/^\| ((?:`[a-z-]+`[^|`]*)+)/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)/g)].map(([, name = '']) => name),
  );
  assert.ok(named.length > 0);
  for (const name of named) assert.ok(commandNames.includes(name), `there is no command ${name}`);
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from './support/project.ts';

/** Reads the table of docs/architecture.md: room to the rooms it may look at. */
function allowedArrows(): Map<string, ReadonlySet<string>> {
  const text = readFileSync(join(projectRoot, 'docs/architecture.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z/-]+)\/` \| [^|]+ \| ([^|]+) \|$/gm)];
  const rooms = rows.map(([, room = '']) => room);
  const named = (cell: string): ReadonlySet<string> => {
    const words = [...cell.matchAll(/`([a-z/-]+)`/g)].map(([, word = '']) =>
      word === 'grammar' ? word : `src/${word.replace(/^src\//, '')}`,
    );
    return new Set(words);
  };
  return new Map(
    rows.map(([, room = '', cell = '']) => {
      if (cell.trim() === 'all' || cell.trim() === 'all above')
        return [room, new Set(rooms.slice(0, cell.trim() === 'all' ? undefined : rooms.indexOf(room)))];
      return [room, named(cell)];
    }),
  );
}

function sources(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function roomOf(path: string): string {
  const parts = path.split(sep);
  return parts[0] === 'src' ? `src/${parts[1]}` : (parts[0] as string);
}

interface Arrow {
  readonly from: string;
  readonly to: string;
}

function arrows(): Arrow[] {
  return [...sources('src'), ...sources('grammar')].flatMap((from) => {
    const text = readFileSync(join(projectRoot, from), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) => path);
    return imports.map((path) => ({ from, to: relative(projectRoot, resolve(projectRoot, dirname(from), path)) }));
  });
}

test('no import goes against the table of docs/architecture.md', () => {
  const allowed = allowedArrows();
  assert.ok(allowed.size > 10, 'the table was found');
  const wrong = arrows().filter(({ from, to }) => {
    const [room, target] = [roomOf(from), roomOf(to)];
    return room !== target && allowed.get(room)?.has(target) !== true;
  });
  assert.deepEqual(wrong, []);
});

test('a folder with an index.ts is entered through it', () => {
  const all = arrows();
  const doors = new Set(
    sources('src')
      .filter((path) => path.endsWith(`${sep}index.ts`))
      .map((path) => dirname(path)),
  );
  const wrong = all.filter(({ from, to }) =>
    [...doors].some(
      (door) => to.startsWith(door + sep) && !from.startsWith(door + sep) && !to.endsWith(`${sep}index.ts`),
    ),
  );
  assert.deepEqual(wrong, []);
});

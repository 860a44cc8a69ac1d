import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseText } from '../../src/ucl/index.ts';
import { errors, folderOf, read, repeated } from './support.ts';

const files = {
  'high.inc': 'k = 2; o = { x = 2 }; l = [2]',
  'section.inc': 's {x = 5; o {p = 7; r = 9}; l = [3]}',
  'scalar.inc': 'o = 5',
  'null.inc': 'o = null',
  'array.inc': 'o = [1]',
  'empty-array.inc': 'l = []',
  'named.inc': 'a "y" {b = 2}',
  'nested.inc': 'k = 4; m = 1; .include "high.inc"',
} as const;

const base = 's {x = 1; o {p = 1; q = 2}; l = [1, 2]}\n';

test('the same key again, by the priority of the new value', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  assert.deepEqual(read('k = 1; k = 2; k = 3'), { k: repeated(1, 2, 3) });
  assert.deepEqual(read('k = 1; o = 1; l = 1\n.include(priority=1) "high.inc"', { cwd }), {
    k: 2,
    o: { x: 2 },
    l: [2],
  });
  assert.deepEqual(read('.include(priority=1) "high.inc"\nk = 1; o = 1; l = 1', { cwd }), {
    k: 2,
    o: { x: 2 },
    l: [2],
  });
  assert.deepEqual(read('k = 1; k = 2; .include(priority=1) "high.inc"', { cwd }), { k: 2, o: { x: 2 }, l: [2] });
});

test('an included file does not hand on its priority', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  assert.deepEqual(read('.include(priority=10) "nested.inc"\nk = 1; o = 1; l = 1; m = 2', { cwd }), {
    k: 4,
    m: 1,
    o: repeated({ x: 2 }, 1),
    l: repeated([2], 1),
  });
});

test('merge goes on inside objects and arrays', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  assert.deepEqual(read(`${base}.include(duplicate=merge, priority=1) "section.inc"`, { cwd }), {
    s: { x: 5, o: { p: 7, q: 2, r: 9 }, l: [1, 2, 3] },
  });
  assert.deepEqual(read(`${base}.include(duplicate=merge) "section.inc"`, { cwd }), {
    s: { x: repeated(1, 5), o: { p: repeated(1, 7), q: 2, r: 9 }, l: [1, 2, 3] },
  });
  assert.deepEqual(read(`.priority 2\n${base}.include(duplicate=merge) "section.inc"`, { cwd }), {
    s: { x: 1, o: { p: 1, q: 2, r: 9 }, l: [1, 2, 3] },
  });
  assert.deepEqual(read('l = [1]; .include(duplicate=merge) "empty-array.inc"', { cwd }), { l: [1] });
});

test('append and rewrite take the new value as it is', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  const whole = { s: { x: 5, o: { p: 7, r: 9 }, l: [3] } };
  assert.deepEqual(read(`${base}.include(priority=1) "section.inc"`, { cwd }), whole);
  assert.deepEqual(read(`.priority 2\n${base}.include(duplicate=rewrite) "section.inc"`, { cwd }), whole);
});

test('merge where the kinds differ', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  const merge = (file: string): string => `o {b = 1}\n.include(duplicate=merge) "${file}"`;
  assert.deepEqual(read(merge('scalar.inc'), { cwd }), { o: 5 });
  assert.deepEqual(read(merge('null.inc'), { cwd }), { o: null });
  assert.deepEqual(errors(merge('array.inc'), { cwd }), ['1:5 cannot merge an object with an array']);
  assert.deepEqual(errors(`o = [1]\n.include(duplicate=merge) "high.inc"`, { cwd }), [
    '1:12 cannot merge an object with an array',
  ]);
});

test('merge into a repeated key reaches its first value', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  const text = 'a "x" {b = 1} a "y" {b = 1}\n.include(duplicate=merge, priority=1) "named.inc"';
  assert.deepEqual(read(text, { cwd }), { a: repeated({ x: { b: 1 }, y: { b: 2 } }, { y: { b: 1 } }) });
  assert.deepEqual(read('o {b = 1} o {c = 2}\n.include(duplicate=merge) "scalar.inc"', { cwd }), {
    o: repeated(5, { c: 2 }),
  });
});

test('a key keeps its place, and its new place in the text is known', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  const { value } = parseText('k = 1; z = 1\n.include(priority=1) "high.inc"', { cwd });
  assert.ok(value?.type === 'object');
  assert.deepEqual([...value.entries.keys()], ['k', 'z', 'o', 'l']);
  const entry = value.entries.get('k');
  assert.equal(entry?.at.source.name, `${cwd}/high.inc`);
  assert.equal(entry.value.priority, 1);
  assert.equal(value.entries.get('z')?.at.offset, 7);
});

test('a scalar that takes a container’s place takes its priority, too', { timeout: 60_000 }, (t) => {
  const cwd = folderOf(t, files);
  const { value } = parseText('.priority 3\no {b = 1}\n.include(duplicate=merge, priority=9) "scalar.inc"', { cwd });
  assert.ok(value?.type === 'object');
  assert.equal(value.entries.get('o')?.value.priority, 3);
});

test('repeated keys can be made written arrays', { timeout: 60_000 }, () => {
  const { value } = parseText('a = 1; a = 2; b { c = 1; c = 2 }', { flags: { implicitArrays: false } });
  assert.ok(value?.type === 'object');
  const a = value.entries.get('a')?.value;
  assert.ok(a?.type === 'array' && !a.implicit && a.items.length === 2);
  const b = value.entries.get('b')?.value;
  const c = b?.type === 'object' ? b.entries.get('c')?.value : undefined;
  assert.ok(c?.type === 'array' && !c.implicit);
});

test('a start priority counts for a text', { timeout: 60_000 }, () => {
  const { value } = parseText('a = 1', { startPriority: 18 });
  assert.ok(value?.type === 'object');
  assert.equal(value.entries.get('a')?.value.priority, 2);
});

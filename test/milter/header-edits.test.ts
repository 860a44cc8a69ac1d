import assert from 'node:assert/strict';
import { test } from 'node:test';
import { additions, HeaderCounts, removals, signatures } from '../../src/frontends/milter/header-edits.ts';
import type { Edit } from '../../src/wire/milter/index.ts';

const plain = (text: string): string => text;

function texts(edits: readonly Edit[]): string[] {
  return edits.map((edit) => {
    if (edit.is === 'add-header') return `h ${edit.name}=${edit.value}`;
    if (edit.is === 'insert-header') return `i${edit.index} ${edit.name}=${edit.value}`;
    return edit.is === 'change-header' ? `m${edit.index} ${edit.name}=${edit.value}` : edit.is;
  });
}

const four = new HeaderCounts(['A', 'a', 'B', 'A', 'A', 'b']);

const removed: ReadonlyArray<readonly [string, unknown, readonly string[]]> = [
  ['all of a name, last to first', { A: 0 }, ['m4 A=', 'm3 A=', 'm2 A=', 'm1 A=']],
  ['the n-th', { a: 3 }, ['m3 a=']],
  ['the n-th from the end', { A: -1, B: -2 }, ['m4 A=', 'm1 B=']],
  ['several in descending order, each once', { A: [1, 3, 1, -1, -2] }, ['m4 A=', 'm3 A=', 'm1 A=']],
  ['a name in two spellings as one', { A: [1], B: 1, a: [4] }, ['m4 A=', 'm1 A=', 'm1 B=']],
  ['all beside some', { A: [2, 0] }, ['m4 A=', 'm3 A=', 'm2 A=', 'm1 A=']],
  ['nothing out of range', { A: [5, -5, 99], C: 0, D: 1 }, []],
  ['nothing for what is no integer', { A: '1', B: 1.5, C: null, a: ['1', true] }, []],
  ['nothing for what is no object', [1], []],
];

for (const [what, wanted, expected] of removed)
  test(`remove_headers: ${what}`, () => assert.deepEqual(texts(removals(wanted, four)), expected));

const added: ReadonlyArray<readonly [string, unknown, number, readonly string[]]> = [
  ['texts are appended', { A: 'a', B: '' }, 3, ['h A=a', 'h B=']],
  ['no order', { A: { value: 'a' } }, 3, ['h A=a']],
  [
    'order 0, 1, beyond',
    { A: { value: 'a', order: 0 }, B: { value: 'b', order: 1 }, C: { value: 'c', order: 99 } },
    3,
    ['i0 A=a', 'i1 B=b', 'i99 C=c'],
  ],
  ['index is a synonym', { A: { value: 'a', index: 2 } }, 3, ['i2 A=a']],
  ['order before index', { A: { value: 'a', order: 4, index: 2 } }, 3, ['i4 A=a']],
  ['a fraction is cut', { A: { value: 'a', order: 1.9 }, B: { value: 'b', order: -1.9 } }, 3, ['i1 A=a', 'h B=b']],
  ['-1 appends', { A: { value: 'a', order: -1 } }, 3, ['h A=a']],
  ['from the end', { A: { value: 'a', order: -2 } }, 5, ['i5 A=a']],
  ['from the end up to the count', { A: { value: 'a', order: -5 } }, 5, ['i2 A=a']],
  ['beyond the count', { A: { value: 'a', order: -6 } }, 5, ['i0 A=a']],
  [
    'objects count, texts do not',
    { A: { value: 'a' }, B: 'b', C: { value: 'c', order: -2 } },
    5,
    ['h A=a', 'h B=b', 'i6 C=c'],
  ],
  ['an order that is no number', { A: { value: 'a', order: '1' } }, 3, ['h A=a']],
  ['an order beyond all bounds', { A: { value: 'a', order: 1e12 } }, 3, ['i2147483647 A=a']],
  [
    'arrays of objects and texts',
    { A: [{ value: 'a', order: 1 }, 'b', { value: 'c' }] },
    3,
    ['i1 A=a', 'h A=b', 'h A=c'],
  ],
];

for (const [what, wanted, total, expected] of added)
  test(`add_headers: ${what}`, () => assert.deepEqual(texts(additions(wanted, total, plain).edits), expected));

test('add_headers: what cannot be a header is skipped and named', () => {
  const wanted = { A: 5, B: null, C: { value: 1 }, D: [1, 'd'], 'E:': 'e', '': 'x', 'F G': 'f', 'H\r\n': 'h', I: 'i' };
  const { edits, skipped } = additions(wanted, 0, plain);
  assert.deepEqual(texts(edits), ['h D=d', 'h I=i']);
  assert.deepEqual(skipped, ['A', 'B', 'C', 'D', 'E:', '', 'F G', 'H\r\n']);
});

test('signatures: texts only, numbered without gaps', () => {
  assert.deepEqual(texts(signatures(['a', 5, 'b'], plain)), ['i1 DKIM-Signature=a', 'i2 DKIM-Signature=b']);
  assert.deepEqual(signatures(undefined, plain), []);
});
